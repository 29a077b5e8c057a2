import MetricModel

/// The `index` file of a block, format version 2: which series there are, where their chunks are.
///
/// Only what reading everything needs: symbols, the postings list of all series, series entries.
/// The layout is that of Prometheus' `tsdb/docs/format/index.md`.
struct IndexReader {
  /// A series as the index describes it.
  struct Entry {
    var labels: Labels
    var chunks: [ChunkReference]
    /// The number that tombstones know it by.
    var identifier: UInt64
  }

  struct ChunkReference {
    var earliest: Int64
    var latest: Int64
    /// The upper half counts segment files from 0, the lower is an offset in one.
    var reference: UInt64
  }

  private let file: BlockBytes
  private let symbols: [Range<Int>]
  /// In the order of labels.
  let seriesIdentifiers: [UInt64]

  private static let magic: UInt32 = 0xbaaa_d700
  private static let contentsSize = 6 * 8

  /// Checks header, table of contents, symbols and postings; series are checked as they are read.
  init(_ bytes: [UInt8]) throws(BlockError) {
    var header = BlockBytes(bytes, file: "index")
    guard try header.bigEndian32("the magic number") == Self.magic else {
      throw header.corrupt("it does not start as an index file does")
    }
    let version = try header.byte("the format version")
    guard version == 2 else {
      throw BlockError.unsupportedVersion(file: "index", found: Int(version), accepted: 2)
    }
    file = BlockBytes(bytes, file: "index")
    let tableSize = Self.contentsSize + 4
    guard bytes.count >= tableSize + 5 else {
      throw header.corrupt("the file is too short to hold a table of contents")
    }
    var tail = try file.from(UInt64(bytes.count - tableSize))
    var contents = try tail.checkedPart(
      length: UInt64(Self.contentsSize), of: "the table of contents")
    var offsets: [UInt64] = []
    for _ in 0..<6 { offsets.append(try contents.bigEndian64("an offset")) }
    symbols = try Self.symbols(in: file, at: offsets[0])
    let all = try Self.offsetOfAllPostings(in: file, at: offsets[5])
    seriesIdentifiers = try Self.postings(in: file, at: all)
  }

  /// A section that starts with its length in four bytes.
  private static func section(
    _ role: String, in file: BlockBytes, at offset: UInt64
  ) throws(BlockError) -> BlockBytes {
    var start = try file.from(offset)
    let length = try start.bigEndian32("the length of \(role)")
    return try start.checkedPart(length: UInt64(length), of: role)
  }

  private static func symbols(
    in file: BlockBytes, at offset: UInt64
  ) throws(BlockError) -> [Range<Int>] {
    var section = try section("the symbol table", in: file, at: offset)
    let count = try section.bigEndian32("the number of symbols")
    var ranges: [Range<Int>] = []
    // Each symbol takes a byte at least, so a damaged count can't reserve more than the file.
    ranges.reserveCapacity(min(Int(count), section.remaining))
    for _ in 0..<count {
      let length = try section.unsignedVarint("the length of a symbol")
      let symbol = try section.part(length, of: "a symbol")
      guard String(validating: symbol.rest, as: UTF8.self) != nil else {
        throw symbol.corrupt("a symbol is not valid UTF-8")
      }
      ranges.append(symbol.rest.startIndex..<symbol.rest.endIndex)
    }
    return ranges
  }

  /// The postings list of the pair ("", "") holds every series; it stands first in the table.
  private static func offsetOfAllPostings(
    in file: BlockBytes, at offset: UInt64
  ) throws(BlockError) -> UInt64 {
    var table = try section("the postings offset table", in: file, at: offset)
    let count = try table.bigEndian32("the number of postings lists")
    for _ in 0..<count {
      guard try table.unsignedVarint("the number of parts of a pair") == 2 else {
        throw table.corrupt("an entry of the postings offset table is not a pair")
      }
      let nameLength = try table.unsignedVarint("the length of a name")
      let name = try table.part(nameLength, of: "a name")
      let valueLength = try table.unsignedVarint("the length of a value")
      let value = try table.part(valueLength, of: "a value")
      let found = try table.unsignedVarint("the offset of a postings list")
      if name.rest.isEmpty && value.rest.isEmpty { return found }
    }
    throw table.corrupt("the postings list of all series is missing")
  }

  private static func postings(
    in file: BlockBytes, at offset: UInt64
  ) throws(BlockError) -> [UInt64] {
    var list = try section("a postings list", in: file, at: offset)
    let count = try list.bigEndian32("the number of series")
    guard UInt64(count) * 4 == UInt64(list.remaining) else {
      throw list.corrupt("a postings list of \(count) series has \(list.remaining) bytes")
    }
    var identifiers: [UInt64] = []
    identifiers.reserveCapacity(Int(count))
    for _ in 0..<count { identifiers.append(UInt64(try list.bigEndian32("a series number"))) }
    return identifiers
  }

  /// Reads one of `seriesIdentifiers`.
  func entry(_ identifier: UInt64) throws(BlockError) -> Entry {
    // Entries are aligned to 16 bytes, and numbered by that.
    var start = try file.from(identifier * 16)
    let length = try start.unsignedVarint("the length of a series")
    var content = try start.checkedPart(length: length, of: "a series")
    let labels = try labels(&content)
    return Entry(labels: labels, chunks: try chunks(&content), identifier: identifier)
  }

  private func labels(_ content: inout BlockBytes) throws(BlockError) -> Labels {
    let count = try content.unsignedVarint("the number of labels")
    var pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    guard count <= UInt64(content.remaining) else {
      throw content.corrupt("a series claims \(count) labels")
    }
    for _ in 0..<count {
      let name = try symbol(content.unsignedVarint("a label name"), content)
      let value = try symbol(content.unsignedVarint("a label value"), content)
      pairs.append((name, value))
    }
    if let labels = Labels(sortedPairs: pairs) { return labels }
    var builder = LabelsBuilder()
    for (name, value) in pairs {
      builder.set(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    return builder.labels
  }

  private func symbol(
    _ number: UInt64, _ place: BlockBytes
  ) throws(BlockError) -> ArraySlice<UInt8> {
    guard let index = Int(exactly: number), index < symbols.count else {
      throw place.corrupt("symbol \(number) does not exist, there are \(symbols.count)")
    }
    return file.bytes[symbols[index]]
  }

  private func chunks(_ content: inout BlockBytes) throws(BlockError) -> [ChunkReference] {
    let count = try content.unsignedVarint("the number of chunks")
    guard count <= UInt64(content.remaining) else {
      throw content.corrupt("a series claims \(count) chunks")
    }
    var chunks: [ChunkReference] = []
    for number in 0..<count {
      // The first chunk stands in full, later ones as differences from the one before.
      let earliest: Int64
      let previous = chunks.last
      if number == 0 {
        earliest = try content.varint("the start of a chunk")
      } else {
        let gap = try content.unsignedVarint("the start of a chunk")
        earliest = (previous?.latest ?? 0) &+ Int64(bitPattern: gap)
      }
      let span = try content.unsignedVarint("the span of a chunk")
      let latest = earliest &+ Int64(bitPattern: span)
      let reference: UInt64
      if number == 0 {
        reference = try content.unsignedVarint("the place of a chunk")
      } else {
        let step = try content.varint("the place of a chunk")
        reference = (previous?.reference ?? 0) &+ UInt64(bitPattern: step)
      }
      chunks.append(ChunkReference(earliest: earliest, latest: latest, reference: reference))
    }
    return chunks
  }
}
