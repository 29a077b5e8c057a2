import MetricModel
import Testing
import TimeSeriesStore

@Suite struct RetentionTests {
  private static func shape(
    _ number: UInt64, hours: ClosedRange<Int64>, sizeBytes: Int = 10, samples: Int = 100
  ) -> BlockShape {
    BlockShape(
      number: number, sampleCount: samples,
      earliest: Timestamp(milliseconds: hours.lowerBound * 3_600_000),
      latest: Timestamp(milliseconds: hours.upperBound * 3_600_000), sizeBytes: sizeBytes)
  }

  private static func hour(_ count: Int64) -> Timestamp {
    Timestamp(milliseconds: count * 3_600_000)
  }

  @Test(
    arguments: [
      (RetentionPolicy(), [], 0),
      (RetentionPolicy(age: .hours(5)), [1, 2], 0),
      (RetentionPolicy(age: .hours(6)), [1], 0),
      (RetentionPolicy(sizeBytes: 30), [], 0),
      (RetentionPolicy(sizeBytes: 29), [1], 0),
      (RetentionPolicy(sizeBytes: 29), [1, 2], 10),
      (RetentionPolicy(age: .hours(6), sizeBytes: 15), [1, 2], 0),
      (RetentionPolicy(sizeBytes: 0), [1, 2, 3], 0),
    ] as [(RetentionPolicy, [UInt64], Int)])
  func `the oldest go, seen from the newest sample`(
    policy: RetentionPolicy, expected: [UInt64], logSizeBytes: Int
  ) {
    let blocks = [
      Self.shape(1, hours: 0...2), Self.shape(2, hours: 2...4), Self.shape(3, hours: 4...10),
    ]
    let dropped = RetentionPlanner.expired(
      blocks, newest: Self.hour(10), now: Self.hour(10_000), logSizeBytes: logSizeBytes, policy)
    #expect(dropped == expected)
  }

  @Test func `a sample from the future makes nothing expire before its time`() {
    let blocks = [Self.shape(1, hours: 0...2), Self.shape(2, hours: 900...900)]
    let policy = RetentionPolicy(age: .hours(5))
    let early = RetentionPlanner.expired(
      blocks, newest: Self.hour(900), now: Self.hour(4), logSizeBytes: 0, policy)
    #expect(early == [])
    let later = RetentionPlanner.expired(
      blocks, newest: Self.hour(900), now: Self.hour(8), logSizeBytes: 0, policy)
    #expect(later == [1])
  }

  @Test func `blocks aren't merged beyond a tenth of the age`() {
    let blocks = (0..<4 as Range<UInt64>).map {
      Self.shape($0 + 1, hours: Int64($0)...Int64($0 + 1))
    }
    var policy = CompactionPolicy()
    #expect(CompactionPlanner.nextMerge(blocks, policy) == [1, 2, 3, 4])
    policy.spanMax = .hours(4)
    #expect(CompactionPlanner.nextMerge(blocks, policy) == [1, 2, 3, 4])
    policy.spanMax = .hours(3)
    #expect(CompactionPlanner.nextMerge(blocks, policy) == nil)
    #expect(CompactionPlanner.wholeMerge(blocks, policy) == nil)
  }

  @Test func `expired samples go, and the store restarts without any block`() throws {
    let disk = MemoryFiles()
    var options = StoreOptions()
    options.retention.age = .hours(1)
    let store = try Store.open("db", on: disk, options: options)
    let hour: Int64 = 3_600_000
    _ = try store.append(batch([("old", 0, 1), ("both", 0, 1)]))
    try store.seal()
    _ = try store.append(batch([("both", hour, 2)]))
    try store.seal()
    #expect(try store.maintain(now: Self.hour(100)).expiredBlocks == 0)
    _ = try store.append(batch([("new", 3 * hour, 3)]))
    #expect(try store.maintain(now: Self.hour(100)).expiredBlocks == 2)
    let left = ["new": SampleColumns(timestamps: [3 * hour], values: [3])]
    #expect(try contents(of: store.snapshot()) == left)
    // Nothing but the log and a block that says which logs are gone.
    for after in [disk.restarted(), disk.crashed(seed: 4)] {
      let again = try Store.open("db", on: after, options: options)
      #expect(try contents(of: again.snapshot()) == left)
      _ = try again.append(batch([("new", 4 * hour, 4)]))
      try again.seal()
      try again.maintain(now: Self.hour(100))
      again.close()
      let third = try Store.open("db", on: after, options: options)
      #expect(try contents(of: third.snapshot())["new"]?.values == [3, 4])
      #expect(third.snapshot().statistics.blocks.count == 1)
    }
  }

  @Test func `a store bounded in size stays below it`() throws {
    let disk = MemoryFiles()
    var options = tinyOptions()
    options.retention.sizeBytes = 12_000
    let store = try Store.open("db", on: disk, options: options)
    for round in 0..<60 as Range<Int64> {
      _ = try store.append(history(series: 8, samples: 30, start: round * 450_000))
      try store.maintain(now: Timestamp(milliseconds: round * 450_000))
      let size = disk.contents.reduce(0) { $0 + $1.sizeBytes }
      #expect(size < 16_000, "round \(round)")
    }
    #expect(!(try contents(of: store.snapshot())).isEmpty)
  }
}

@Suite struct DeletionTests {
  private static func range(_ start: Int64, _ end: Int64) -> TimeRange {
    TimeRange(
      after: Timestamp(milliseconds: start), through: Timestamp(milliseconds: end))
  }

  @Test func `deleted samples are gone for readers at once and from the files after`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    let all = history(series: 14, samples: 100, start: 0)
    _ = try store.append(all)
    let view = store.snapshot()
    let before = try contents(of: view)
    let pod = LabelMatcher("pod", equals: "pod-3")
    let report = try store.delete(matching: [pod], in: Self.range(299_999, 600_000))
    #expect(report.series == 2)
    #expect(report.blocks == 1)
    var expected = before
    for (name, columns) in before where name.contains("pod-3") {
      var left = SampleColumns()
      for (time, value) in zip(columns.timestamps, columns.values)
      where time <= 299_999 || time > 600_000 {
        left.append(Timestamp(milliseconds: time), value)
      }
      expected[name] = left
    }
    #expect(try contents(of: view) == before, "a snapshot taken before still has them")
    #expect(try contents(of: store.snapshot()) == expected)
    let restarted = try Store.open("db", on: disk.restarted())
    #expect(try contents(of: restarted.snapshot()) == expected)
    #expect(disk.contents.contains { $0.path.hasSuffix("/tombstones") })
    try store.maintain(now: Timestamp(milliseconds: 0))
    #expect(!disk.contents.contains { $0.path.hasSuffix("/tombstones") })
    #expect(try contents(of: store.snapshot()) == expected)
    let purged = try Store.open("db", on: disk.restarted())
    #expect(try contents(of: purged.snapshot()) == expected)
  }

  @Test func `a series deleted as a whole is no longer named, and may come again`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(batch([("up", 1000, 1), ("up", 900_000, 2), ("load", 1000, 3)]))
    let up = LabelMatcher(Labels.metricName, equals: "up")
    try store.delete(matching: [up], in: .all)
    #expect(try store.snapshot().seriesLabels().map(\.metricName) == ["load"])
    #expect(try store.snapshot().select([up], in: .all).labels.isEmpty)
    // Older than what was deleted, and at the same time with another value.
    let outcome = try store.append(batch([("up", 500, 7), ("up", 1000, 8)]))
    #expect(outcome.accepted == 2)
    try store.seal()
    try store.purgeDeleted()
    let again = try Store.open("db", on: disk.restarted())
    #expect(
      try contents(of: again.snapshot())["up"]
        == SampleColumns(timestamps: [500, 1000], values: [7, 8]))
  }

  @Test func `deleting everything leaves a store that works`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(history(series: 3, samples: 10))
    try store.delete(matching: [], in: .all)
    try store.purgeDeleted()
    #expect(store.snapshot().timeRange == nil)
    _ = try store.append(batch([("up", 1, 1)]))
    store.close()
    let again = try Store.open("db", on: disk)
    #expect(try contents(of: again.snapshot()).count == 1)
    try again.seal()
    try again.maintain(now: Timestamp(milliseconds: 1))
    #expect(again.snapshot().statistics.blocks.count == 1)
  }

  @Test func `tombstones that can't be right are refused`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(history(series: 3, samples: 10))
    try store.delete(
      matching: [LabelMatcher("code", equals: "1")], in: Self.range(0, .max))
    store.close()
    let path = try #require(disk.contents.first { $0.path.hasSuffix("/tombstones") }).path
    let size = try #require(disk.contents.first { $0.path == path }).sizeBytes
    for offset in 0..<size {
      try disk.corrupt(path) { $0[offset] ^= 4 }
      let error = #expect(throws: StoreError.self) { try Store.open("db", on: disk) }
      #expect(error?.description.contains(path) == true)
      try disk.corrupt(path) { $0[offset] ^= 4 }
    }
  }
}

@Suite struct DurabilityModeTests {
  @Test func `without a sync for each append, maintenance makes it durable`() throws {
    let disk = MemoryFiles()
    var options = StoreOptions()
    options.durability = .deferred
    let store = try Store.open("db", on: disk, options: options)
    var expected: [String: SampleColumns] = [:]
    for second in 1...20 as ClosedRange<Int64> {
      _ = try store.append(batch([("up", second * 1000, Double(second))]))
      // The process may end at any time.
      let restarted = try Store.open("db", on: disk.restarted())
      #expect(try contents(of: restarted.snapshot())["up"]?.count == Int(second))
      if second % 5 == 0 {
        try store.maintain(now: Timestamp(milliseconds: second * 1000))
        expected = try contents(of: store.snapshot())
      }
      // The power may fail: what maintenance has seen is there, and nothing is invented.
      let crashed = try Store.open("db", on: disk.crashed(seed: UInt64(second)))
      let found = try contents(of: crashed.snapshot())
      #expect((found["up"]?.count ?? 0) >= (expected["up"]?.count ?? 0))
      let written = try contents(of: store.snapshot())["up"]?.values.prefix(found["up"]?.count ?? 0)
      #expect(found["up"]?.values ?? [] == Array(written ?? []))
    }
    try store.seal()
    _ = try store.append(batch([("up", 100_000, 1)]))
    let crashed = try Store.open("db", on: disk.crashed(seed: 99))
    #expect((try contents(of: crashed.snapshot())["up"]?.count ?? 0) >= 20)
  }
}
