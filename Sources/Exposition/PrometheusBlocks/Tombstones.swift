/// The `tombstones` file of a block: which stretches of which series have been deleted.
struct Tombstones {
  /// Inclusive at both ends, milliseconds.
  struct Stretch {
    var earliest: Int64
    var latest: Int64
  }

  private var stretches: [UInt64: [Stretch]] = [:]

  private static let magic: UInt32 = 0x0130_ba30

  /// Nothing deleted.
  init() {}

  init(_ bytes: [UInt8]) throws(BlockError) {
    var file = BlockBytes(bytes, file: "tombstones")
    guard try file.bigEndian32("the magic number") == Self.magic else {
      throw file.corrupt("it does not start as a tombstones file does")
    }
    let version = try file.byte("the format version")
    guard version == 1 else {
      throw BlockError.unsupportedVersion(file: "tombstones", found: Int(version), accepted: 1)
    }
    guard file.remaining >= 4 else { throw file.corrupt("the checksum is missing") }
    var entries = try file.checkedPart(length: UInt64(file.remaining - 4), of: "the tombstones")
    while entries.remaining > 0 {
      let series = try entries.unsignedVarint("a series number")
      let earliest = try entries.varint("the start of a deleted stretch")
      let latest = try entries.varint("the end of a deleted stretch")
      stretches[series, default: []].append(Stretch(earliest: earliest, latest: latest))
    }
  }

  func isDeleted(series: UInt64, _ milliseconds: Int64) -> Bool {
    guard let deleted = stretches[series] else { return false }
    return deleted.contains { milliseconds >= $0.earliest && milliseconds <= $0.latest }
  }

  func mentions(series: UInt64) -> Bool { stretches[series] != nil }
}
