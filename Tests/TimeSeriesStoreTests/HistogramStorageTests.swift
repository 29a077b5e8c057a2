import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct HistogramStorageTests {
  private static func encoded(_ histograms: [NativeHistogram]) -> [UInt8] {
    SampleChunk.encodeHistograms(histograms)
  }

  private static func decoded(_ bytes: [UInt8], _ count: Int) throws -> [NativeHistogram] {
    var result: [NativeHistogram] = []
    var cursor = MappedBytes(bytes).cursor
    try HistogramColumn.decode(&cursor, count: count, into: &result)
    return result
  }

  /// A latency histogram that counts on: `buckets` of schema 3, as a busy server has them.
  private static func growing(rows: Int, buckets: Int, seed: UInt64) -> [NativeHistogram] {
    var random = SeededNumbers(seed)
    var counts = [Double](repeating: 0, count: buckets)
    var (zero, sum) = (0.0, 0.0)
    return (0..<rows).map { _ in
      for bucket in counts.indices {
        let rate = 40 / (1 + abs(bucket - buckets / 2))
        counts[bucket] += Double(random.next() % UInt64(rate + 2))
      }
      zero += Double(random.next() % 3)
      sum += Double(random.next() % 100_000) / 1e4
      return NativeHistogram(
        schema: 3, zeroThreshold: 2.9387358770557188e-39, zeroCount: zero,
        count: counts.reduce(zero, +), sum: sum,
        positive: HistogramBuckets(from: -20, counts), hint: .notReset)
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `histograms of any layout come back bit for bit`(seed: UInt64) throws {
    var random = SeededNumbers(seed)
    let count = 1 + Int(random.next() % 200)
    var last = histogram(random.value())
    let all = (0..<count).map { _ in
      if random.next() % 4 == 0 { last = histogram(random.value()) }
      var next = last
      next.multiply(by: 1 + Double(random.next() % 3))
      return next
    }
    #expect(try Self.decoded(Self.encoded(all), count) == all)
    for one in all.prefix(20) {
      var writer = ByteWriter()
      HistogramCode.encode(one, into: &writer)
      var cursor = MappedBytes(writer.bytes).cursor
      #expect(try HistogramCode.decode(&cursor) == one)
      #expect(cursor.isAtEnd)
    }
  }

  @Test func `a bucket that counts on takes few bits`() throws {
    let all = Self.growing(rows: 720, buckets: 40, seed: 3)
    let bytes = Self.encoded(all)
    #expect(try Self.decoded(bytes, all.count) == all)
    // 42 integers and a sum each; plain they would take 344 bytes.
    #expect(bytes.count < 40 * all.count, "\(Double(bytes.count) / 720) bytes a histogram")
  }

  @Test func `noise in place of histograms is refused, never a crash`() throws {
    var random = SeededNumbers(17)
    let whole = Self.encoded(Self.growing(rows: 30, buckets: 8, seed: 1))
    var refused = 0
    for _ in 0..<4000 {
      var bytes = whole
      for _ in 0...(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.next() % 5 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
      do { _ = try Self.decoded(bytes, 30) } catch { refused += 1 }
    }
    #expect(refused > 500)
  }

  @Test func `noise in place of a log's payload is refused, never a crash`() throws {
    var entry = LogEntry()
    let series = Labels([(Labels.metricName, "latency"), ("pod", "a")])
    entry.rows.newSeries = [series]
    entry.rows.series = [0, 0]
    entry.rows.timestamps = [1000, 2000]
    entry.rows.values = [1, 2.5]
    entry.histograms = [LogHistogram(series: 0, time: 3000, histogram: histogram(3))]
    entry.exemplars = [
      SeriesExemplar(
        series: series,
        exemplar: Exemplar(
          labels: Labels([("trace_id", "x")]), value: 1, time: Timestamp(milliseconds: 1)))
    ]
    entry.metadata = [MetricMetadata(family: "latency", type: .histogram, help: "Latency.")]
    var writer = ByteWriter()
    var previous: [UInt64] = []
    _ = entry.rows.encode(into: &writer, previous: &previous)
    entry.encodeRest(into: &writer)
    var random = SeededNumbers(23)
    var refused = 0
    for round in 0..<4000 {
      var bytes = writer.bytes
      if round > 0 {
        for _ in 0...(random.next() % 3) {
          let place = Int(random.next() % UInt64(bytes.count))
          bytes[place] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      var known: [UInt64] = []
      var cursor = MappedBytes(bytes).cursor
      do {
        let read = try LogEntry(&cursor, .mixed, previous: &known)
        if round == 0 {
          #expect(read.histograms.map(\.histogram) == entry.histograms.map(\.histogram))
          #expect(read.exemplars == entry.exemplars)
          #expect(read.metadata == entry.metadata)
        }
      } catch { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func `histograms and numbers of one series share its times`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    let rows = Self.growing(rows: 100, buckets: 10, seed: 2)
    var batch = SampleBatch()
    let series = batch.addSeries(Labels([(Labels.metricName, "latency")]))
    for (index, value) in rows.enumerated() {
      let time = Timestamp(milliseconds: Int64(index) * 1000)
      batch.append(HistogramRow(series: series, time: time, histogram: value))
    }
    batch.append(
      HistogramRow(
        series: series, time: Timestamp(milliseconds: 100_000), histogram: .staleMarker))
    // At times that histograms have, and at one that none has.
    batch.append(series: series, Timestamp(milliseconds: 99_000), 1)
    batch.append(series: series, Timestamp(milliseconds: 98_500), 2)
    let outcome = try store.append(batch)
    #expect(outcome.accepted == 102)
    #expect(outcome.conflicts == 1)
    #expect(outcome.refusals.first?.description.contains("a histogram is stored, {count:") == true)
    for _ in 0..<3 {
      let found = try #require(try contents(of: store.snapshot())["latency"])
      #expect(found.histograms.values == rows)
      #expect(found.timestamps == [98_500, 100_000])
      #expect(found.values[1].isStaleMarker)
      try store.seal()
      try store.maintain(now: Timestamp(milliseconds: 0))
    }
    try store.snapshot().verify()
    #expect(try Store.open("db", on: disk.restarted()).snapshot().timeRange != nil)
    let bad = NativeHistogram(
      positive: HistogramBuckets(indices: [3, 1], [1, 1]))
    var malformed = SampleBatch()
    malformed.append(
      HistogramRow(
        series: malformed.addSeries(Labels([(Labels.metricName, "latency")])),
        time: Timestamp(milliseconds: 200_000), histogram: bad))
    #expect(try store.append(malformed).malformed == 1)
  }
}
