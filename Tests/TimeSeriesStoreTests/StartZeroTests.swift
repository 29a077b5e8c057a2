import MetricModel
import Testing
import TimeSeriesStore

@Suite struct StartZeroTests {
  private static func store(_ disk: MemoryFiles = MemoryFiles()) throws -> Store {
    var options = StoreOptions()
    options.addsStartZeros = true
    return try Store.open("db", on: disk, options: options)
  }

  /// Samples of one counter: time, value, start, in seconds.
  private static func batch(_ rows: [(Int64, Double, Int64)]) -> SampleBatch {
    var batch = SampleBatch()
    let series = batch.addSeries(Labels([(Labels.metricName, "c")]))
    for (time, value, start) in rows {
      batch.append(
        series: series, Timestamp(milliseconds: time * 1000), value,
        startTime: start == 0 ? nil : Timestamp(milliseconds: start * 1000))
    }
    return batch
  }

  private static func rows(_ store: Store) throws -> [String] {
    guard let columns = try contents(of: store.snapshot())["c"] else { return [] }
    return zip(columns.timestamps, columns.values).map {
      "\($0 / 1000) \($1.isStaleMarker ? "stale" : NumberText.plain($1))"
    }
  }

  @Test func `a counter begins with a zero, and again after each reset`() throws {
    let disk = MemoryFiles()
    let store = try Self.store(disk)
    let outcome = try store.append(
      Self.batch([(1000, 5, 990), (1010, 6, 990), (1020, 1, 1015), (1030, 2, 1015)]))
    #expect([outcome.accepted, outcome.startZeros, outcome.refused] == [4, 2, 0])
    #expect(store.appended.accepted == 6)
    let expected = ["990 0", "1000 5", "1010 6", "1015 0", "1020 1", "1030 2"]
    #expect(try Self.rows(store) == expected)
    #expect(try store.append(Self.batch([(1040, 3, 1015)])).startZeros == 0)
    store.close()
    // The new store knows what there was, though the series is new to it.
    let again = try Self.store(disk.restarted())
    #expect(try again.append(Self.batch([(1050, 4, 1015)])).startZeros == 0)
    #expect(try Self.rows(again) == expected + ["1040 3", "1050 4"])
  }

  @Test(
    arguments: [
      // At the sample or behind it, unknown, negative.
      ([(1000, 5, 1000)], ["1000 5"]), ([(1000, 5, 1001)], ["1000 5"]),
      ([(1000, 5, 0)], ["1000 5"]), ([(1000, 5, -7)], ["1000 5"]),
      ([(1000, 5, Int64.min / 1000)], ["1000 5"]),
      // An hour is near enough.
      ([(9600, 5, 6000)], ["6000 0", "9600 5"]), ([(9601, 5, 6000)], ["9601 5"]),
      // At a stored sample, or before it.
      ([(1000, 5, 0), (1010, 6, 1000)], ["1000 5", "1010 6"]),
      ([(1000, 5, 0), (1010, 6, 999)], ["1000 5", "1010 6"]),
      ([(1000, 5, 0), (1010, 6, 1001)], ["1000 5", "1001 0", "1010 6"]),
      // A late sample brings none, nor does one that is refused or known.
      ([(1000, 5, 0), (900, 1, 890)], ["900 1", "1000 5"]),
      ([(1000, 5, 0), (1000, 6, 990)], ["1000 5"]), ([(9000, 5, 0), (1000, 6, 990)], ["9000 5"]),
      // After a series has ended it may begin again.
      (
        [(1000, 5, 990), (1010, StaleMarker.value, 0), (1030, 1, 1020)],
        ["990 0", "1000 5", "1010 stale", "1020 0", "1030 1"]
      ),
    ] as [([(Int64, Double, Int64)], [String])])
  func `a zero comes where it is newer than the series and older than the sample`(
    rows: [(Int64, Double, Int64)], expected: [String]
  ) throws {
    let store = try Self.store()
    _ = try store.append(Self.batch(rows))
    #expect(try Self.rows(store) == expected)
    let single = try Self.store()
    for row in rows { _ = try single.append(Self.batch([row])) }
    #expect(try Self.rows(single) == expected)
  }

  @Test func `a histogram begins with an empty one of its buckets`() throws {
    let store = try Self.store()
    var batch = SampleBatch()
    let series = batch.addSeries(Labels([(Labels.metricName, "h")]))
    let histogram = NativeHistogram(
      schema: -53, count: 3, sum: 4, positive: HistogramBuckets(indices: [0], [3]),
      customBounds: [1, 2])
    for (time, start) in [(1000, 990), (1010, 990)] as [(Int64, Int64)] {
      batch.append(
        HistogramRow(
          series: series, time: Timestamp(milliseconds: time),
          startTime: Timestamp(milliseconds: start), histogram: histogram))
    }
    batch.append(
      HistogramRow(
        series: series, time: Timestamp(milliseconds: 1030),
        startTime: Timestamp(milliseconds: 1020), histogram: .staleMarker))
    #expect(try store.append(batch).startZeros == 1)
    let found = try #require(try contents(of: store.snapshot())["h"])
    #expect(found.histograms.timestamps == [990, 1000, 1010])
    let zero = try #require(found.histograms.values.first)
    #expect(zero.count == 0 && zero.sum == 0 && zero.schema == -53 && zero.hint == .reset)
    #expect(zero.customBounds == [1, 2] && zero.positive.indices.isEmpty)
    #expect(found.histograms.values[1] == histogram)
    #expect(found.timestamps == [1030])
  }

  @Test func `nothing is added unless asked for`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    #expect(try store.append(Self.batch([(1000, 5, 990)])).startZeros == 0)
    #expect(try Self.rows(store) == ["1000 5"])
  }
}
