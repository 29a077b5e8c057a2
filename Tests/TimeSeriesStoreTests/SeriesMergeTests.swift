import MetricModel
import Testing
import TimeSeriesStore

@Suite struct SeriesMergeTests {
  @Test(arguments: 0..<20)
  func `blocks of different series become one with all of them, in order`(seed: Int) throws {
    var random = SeededNumbers(UInt64(seed))
    let disk = MemoryFiles()
    var options = StoreOptions()
    options.compaction.fanIn = 3
    let store = try Store.open("db", on: disk, options: options)
    for round in 0..<6 {
      var rows: [(name: String, time: Int64, value: Double)] = []
      for name in 0..<12 where random.next() % 3 != 0 || rows.isEmpty {
        rows.append(("series_\(name)", Int64(round + 1) * 60_000, Double(round * name)))
      }
      _ = try store.append(batch(rows))
      if round == 3 {
        let all = LabelMatcher(Labels.metricName, equals: "series_4")
        try store.delete(matching: [all], in: .all)
      }
      try store.seal()
    }
    let before = try contents(of: store.snapshot())
    var freed = 0
    let report = try store.maintain(now: Timestamp(milliseconds: 0)) { freed += 1 }
    #expect(report.mergedBlocks >= 6)
    #expect(freed >= 2)
    #expect(try contents(of: store.snapshot()) == before)
    store.close()
    let again = try Store.open("db", on: disk)
    #expect(try contents(of: again.snapshot()) == before)
    again.close()
    #expect(try Store.verify("db", on: disk).isWhole)
  }
}
