internal import MetricModel

/// Which samples of a block are deleted, though still in its files: hidden from readers at once,
/// left behind when the block is next written.
///
///     "ASSAYDEL", u64 1, varint series; each: varint gap of numbers, varint ranges,
///     each: u64 start (exclusive), u64 end (inclusive); CRC-32C of everything before
struct Tombstones: Equatable, Sendable {
  /// For each series disjoint ranges in order of time, by the number of the series in its block.
  private(set) var ranges: [UInt32: [TimeRange]] = [:]

  private static let magic = Array("ASSAYDEL".utf8)
  private static let version: UInt64 = 1
  /// Two times of eight bytes.
  private static let rangeSize = 16

  init() {}

  var isEmpty: Bool { ranges.isEmpty }

  /// The deleted ranges of a series.
  subscript(series: UInt32) -> [TimeRange] { ranges[series] ?? [] }

  /// Deletes a range of some series.
  mutating func add(_ range: TimeRange, of series: [UInt32]) {
    guard !range.isEmpty else { return }
    for number in series { ranges[number] = Self.united(ranges[number] ?? [], with: range) }
  }

  /// Disjoint ranges again: what touches the new one becomes part of it.
  private static func united(_ ranges: [TimeRange], with added: TimeRange) -> [TimeRange] {
    var added = added
    var result: [TimeRange] = []
    for range in ranges {
      if range.end < added.start || range.start > added.end {
        result.append(range)
      } else {
        added = TimeRange(
          after: min(range.start, added.start), through: max(range.end, added.end))
      }
    }
    result.append(added)
    return result.sorted { $0.start < $1.start }
  }

  func encode() -> [UInt8] {
    var writer = ByteWriter(bytes: Self.magic)
    writer.u64(Self.version)
    writer.varint(ranges.count)
    var next: UInt32 = 0
    for (number, list) in ranges.sorted(by: { $0.key < $1.key }) {
      writer.varint(Int(number - next))
      next = number + 1
      writer.varint(list.count)
      for range in list {
        writer.u64(UInt64(bitPattern: range.start.milliseconds))
        writer.u64(UInt64(bitPattern: range.end.milliseconds))
      }
    }
    writer.u32(Checksum.of(writer.bytes))
    return writer.bytes
  }

  /// - Parameter seriesCount: that of the block.
  init(_ bytes: MappedBytes, seriesCount: Int) throws(Damage) {
    let end = bytes.count - 4
    guard end >= Self.magic.count + 8 else {
      throw Damage(at: bytes.count, "too short for tombstones")
    }
    var check = try bytes.cursor(in: end..<bytes.count)
    guard try check.u32() == bytes.checksum(of: 0..<end) else {
      throw Damage(at: 0, "tombstones fail their check")
    }
    var cursor = try bytes.cursor(in: 0..<end)
    guard try cursor.take(Self.magic.count, "header") == Self.magic else {
      throw Damage(at: 0, "doesn't start with ASSAYDEL")
    }
    let version = try cursor.u64()
    guard version == Self.version else {
      throw Damage(at: 8, "format version \(version), this program reads \(Self.version)")
    }
    var next = 0
    for _ in 0..<(try cursor.count("series", atMost: seriesCount)) {
      next += try cursor.count("series", atMost: seriesCount - 1 - next)
      var list: [TimeRange] = []
      for _ in 0..<(try cursor.count("ranges", atMost: cursor.remaining / Self.rangeSize)) {
        let start = Timestamp(milliseconds: Int64(bitPattern: try cursor.u64()))
        let range = TimeRange(
          after: start, through: Timestamp(milliseconds: Int64(bitPattern: try cursor.u64())))
        list.append(range)
      }
      ranges[UInt32(next)] = list
      next += 1
    }
    guard cursor.isAtEnd else { throw Damage(at: cursor.position, "bytes after the tombstones") }
  }
}
