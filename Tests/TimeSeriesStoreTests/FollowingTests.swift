import MetricModel
import Testing
import TimeSeriesStore

/// Followers of the log: everything once, in its order, over seals, restarts and crashes.
@Suite struct FollowingTests {
  private func rows(_ batch: SampleBatch) -> [String] {
    (0..<batch.count).map { row in
      "\(batch.labels[Int(batch.series[row])]) \(batch.values[row]) @\(batch.timestamps[row])"
    }
  }

  /// Reads and acknowledges until nothing is left.
  private func drain(_ follower: inout LogFollower, rowsMax: Int = 3) throws -> [String] {
    var all: [String] = []
    while let found = try follower.next(rowsMax: rowsMax) {
      all += rows(found.batch)
      try follower.acknowledge(found.end)
    }
    return all
  }

  private func one(_ time: Int64) -> SampleBatch {
    batch([("a", time, Double(time)), ("b", time, -Double(time))])
  }

  private func expected(_ times: some Sequence<Int64>) -> [String] {
    times.flatMap { ["a \(Double($0)) @\($0)", "b \(-Double($0)) @\($0)"] }
  }

  @Test func `a follower gets what comes from now on, sealed or not`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    _ = try store.append(one(1))
    var follower = try store.follow(["x"])[0]
    #expect(try follower.next(rowsMax: 10) == nil)
    _ = try store.append(one(2))
    _ = try store.append(one(3))
    #expect(try drain(&follower) == expected([2, 3]))
    _ = try store.append(one(4))
    try store.seal()
    _ = try store.append(one(5))
    try store.seal()
    _ = try store.append(one(6))
    #expect(try drain(&follower) == expected([4, 5, 6]))
    #expect(follower.lagBytes == 0 && follower.lostLogs == 0)
  }

  @Test func `logs stay until all have read them`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    var followers = try store.follow(["slow", "quick"])
    for time in Int64(1)...4 {
      _ = try store.append(one(time))
      try store.seal()
    }
    func kept() -> Int { disk.contents.count { $0.path.contains("following/0") } }
    #expect(try drain(&followers[1]) == expected(1...4))
    #expect(kept() == 4)
    #expect(try drain(&followers[0]) == expected(1...4))
    _ = try store.append(one(5))
    #expect(try drain(&followers[0]) == expected([5]))
    #expect(try drain(&followers[1]) == expected([5]))
    #expect(kept() == 0)
    // Nobody is left to keep anything for, also when one who was forgotten still reads.
    _ = try store.follow([])
    try followers[0].acknowledge(store.logEnd)
    _ = try store.append(one(6))
    try store.seal()
    #expect(kept() == 0)
  }

  @Test(arguments: [false, true])
  func `after a restart a follower goes on behind what it acknowledged`(seals: Bool) throws {
    let disk = MemoryFiles()
    var store = try Store.open("db", on: disk)
    var follower = try store.follow(["x"])[0]
    for time in Int64(1)...3 { _ = try store.append(one(time)) }
    let first = try #require(try follower.next(rowsMax: 2))
    #expect(rows(first.batch) == expected([1]))
    try follower.acknowledge(first.end)
    // Read, but not acknowledged.
    _ = try follower.next(rowsMax: 2)
    if seals { try store.seal() }
    store.close()
    store = try Store.open("db", on: disk)
    _ = try store.append(one(4))
    follower = try store.follow(["x"])[0]
    #expect(try drain(&follower) == expected([2, 3, 4]))
  }

  /// Rows that came since must not be in one request with rows that a receiver may have already.
  @Test(arguments: [false, true])
  func `what was announced comes as one piece again`(seals: Bool) throws {
    let disk = MemoryFiles()
    var store = try Store.open("db", on: disk)
    var follower = try store.follow(["x"])[0]
    for time in Int64(1)...3 { _ = try store.append(one(time)) }
    let sent = try #require(try follower.next(rowsMax: 4))
    #expect(rows(sent.batch) == expected([1, 2]))
    try follower.announce(sent.end)
    if seals { try store.seal() }
    store.close()
    store = try Store.open("db", on: disk)
    _ = try store.append(one(4))
    follower = try store.follow(["x"])[0]
    let again = try #require(try follower.next(rowsMax: 1))
    #expect(rows(again.batch) == rows(sent.batch))
    try follower.acknowledge(again.end)
    #expect(try drain(&follower, rowsMax: 100) == expected([3, 4]))
  }

  @Test func `histograms, exemplars and metadata are followed too`() throws {
    let store = try Store.open("db", on: MemoryFiles())
    var follower = try store.follow(["x"])[0]
    var batch = SampleBatch()
    let series = batch.addSeries(Labels([("__name__", "h")]))
    let histogram = NativeHistogram(
      schema: 1, zeroThreshold: 0.5, zeroCount: 1, count: 3, sum: 4,
      positive: HistogramBuckets(indices: [1], [2]), negative: HistogramBuckets(indices: [], []))
    let time = Timestamp(milliseconds: 5)
    batch.append(HistogramRow(series: series, time: time, histogram: histogram))
    let exemplar = Exemplar(labels: Labels([("t", "1")]), value: 2, time: time)
    batch.append(ExemplarRow(series: series, exemplar: exemplar))
    batch.append(MetricMetadata(family: "h", type: .histogram, help: "x"))
    _ = try store.append(batch)
    let found = try #require(try follower.next(rowsMax: 10)).batch
    #expect(found.histograms.map(\.histogram) == [histogram])
    #expect(found.exemplars.map(\.exemplar) == [exemplar])
    #expect(found.metadata.map(\.family) == ["h"])
  }

  @Test func `what lags too far loses the oldest logs, and is told`() throws {
    var options = StoreOptions()
    options.followedBytesMax = 300
    let store = try Store.open("db", on: MemoryFiles(), options: options)
    var follower = try store.follow(["x"])[0]
    for time in Int64(1)...20 {
      _ = try store.append(one(time))
      try store.seal()
    }
    let read = try drain(&follower)
    #expect(follower.lostLogs > 0)
    #expect(!read.isEmpty && read.suffix(2) == expected([20])[...])
  }

  /// At every change of the disk the power goes. What a follower had not acknowledged is there
  /// afterwards, if the store had acknowledged it.
  @Test func `a crash at any point loses nothing that is to be followed`() throws {
    let disk = MemoryFiles()
    let crashes = Crashes()
    let store = try Store.open("db", on: disk)
    var follower = try store.follow(["x"])[0]
    disk.observe { crashes.add($0.crashed(seed: UInt64(crashes.count))) }
    var acknowledged: [(disks: Int, appended: Int64, sent: Int64)] = [(0, 0, 0)]
    var sent: Int64 = 0
    for time in Int64(1)...6 {
      _ = try store.append(one(time))
      acknowledged.append((crashes.count, time, sent))
      if time.isMultiple(of: 2) { try store.seal() }
      if time.isMultiple(of: 3) {
        sent = Int64(try drain(&follower).count / 2) + sent
        acknowledged.append((crashes.count, time, sent))
      }
    }
    disk.observe(nil)
    for (number, crashed) in crashes.all.enumerated() {
      guard let known = acknowledged.last(where: { $0.disks <= number }) else { continue }
      let again = try Store.open("db", on: crashed)
      guard crashed.contents.contains(where: { $0.path.hasSuffix("x.place") }) else { continue }
      var follower = try again.follow(["x"])[0]
      let read = Set(try drain(&follower))
      // A place whose write the crash took may be an older one, never a later one.
      let due = known.sent < known.appended ? (known.sent + 1)...known.appended : nil
      let later = acknowledged.first { $0.disks > number }?.sent ?? sent
      for row in expected(due.map(Array.init) ?? []) where later == known.sent {
        #expect(read.contains(row), "crash \(number): \(row)")
      }
      again.close()
    }
    #expect(crashes.count > 30)
  }
}

/// Disks as crashes left them.
private final class Crashes: @unchecked Sendable {
  private(set) var all: [MemoryFiles] = []
  var count: Int { all.count }
  func add(_ disk: MemoryFiles) { all.append(disk) }
}
