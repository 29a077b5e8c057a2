import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct LeadingColumnsTests {
  /// Classic histograms of some endpoints with their counts, staleness markers and resets.
  private static func fleet(seed: UInt64, scrapes: Int) -> SampleBatch {
    var random = SeededNumbers(seed)
    var batch = SampleBatch()
    for endpoint in 0..<3 {
      var columns = Array(repeating: SampleColumns(), count: 7)
      var counts = [Double](repeating: 0, count: 7)
      for scrape in 0..<scrapes {
        let time = Timestamp(milliseconds: Int64(scrape) * 15_000 + Int64(random.next() % 5))
        if random.next() % 200 == 0 { counts = [Double](repeating: 0, count: 7) }
        let isStale = random.next() % 100 == 0
        let requests = 400 + Int(random.next() % 200)
        for bucket in 0..<7 {
          let share = [60, 10, 3, 1, 0, 0, 0][bucket]
          counts[bucket] += Double(requests - Int(random.next() % UInt64(share * 4 + 1)))
          columns[bucket].append(time, isStale ? StaleMarker.value : counts[bucket])
        }
        counts[6] = counts[5]
      }
      for (bucket, samples) in columns.enumerated() {
        let labels = Labels([
          (Labels.metricName, bucket == 6 ? "latency_count" : "latency_bucket"),
          ("endpoint", "\(endpoint)"), ("le", bucket == 6 ? "" : "\(bucket)"),
        ])
        batch.append(labels, samples)
      }
    }
    return batch
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `columns that lean on others come back bit for bit`(seed: UInt64) throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(Self.fleet(seed: seed, scrapes: 900))
    let before = try contents(of: store.snapshot())
    try store.seal()
    #expect(try contents(of: store.snapshot()) == before)
    let kinds = try store.snapshot().analysis().columns.map(\.name)
    #expect(kinds.contains("beside another"))
    #expect(kinds.contains("shared with another series"))
    store.close()
    #expect(try Store.verify("db", on: disk).isWhole)
  }

  @Test func `a column that others lean on is checked with them`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(Self.fleet(seed: 9, scrapes: 700))
    let before = try contents(of: store.snapshot())
    try store.seal()
    store.close()
    let path = "db/blocks/00000001/chunks"
    let size = try #require(disk.contents.first { $0.path == path }).sizeBytes
    for offset in stride(from: 16, to: size, by: 997) {
      let copy = disk.restarted()
      try copy.corrupt(path) { $0[offset] ^= 0xa5 }
      #expect(throws: (any Error).self, "offset \(offset)") {
        try contents(of: Store.open("db", on: copy).snapshot())
      }
      #expect(try Store.repair("db", on: copy).after.isWhole)
      for (name, columns) in try contents(of: Store.open("db", on: copy).snapshot()) {
        let stored = before[name]?.samples ?? [:]
        #expect(columns.samples.allSatisfy { stored[$0.key] == $0.value }, "\(name) \(offset)")
      }
    }
  }

  @Test func `noise in a leaning column is refused, never a crash`() throws {
    let numbers = (0..<300).map { Double($0 * $0 % 1000 + 7 * $0) }
    var lead = ByteWriter()
    let split = try #require(ValueColumn.encode(numbers, into: &lead))
    var lean = ByteWriter()
    lean.u8(ValueColumn.besideShape)
    lean.varint(0)
    let others = numbers.map { $0 + Double(Int($0) % 3) }
    var alone = ByteWriter()
    let other = try #require(ValueColumn.encode(others, into: &alone))
    other.encode(beside: split.numbers, into: &lean)
    let leader = MappedBytes(lead.bytes)
    func decoded(
      _ bytes: [UInt8], _ leader: MappedBytes, rows: Range<Int> = 0..<300
    ) throws -> [Double] {
      var values: [Double] = []
      var cursor = MappedBytes(bytes).cursor
      try ValueColumn.decode(&cursor, count: 300, rows: rows, into: &values) {
        (offset, count) throws(Damage) in
        guard offset == 0 else { throw Damage(at: 0, "no column there") }
        var cursor = leader.cursor
        return try DecimalSplit.Leader(&cursor, count: count)
      }
      return values
    }
    #expect(try decoded(lean.bytes, leader) == others)
    for rows in [0..<1, 0..<299, 1..<3, 127..<131, 250..<300, 299..<300] {
      #expect(try decoded(lean.bytes, leader, rows: rows) == Array(others[rows]))
    }
    #expect(throws: Damage.self) { try decoded(lean.bytes, MappedBytes(lean.bytes)) }
    var cursor = MappedBytes(lean.bytes).cursor
    var values: [Double] = []
    #expect(throws: Damage.self) { try ValueColumn.decode(&cursor, count: 300, into: &values) }
    var random = SeededNumbers(3)
    var refused = 0
    for _ in 0..<3000 {
      var (a, b) = (lean.bytes, lead.bytes)
      for _ in 0...(random.next() % 3) {
        a[Int(random.next() % UInt64(a.count))] = UInt8(truncatingIfNeeded: random.next())
        if random.next() % 2 == 0 {
          b[Int(random.next() % UInt64(b.count))] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      do { _ = try decoded(a, MappedBytes(b)) } catch { refused += 1 }
      do { _ = try decoded(a, MappedBytes(b), rows: 140..<150) } catch { refused += 1 }
    }
    #expect(refused > 100)
  }
}
