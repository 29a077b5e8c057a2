import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct DamageTests {
  private static func store(on disk: MemoryFiles, batches: Int = 5) throws -> Store {
    let store = try Store.open("db", on: disk)
    for number in 0..<batches {
      let start = Int64(number) * 600_000
      _ = try store.append(history(series: 6, samples: 40, start: start))
    }
    return store
  }

  @Test func `an incomplete end of the log is cut off and described`() throws {
    let disk = MemoryFiles()
    try Self.store(on: disk).close()
    try disk.corrupt("db/log/00000001.log") { $0.removeLast(10) }
    var readOnly = StoreOptions()
    readOnly.access = .readOnly
    let seen = try Store.open("db", on: disk, options: readOnly)
    let torn = try #require(seen.report.tornTail)
    #expect(torn.file == "db/log/00000001.log")
    #expect(torn.finding.contains("of a payload of"))
    seen.close()
    let store = try Store.open("db", on: disk)
    #expect(store.report.tornTail == torn)
    #expect(try samples(store) == 4 * 240)
    #expect(
      disk.contents.first { $0.path == "db/log/00000001.log" }?.sizeBytes == torn.offset)
    _ = try store.append(batch([("up", 1, 1)]))
    store.close()
    let again = try Store.open("db", on: disk)
    #expect(again.report.tornTail == nil)
    #expect(try samples(again) == 4 * 240 + 1)
  }

  @Test func `a flipped bit in the log is found at its frame, and nothing is changed`() throws {
    let disk = MemoryFiles()
    try Self.store(on: disk, batches: 3).close()
    let path = "db/log/00000001.log"
    let size = try #require(disk.contents.first { $0.path == path }).sizeBytes
    var named = 0
    for offset in stride(from: 0, to: size, by: 37) {
      let bit = UInt8(1 << (offset % 8))
      try disk.corrupt(path) { $0[offset] ^= bit }
      let before = disk.contents.map(\.sizeBytes)
      do {
        var options = StoreOptions()
        options.access = .readOnly
        _ = try Store.open("db", on: disk, options: options)
        Issue.record("bit \(offset % 8) of byte \(offset) passes")
      } catch {
        guard case .damaged(let file, let place, let finding) = error else { throw error }
        #expect(file == path)
        #expect(place <= offset)
        #expect(disk.contents.map(\.sizeBytes) == before)
        // The last frame too is told from one that a crash cut short: its checksum says which bit.
        if finding.contains("bit \(offset % 8) of the byte at \(offset) is flipped") { named += 1 }
      }
      try disk.corrupt(path) { $0[offset] ^= bit }
    }
    #expect(named > (size - 28) / 37 - 2, "all but those in the header of the log")
    #expect(try samples(try Store.open("db", on: disk)) == 3 * 240)
  }

  @Test(arguments: ["index", "chunks"])
  func `a flipped bit in a block is found, and never read as a sample`(name: String) throws {
    let disk = MemoryFiles()
    let store = try Self.store(on: disk, batches: 2)
    try store.seal()
    let expected = try contents(of: store.snapshot())
    store.close()
    let path = "db/blocks/00000001/" + name
    let size = try #require(disk.contents.first { $0.path == path }).sizeBytes
    for offset in stride(from: 0, to: size, by: 11) {
      let bit = UInt8(1 << (offset % 8))
      try disk.corrupt(path) { $0[offset] ^= bit }
      let error = #expect(throws: (any Error).self, "offset \(offset)") {
        let opened = try Store.open("db", on: disk)
        defer { opened.close() }
        #expect(try contents(of: opened.snapshot()) == expected)
      }
      let message = String(describing: error)
      #expect(message.contains(path), "\(message)")
      try disk.corrupt(path) { $0[offset] ^= bit }
    }
    let healed = try Store.open("db", on: disk)
    #expect(try contents(of: healed.snapshot()) == expected)
    try healed.snapshot().verify()
  }

  @Test func `a block with checks that fit but nonsense inside is refused, never a crash`() throws {
    let disk = MemoryFiles()
    let store = try Self.store(on: disk, batches: 2)
    try store.seal()
    store.close()
    let path = "db/blocks/00000001/index"
    let whole = try disk.read(path).bytes
    var random = SeededNumbers(31)
    var refused = 0
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...(random.next() % 3) {
        let end = UInt64(bytes.count - BlockLayout.tableSize)
        bytes[16 + Int(random.next() % (end - 16))] = UInt8(truncatingIfNeeded: random.next())
      }
      Self.repairChecks(&bytes)
      try disk.corrupt(path) { $0 = bytes }
      do {
        let opened = try Store.open("db", on: disk)
        defer { opened.close() }
        let view = opened.snapshot()
        _ = try view.labelNames()
        _ = try view.labelValues(of: "pod")
        _ = try view.select([try LabelMatcher("pod", .matchesRegex, "pod-[1-3]")], in: .all)
        _ = try readEverything(of: view)
      } catch { refused += 1 }
    }
    #expect(refused > 300)
  }

  /// Makes the checks of an index right again.
  private static func repairChecks(_ bytes: inout [UInt8]) {
    let table = bytes.count - BlockLayout.tableSize
    func number(_ offset: Int) -> Int {
      (0..<8).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    func put(_ check: UInt32, at offset: Int) {
      for index in 0..<4 {
        bytes[offset + index] = UInt8(truncatingIfNeeded: check >> UInt32(8 * index))
      }
    }
    let sections = BlockLayout.Section.allCases.count
    for section in 0..<sections {
      let entry = table + section * BlockLayout.sectionEntrySize
      let range = number(entry)..<(number(entry) + number(entry + 8))
      put(Checksum.of(Array(bytes[range])), at: entry + 16)
    }
    let end = table + sections * BlockLayout.sectionEntrySize
    put(Checksum.of(Array(bytes[table..<end])), at: end)
  }

  @Test func `a missing log is an error, not a loss`() throws {
    let disk = MemoryFiles()
    for number in 0..<3 as Range<Int64> {
      let store = try Store.open("db", on: disk)
      _ = try store.append(batch([("up", number, 1)]))
      store.close()
    }
    try disk.remove("db/log/00000002.log")
    let error = #expect(throws: StoreError.self) { try Store.open("db", on: disk) }
    #expect(error?.description.contains("00000002.log is damaged at offset 0") == true)
  }

  private func samples(_ store: Store) throws -> Int {
    try contents(of: store.snapshot()).values.reduce(0) { $0 + $1.count }
  }

  /// Reads everything of a source whose labels may be nonsense.
  private func readEverything(of source: StoreSnapshot) throws -> Int {
    let selection = try source.select([], in: .all)
    var columns = SampleColumns()
    var count = 0
    for index in selection.labels.indices {
      try selection.read(index, in: .all, into: &columns)
      count += columns.count
    }
    return count
  }
}
