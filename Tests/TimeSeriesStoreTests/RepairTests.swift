import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct RepairTests {
  /// A store with two blocks and a log of several frames.
  private static func disk() throws -> (MemoryFiles, [String: SampleColumns]) {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    for number in 0..<6 as Range<Int64> {
      _ = try store.append(history(series: 6, samples: 40, start: number * 600_000))
      if number == 1 || number == 3 { try store.seal() }
    }
    let all = try contents(of: store.snapshot())
    store.close()
    return (disk, all)
  }

  /// Whether every sample found was stored.
  private func isPart(_ found: [String: SampleColumns], of all: [String: SampleColumns]) -> Bool {
    found.allSatisfy { name, columns in
      guard let stored = all[name] else { return false }
      let bits = Dictionary(
        uniqueKeysWithValues: zip(stored.timestamps, stored.values.map(\.bitPattern)))
      return zip(columns.timestamps, columns.values).allSatisfy { bits[$0] == $1.bitPattern }
    }
  }

  @Test func `a whole store has nothing to find`() throws {
    let (disk, all) = try Self.disk()
    let before = disk.contents.map(\.sizeBytes)
    var steps: [[Int]] = []
    let report = try Store.verify("db", on: disk) { steps.append([$0, $1]) }
    #expect(steps == [[1, 3], [2, 3], [3, 3]])
    #expect(report.findings == [])
    #expect(report.isWhole)
    #expect(report.blocks == 2)
    #expect(report.logs == 1)
    #expect(report.samples == all.values.reduce(0) { $0 + $1.count })
    #expect(try Store.repair("db", on: disk).mended == [])
    #expect(disk.contents.map(\.sizeBytes) == before)
  }

  @Test func `one flipped bit anywhere is put right, and nothing is lost`() throws {
    let (disk, all) = try Self.disk()
    let paths = disk.contents.map(\.path).filter { !$0.hasSuffix("LOCK") && $0.contains("/0") }
    #expect(paths.count == 5)
    var restored = 0
    var tried = 0
    for path in paths {
      let size = try #require(disk.contents.first { $0.path == path }).sizeBytes
      for offset in stride(from: 0, to: size, by: 23) {
        let copy = disk.restarted()
        let bit = UInt8(1 << (offset % 8))
        try copy.corrupt(path) { $0[offset] ^= bit }
        let found = try Store.verify("db", on: copy)
        #expect(!found.isWhole, "\(path) \(offset)")
        let repair = try Store.repair("db", on: copy)
        #expect(repair.after.isWhole, "\(path) \(offset): \(repair.after.findings)")
        #expect(!repair.copies.isEmpty)
        let store = try Store.open("db", on: copy)
        let left = try contents(of: store.snapshot())
        #expect(isPart(left, of: all), "\(path) \(offset)")
        if left == all { restored += 1 }
        tried += 1
      }
    }
    // The rest are in the headers of files and columns, which say no more than that they are wrong.
    #expect(restored * 100 > tried * 93, "\(restored) of \(tried)")
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `whatever is damaged, repair leaves a store that opens, with samples it had`(
    seed: UInt64
  ) throws {
    let (disk, all) = try Self.disk()
    var random = SeededNumbers(seed)
    let paths = disk.contents.filter { $0.path.contains("/0") && $0.sizeBytes > 0 }
    for _ in 0...(random.next() % 2) {
      let (path, size) = paths[Int(random.next() % UInt64(paths.count))]
      switch random.next() % 5 {
      case 0: try disk.remove(path)
      case 1: try disk.corrupt(path) { $0.removeLast(min($0.count, Int(random.next() % 500))) }
      case 2:
        let start = Int(random.next() % UInt64(size))
        try disk.corrupt(path) { bytes in
          for index in bytes.indices.dropFirst(start).prefix(64) { bytes[index] = 0 }
        }
      default:
        for _ in 0...(random.next() % 20) {
          let offset = Int(random.next() % UInt64(size))
          let noise = UInt8(truncatingIfNeeded: random.next())
          try? disk.corrupt(path) { if offset < $0.count { $0[offset] = noise } }
        }
      }
    }
    let repair = try Store.repair("db", on: disk)
    #expect(repair.after.isWhole, "\(repair.after.findings)")
    let store = try Store.open("db", on: disk)
    #expect(isPart(try contents(of: store.snapshot()), of: all))
    #expect(try store.append(batch([("after", 1, 1)])).accepted == 1)
    store.close()
    #expect(try Store.verify("db", on: disk).isWhole)
  }

  @Test func `what unfinished work left is named, and no damage`() throws {
    let (disk, _) = try Self.disk()
    try disk.makeDirectory("db/blocks/tmp-00000009")
    try disk.corrupt("db/log/00000003.log") { $0.removeLast(5) }
    let report = try Store.verify("db", on: disk)
    #expect(report.findings.map(\.kind) == [.leftover, .tornEnd])
    #expect(report.isWhole)
    #expect(
      report.findings[0].description
        == "db/blocks/tmp-00000009: leftover: a block that wasn't finished; repair removes it")
  }

  @Test func `a store in use is neither verified nor repaired`() throws {
    let (disk, _) = try Self.disk()
    let store = try Store.open("db", on: disk)
    #expect(throws: StoreError.inUse(directory: "db")) { try Store.verify("db", on: disk) }
    #expect(throws: StoreError.inUse(directory: "db")) { try Store.repair("db", on: disk) }
    store.close()
    #expect(throws: StoreError.missing(directory: "no")) { try Store.verify("no", on: disk) }
  }

  @Test func `a flipped bit is found by its checksum in any place`() {
    var random = SeededNumbers(12)
    let bytes = (0..<777).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let right = Checksum.of(bytes)
    for place in stride(from: 0, to: 8 * 777, by: 13) {
      var wrong = bytes
      wrong[place / 8] ^= 1 << UInt8(place % 8)
      let found = Checksum.flippedBit(Checksum.of(wrong) ^ right, byteCount: 777)
      #expect(found?.byte == place / 8)
      #expect(found?.bit == place % 8)
    }
    #expect(Checksum.flippedBit(0, byteCount: 777) == nil)
    var noise = bytes
    for index in 100..<140 { noise[index] ^= 0x55 }
    #expect(Checksum.flippedBit(Checksum.of(noise) ^ right, byteCount: 777) == nil)
  }
}
