internal import MetricModel

/// Where things are in the two files of a block.
///
/// `index`: header, sections, table of sections, end mark. `chunks`: header, then columns, or pages
/// of compressed columns, each with its length and CRC-32C before it.
enum BlockLayout {
  static let indexFile = "index"
  static let chunksFile = "chunks"
  /// Only present while some samples of the block are deleted.
  static let tombstonesFile = "tombstones"
  /// What is written; every version from 1 on is read.
  static let version: UInt64 = 3
  static let headerSize = 16
  /// A page of compressed columns ends with the column that reaches this size. Pages of 64 KiB are
  /// half a percent smaller, and dearer to read a column from.
  static let pageSizeMin = 16 << 10
  /// What opening accepts as a page; a chunk of histograms is far from it.
  static let pageSizeMax = 1 << 30
  static let indexMagic = Array("ASSAYIDX".utf8)
  static let chunksMagic = Array("ASSAYCHK".utf8)
  static let endMark = Array("ASSAYEND".utf8)

  /// The sections of the index, in the order of the table.
  enum Section: Int, CaseIterable {
    case summary
    case symbols
    case postings
    case series
    case offsets
  }

  /// Offset and length (u64 each) and CRC-32C of each section, then the table's own CRC and the
  /// end mark.
  static let sectionEntrySize = 20
  static let tableSize = Section.allCases.count * sectionEntrySize + 4 + endMark.count

  static func header(_ magic: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(bytes: magic)
    writer.u64(version)
    return writer.bytes
  }

  /// The version that a file names.
  ///
  /// - Throws: `Damage` unless the file starts with this magic and a version that is known.
  @discardableResult
  static func checkHeader(_ bytes: MappedBytes, _ magic: [UInt8]) throws(Damage) -> UInt64 {
    var cursor = bytes.cursor
    guard try cursor.take(magic.count, "header") == magic else {
      throw Damage(at: 0, "doesn't start with \(String(decoding: magic, as: UTF8.self))")
    }
    let found = try cursor.u64()
    guard (1...version).contains(found) else {
      throw Damage(
        at: magic.count, "format version \(found), this program reads 1 to \(version)")
    }
    return found
  }
}

/// What a block holds, in numbers.
struct BlockSummary: Equatable, Sendable {
  var seriesCount = 0
  var sampleCount = 0
  var earliest = Int64.max
  var latest = Int64.min
  /// The newest head whose samples are all in this block or in older ones.
  var coveredGeneration: UInt64 = 0
  /// The size of the chunks file, which a truncated one hasn't.
  var chunksSizeBytes = 0
  /// The numbers of the blocks whose samples this one took over: where they still are, they are
  /// leftovers.
  var replaces: [UInt64] = []
  /// The pages of a cold block, in the order of the file; none when its columns aren't compressed.
  var pages: [PageSize] = []

  init() {}

  func encode(into writer: inout ByteWriter) {
    for number in [seriesCount, sampleCount, chunksSizeBytes] { writer.u64(UInt64(number)) }
    writer.u64(UInt64(bitPattern: earliest))
    writer.u64(UInt64(bitPattern: latest))
    writer.u64(coveredGeneration)
    writer.u64(UInt64(replaces.count))
    for number in replaces { writer.u64(number) }
    writer.varint(pages.count)
    for page in pages {
      writer.varint(page.plain)
      writer.varint(page.stored)
    }
  }

  init(_ cursor: inout MappedCursor, version: UInt64) throws(Damage) {
    var numbers: [Int] = []
    for _ in 0..<3 {
      let place = cursor.position
      guard let number = Int(exactly: try cursor.u64()) else {
        throw Damage(at: place, "count out of bounds")
      }
      numbers.append(number)
    }
    (seriesCount, sampleCount, chunksSizeBytes) = (numbers[0], numbers[1], numbers[2])
    earliest = Int64(bitPattern: try cursor.u64())
    latest = Int64(bitPattern: try cursor.u64())
    coveredGeneration = try cursor.u64()
    for _ in 0..<(try cursor.u64()) { replaces.append(try cursor.u64()) }
    if version >= 3 { pages = try Self.pages(&cursor, of: chunksSizeBytes) }
  }

  private static func pages(
    _ cursor: inout MappedCursor, of sizeBytes: Int
  ) throws(Damage) -> [PageSize] {
    let place = cursor.position
    var pages: [PageSize] = []
    var left = sizeBytes - BlockLayout.headerSize
    for _ in 0..<(try cursor.count("pages", atMost: cursor.remaining / 2)) {
      let plain = try cursor.count("bytes of a page", atMost: BlockLayout.pageSizeMax)
      let stored = try cursor.count("bytes of a compressed page", atMost: left)
      left -= stored
      pages.append(PageSize(plain: plain, stored: stored))
    }
    guard pages.isEmpty || left == 0 else {
      throw Damage(at: place, "pages of \(left) bytes less than the chunks file has")
    }
    return pages
  }
}

/// The bytes of a page of columns: of these, and of what stands for them in the file.
struct PageSize: Equatable, Sendable {
  var plain: Int
  var stored: Int
}

/// Where one chunk of a series is: its times and count, and the offsets of its two columns.
struct ChunkReference: Equatable, Sendable {
  var first: Int64
  var last: Int64
  var count: Int
  var timesOffset: Int
  var valuesOffset: Int

  /// Appends the references of one series: their number, then each against the one before.
  static func encode(_ references: [ChunkReference], into writer: inout ByteWriter) {
    writer.varint(references.count)
    var before = ChunkReference(first: 0, last: 0, count: 0, timesOffset: 0, valuesOffset: 0)
    for reference in references {
      writer.signedVarint(reference.first &- before.last)
      writer.varint(UInt64(bitPattern: reference.last &- reference.first))
      writer.varint(reference.count)
      writer.signedVarint(Int64(reference.timesOffset - before.timesOffset))
      writer.signedVarint(Int64(reference.valuesOffset - before.valuesOffset))
      before = reference
    }
  }

  static func decode(_ cursor: inout MappedCursor) throws(Damage) -> [ChunkReference] {
    // A reference takes at least five bytes.
    let count = try cursor.count("chunks", atMost: cursor.remaining / 5)
    var result: [ChunkReference] = []
    result.reserveCapacity(count)
    var before = ChunkReference(first: 0, last: 0, count: 0, timesOffset: 0, valuesOffset: 0)
    for _ in 0..<count {
      before.first = before.last &+ (try cursor.signedVarint())
      before.last = before.first &+ Int64(bitPattern: try cursor.varint())
      before.count = try cursor.count("samples", atMost: SampleChunk.samplesMax)
      before.timesOffset &+= Int(try cursor.signedVarint())
      before.valuesOffset &+= Int(try cursor.signedVarint())
      result.append(before)
    }
    return result
  }

  func overlaps(_ range: TimeRange) -> Bool {
    last > range.start.milliseconds && first <= range.end.milliseconds
  }
}
