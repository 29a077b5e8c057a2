/// The first bytes of a log: `ASSAYLOG`, format version, seven zeros, generation, check.
enum LogHeader {
  static let size = 28
  private static let magic = Array("ASSAYLOG".utf8)
  private static let version: UInt8 = 1

  static func encode(generation: UInt64) -> [UInt8] {
    var writer = ByteWriter(bytes: magic)
    writer.u64(UInt64(version))
    writer.u64(generation)
    writer.u32(Checksum.of(writer.bytes))
    return writer.bytes
  }

  /// Whether a write cut short can have left these bytes: none of them came.
  static func mayBeTorn(_ bytes: MappedBytes) -> Bool {
    bytes.bytes(in: 0..<min(size, bytes.count)).allSatisfy { $0 == 0 }
  }

  /// Nil when the header is whole and of this generation, else what is wrong.
  static func fault(in bytes: MappedBytes, generation: UInt64) -> String? {
    guard bytes.count >= size else { return "\(bytes.count) bytes of a log header of \(size)" }
    let found = bytes.bytes(in: 0..<size)
    if found == encode(generation: generation) { return nil }
    if found[8] != version && found.prefix(8).elementsEqual(magic) {
      return "log format \(found[8]), this version reads \(version)"
    }
    return "not the header of log \(generation)"
  }
}
