import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct ColdBlockTests {
  private static let chunksPath = "db/blocks/00000002/chunks"

  /// A store of one block with several compressed pages.
  private static func disk() throws -> (MemoryFiles, [String: SampleColumns]) {
    let disk = MemoryFiles()
    var options = StoreOptions()
    options.compaction.coldAfter = Milliseconds(0)
    let store = try Store.open("db", on: disk, options: options)
    var batch = history(series: 20, samples: 300)
    let noisy = batch.addSeries(Labels([("__name__", "noise")]))
    var random = SeededNumbers(7)
    for row in 0..<5000 as Range<Int64> {
      batch.append(
        series: noisy, Timestamp(milliseconds: row * 1000),
        Double(random.next() >> 11) / 1_048_576)
    }
    _ = try store.append(batch)
    try store.seal()
    try store.maintain(now: Timestamp(milliseconds: 0))
    let all = try contents(of: store.snapshot())
    store.close()
    return (disk, all)
  }

  private static func block(_ disk: MemoryFiles) throws -> Block {
    try Block(2, at: "db/blocks/00000002", disk)
  }

  @Test func `a cold block has pages, reads as before, and needs no option`() throws {
    let (disk, all) = try Self.disk()
    let block = try Self.block(disk)
    #expect(block.isCold)
    #expect(block.summary.pages.count > 1)
    #expect(block.summary.pages.allSatisfy { $0.plain >= $0.stored - 32 })
    let store = try Store.open("db", on: disk)
    #expect(try contents(of: store.snapshot()) == all)
    // Several workers, one series: each its own pages.
    let selection = try store.snapshot().select([], in: .all)
    var columns = SampleColumns()
    for index in selection.labels.indices.reversed() {
      for reader in [selection.reader(), selection.reader()] {
        try reader.read(index, in: .all, into: &columns)
        #expect(!columns.isEmpty)
      }
    }
    let analysis = try store.snapshot().analysis()
    let saved = try #require(analysis.columns.first { $0.name == "saved by zstd" })
    #expect(saved.columns == block.summary.pages.count)
    let sizeBytes = analysis.columns.reduce(16) { $0 + $1.sizeBytes }
    #expect(sizeBytes == block.chunks.sizeBytes)
    store.close()
    #expect(try Store.verify("db", on: disk).isWhole)
  }

  @Test func `a cold block grows plain again where the option is left out`() throws {
    let (disk, all) = try Self.disk()
    let store = try Store.open("db", on: disk)
    try store.delete(matching: [LabelMatcher("__name__", equals: "noise")], in: .all)
    try store.purgeDeleted()
    var expected = all
    expected["noise"] = nil
    #expect(try contents(of: store.snapshot()) == expected)
    #expect(store.snapshot().blocks.map(\.isCold) == [false])
  }

  @Test func `a flipped bit in a page is found, named and turned back`() throws {
    let (disk, all) = try Self.disk()
    let size = try #require(disk.contents.first { $0.path == Self.chunksPath }).sizeBytes
    for offset in stride(from: 0, to: size, by: 997) {
      let copy = disk.restarted()
      let bit = UInt8(1 << (offset % 8))
      try copy.corrupt(Self.chunksPath) { $0[offset] ^= bit }
      let error = #expect(throws: (any Error).self, "offset \(offset)") {
        let opened = try Store.open("db", on: copy)
        defer { opened.close() }
        #expect(try contents(of: opened.snapshot()) == all)
      }
      #expect(String(describing: error).contains(Self.chunksPath))
      let repair = try Store.repair("db", on: copy)
      #expect(repair.after.isWhole)
      // In the header of the file a bit is only known to be wrong.
      guard offset >= BlockLayout.headerSize + 8 else { continue }
      let store = try Store.open("db", on: copy)
      #expect(try contents(of: store.snapshot()) == all, "offset \(offset)")
    }
  }

  @Test func `what is left of a page that can't be read is saved, still cold`() throws {
    let (disk, all) = try Self.disk()
    let last = try Self.block(disk).summary.pages.last?.stored ?? 0
    try disk.corrupt(Self.chunksPath) { bytes in
      for index in bytes.indices.suffix(last - 8) { bytes[index] = 0 }
    }
    let repair = try Store.repair("db", on: disk)
    #expect(repair.after.isWhole)
    let store = try Store.open("db", on: disk)
    let left = try contents(of: store.snapshot())
    #expect(!left.isEmpty && left != all)
    for (name, columns) in left {
      #expect(Set(columns.timestamps).isSubset(of: all[name]?.timestamps ?? []))
    }
    #expect(store.snapshot().blocks.map(\.isCold) == [true])
  }

  @Test func `frames with nonsense behind checksums that fit are errors, never a crash`() throws {
    let (disk, all) = try Self.disk()
    let whole = try disk.read(Self.chunksPath).bytes
    let pages = try Self.block(disk).summary.pages
    var random = SeededNumbers(11)
    var refused = 0
    for _ in 0..<600 {
      var bytes = whole
      let number = Int(random.next() % UInt64(pages.count))
      let start = pages[..<number].reduce(BlockLayout.headerSize) { $0 + $1.stored }
      let frame = (start + 8)..<(start + pages[number].stored)
      for _ in 0...(random.next() % 3) {
        // The start of a frame is where sizes stand.
        let reach = random.next() % 2 == 0 ? 16 : UInt64(frame.count)
        bytes[frame.lowerBound + Int(random.next() % reach)] = UInt8(
          truncatingIfNeeded: random.next())
      }
      let check = Checksum.of(Array(bytes[frame]))
      for index in 0..<4 {
        bytes[start + 4 + index] = UInt8(truncatingIfNeeded: check >> UInt32(8 * index))
      }
      try disk.corrupt(Self.chunksPath) { $0 = bytes }
      do {
        let store = try Store.open("db", on: disk)
        defer { store.close() }
        #expect(try contents(of: store.snapshot()) == all)
      } catch {
        #expect("\(error)".contains(Self.chunksPath))
        refused += 1
      }
    }
    #expect(refused > 500)
  }

  @Test func `a frame that says more or less than the index is not decompressed`() throws {
    let plain = [UInt8](repeating: 7, count: 100_000)
    let frame = MappedBytes(try #require(Page.compressed(plain)))
    #expect(frame.count < 100)
    #expect(try Page.plain(of: frame.cursor, sizeBytes: 100_000).bytes == plain)
    for sizeBytes in [0, 99_999, 100_001] {
      #expect(throws: Damage.self) { try Page.plain(of: frame.cursor, sizeBytes: sizeBytes) }
    }
    for cut in [0, 4, frame.count - 1] {
      let part = MappedBytes(frame.bytes(in: 0..<cut))
      #expect(throws: Damage.self) { try Page.plain(of: part.cursor, sizeBytes: 100_000) }
    }
    let two = MappedBytes(frame.bytes + frame.bytes)
    #expect(throws: Damage.self) { try Page.plain(of: two.cursor, sizeBytes: 100_000) }
  }
}
