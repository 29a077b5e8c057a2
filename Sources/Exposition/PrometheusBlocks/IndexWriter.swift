import MetricModel

/// Writes the `index` file of a block, format version 2.
///
/// The layout is that of Prometheus' `tsdb/docs/format/index.md`; the sections that are no longer
/// used are left out, which a zero in the table of contents says.
struct IndexWriter {
  private var bytes: [UInt8] = []
  private var symbols: [[UInt8]: UInt64] = [:]
  private var postings: [[UInt8]: [[UInt8]: [UInt32]]] = [:]
  private var all: [UInt32] = []
  private var offsets = [UInt64](repeating: 0, count: 6)

  /// - Parameter labels: all label sets to come; symbols stand first in the file.
  init(_ labels: [Labels]) {
    bytes.appendBigEndian(0xbaaa_d700, 4)
    bytes.append(2)
    var texts: Set<[UInt8]> = []
    for labels in labels {
      labels.forEach { name, value in
        texts.insert(Array(name))
        texts.insert(Array(value))
      }
    }
    let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
    for (number, text) in sorted.enumerated() { symbols[text] = UInt64(number) }
    offsets[0] = UInt64(bytes.count)
    var section: [UInt8] = []
    section.appendBigEndian(UInt64(sorted.count), 4)
    for text in sorted { section.appendCounted(text) }
    bytes.appendSection(section)
    pad(16)
    offsets[1] = UInt64(bytes.count)
  }

  /// Adds a series; series come in the order of labels, chunks in the order of times.
  mutating func add(_ labels: Labels, _ chunks: [IndexReader.ChunkReference]) {
    pad(16)
    let number = UInt32(truncatingIfNeeded: bytes.count / 16)
    all.append(number)
    var entry: [UInt8] = []
    entry.appendVarint(UInt64(labels.count))
    labels.forEach { name, value in
      let (name, value) = (Array(name), Array(value))
      entry.appendVarint(symbols[name] ?? 0)
      entry.appendVarint(symbols[value] ?? 0)
      postings[name, default: [:]][value, default: []].append(number)
    }
    entry.appendVarint(UInt64(chunks.count))
    var previous: IndexReader.ChunkReference?
    for chunk in chunks {
      if let previous {
        entry.appendVarint(UInt64(bitPattern: chunk.earliest &- previous.latest))
      } else {
        entry.appendVarint(chunk.earliest.zigZagEncoded)
      }
      entry.appendVarint(UInt64(bitPattern: chunk.latest &- chunk.earliest))
      if let previous {
        let step = Int64(bitPattern: chunk.reference &- previous.reference)
        entry.appendVarint(step.zigZagEncoded)
      } else {
        entry.appendVarint(chunk.reference)
      }
      previous = chunk
    }
    bytes.appendVarint(UInt64(entry.count))
    bytes += entry
    bytes.appendBigEndian(UInt64(CRC32C.checksum(of: entry[...])), 4)
  }

  /// The whole file.
  mutating func finish() -> [UInt8] {
    pad(4)
    offsets[4] = UInt64(bytes.count)
    var table: [UInt8] = []
    var entryCount: UInt64 = 0
    appendPostings([], [], all, &table)
    entryCount += 1
    for (name, values) in postings.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      for (value, list) in values.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        appendPostings(name, value, list, &table)
        entryCount += 1
      }
    }
    offsets[5] = UInt64(bytes.count)
    var section: [UInt8] = []
    section.appendBigEndian(entryCount, 4)
    bytes.appendSection(section + table)
    var contents: [UInt8] = []
    for offset in offsets { contents.appendBigEndian(offset, 8) }
    bytes += contents
    bytes.appendBigEndian(UInt64(CRC32C.checksum(of: contents[...])), 4)
    return bytes
  }

  private mutating func appendPostings(
    _ name: [UInt8], _ value: [UInt8], _ list: [UInt32], _ table: inout [UInt8]
  ) {
    pad(4)
    table.append(2)
    table.appendCounted(name)
    table.appendCounted(value)
    table.appendVarint(UInt64(bytes.count))
    var section: [UInt8] = []
    section.appendBigEndian(UInt64(list.count), 4)
    for number in list { section.appendBigEndian(UInt64(number), 4) }
    bytes.appendSection(section)
  }

  private mutating func pad(_ size: Int) {
    let rest = bytes.count % size
    if rest > 0 { bytes += [UInt8](repeating: 0, count: size - rest) }
  }
}

extension [UInt8] {
  /// The low bytes of a number, the highest first.
  mutating func appendBigEndian(_ value: UInt64, _ size: Int) {
    for shift in stride(from: 8 * (size - 1), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  /// Go's `binary.PutUvarint`.
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// A length and as many bytes.
  mutating func appendCounted(_ content: some Collection<UInt8>) {
    appendVarint(UInt64(content.count))
    append(contentsOf: content)
  }

  /// A length of four bytes, content, checksum.
  mutating func appendSection(_ content: [UInt8]) {
    appendBigEndian(UInt64(content.count), 4)
    self += content
    appendBigEndian(UInt64(CRC32C.checksum(of: content[...])), 4)
  }
}
