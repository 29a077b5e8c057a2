import MetricModel
import Testing
import TimeSeriesStore

@Suite struct StoreTests {
  @Test func `what was appended is read back, before and after a restart`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    let outcome = try store.append(batch([("up", 1000, 1), ("up", 2000, 0), ("load", 1000, 0.5)]))
    #expect(outcome.accepted == 3)
    #expect(outcome.refused == 0)
    let expected = [
      "load": SampleColumns(timestamps: [1000], values: [0.5]),
      "up": SampleColumns(timestamps: [1000, 2000], values: [1, 0]),
    ]
    #expect(try contents(of: store.snapshot()) == expected)
    store.close()
    let again = try Store.open("db", on: disk)
    #expect(try contents(of: again.snapshot()) == expected)
    #expect(again.report.replayedSamples == 3)
    #expect(again.report.tornTail == nil)
  }

  @Test(arguments: [1, 127, 128, 129, 300])
  func `what opening read is compressed later and stays the same`(samples: Int) throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(history(series: 70, samples: samples))
    _ = try store.append(batch([("late", 9_000, 1), ("late", 5_000, 2), ("late", 12_000, 3)]))
    let before = try contents(of: store.snapshot())
    store.close()
    let again = try Store.open("db", on: disk)
    let plain = again.snapshot()
    #expect(try contents(of: plain) == before)
    #expect(try !again.maintain(now: Timestamp(milliseconds: 0)).sealed)
    #expect(try contents(of: again.snapshot()) == before)
    #expect(try contents(of: plain) == before)
    _ = try again.append(batch([("late", 13_000, 4)]))
    #expect(try again.seal())
    #expect(try contents(of: again.snapshot())["late"]?.timestamps == [5000, 9000, 12_000, 13_000])
  }

  @Test func `a sealed store reads as before and needs no log`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(history(series: 20, samples: 300))
    let before = try contents(of: store.snapshot())
    #expect(try store.seal())
    #expect(try contents(of: store.snapshot()) == before)
    #expect(try !store.seal())
    store.close()
    #expect(!disk.contents.contains { $0.path.hasSuffix(".log") })
    let again = try Store.open("db", on: disk)
    #expect(again.report.replayedSamples == 0)
    #expect(try contents(of: again.snapshot()) == before)
  }

  @Test func `samples arriving again are told from samples that contradict`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(batch([("up", 1000, 1), ("up", 400_000, 2)]))
    let outcome = try store.append(
      batch([("up", 400_000, 2), ("up", 400_000, 3), ("up", 399_000, 5), ("up", 1000, 1)]))
    #expect(outcome.accepted == 1)
    #expect(outcome.duplicates == 1)
    #expect(outcome.conflicts == 1)
    #expect(outcome.tooOld == 1)
    #expect(
      outcome.refusals.map(\.description) == [
        "up at 400000 ms: another value is stored, 2",
        "up at 1000 ms: too old, the newest sample is at 400000 ms",
      ])
    #expect(
      try contents(of: store.snapshot())["up"]
        == SampleColumns(timestamps: [1000, 399_000, 400_000], values: [1, 5, 2]))
  }
}

/// A batch of rows of metrics without further labels.
func batch(_ rows: [(name: String, time: Int64, value: Double)]) -> SampleBatch {
  var batch = SampleBatch()
  for row in rows {
    let series = batch.addSeries(Labels([(Labels.metricName, row.name)]))
    batch.append(series: series, Timestamp(milliseconds: row.time), row.value)
  }
  return batch
}

/// Counters scraped together every 15 s.
func history(series: Int, samples: Int, start: Int64 = 1_700_000_000_000) -> SampleBatch {
  var batch = SampleBatch()
  let numbers = (0..<series).map { number in
    batch.addSeries(
      Labels([
        (Labels.metricName, "requests_total"), ("pod", "pod-\(number % 7)"), ("code", "\(number)"),
      ]))
  }
  for sample in 0..<samples {
    for number in numbers {
      let time = start + Int64(sample) * 15_000 + Int64(sample % 3)
      batch.append(
        series: number, Timestamp(milliseconds: time), Double(sample * (Int(number) + 1)))
    }
  }
  return batch
}

/// Every sample of a source, by the text of its labels.
func contents(
  of source: some SeriesSource, _ matchers: [LabelMatcher] = []
) throws -> [String: SampleColumns] {
  let selection = try source.select(matchers, in: .all)
  var result: [String: SampleColumns] = [:]
  var columns = SampleColumns()
  for (index, labels) in selection.labels.enumerated() {
    try selection.read(index, in: .all, into: &columns)
    if !columns.isEmpty { result[labels.description] = columns }
  }
  #expect(selection.labels == selection.labels.sorted())
  return result
}
