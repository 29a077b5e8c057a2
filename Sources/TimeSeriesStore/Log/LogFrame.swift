/// The envelope of everything in a log: a header that tells a torn end from a damaged middle, then
/// the payload.
///
///     length u32 · kind u8 · 0 0 0 · payload CRC-32C u32 · header check u32 · payload
///
/// One frame is written and synced at a time, so a crash can leave at most one incomplete frame,
/// the last. The header check mixes in the log's generation and the frame's own offset: bytes
/// inside a payload can't pass for a frame, nor can a stale block of the disk.
enum LogFrame {
  static let headerSize = 16
  /// Series and samples; the only kind so far.
  static let rows: UInt8 = 1

  /// Header and payload as they go to the log at `offset`.
  static func encode(_ payload: [UInt8], generation: UInt64, offset: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes.reserveCapacity(headerSize + payload.count)
    writer.u32(UInt32(payload.count))
    writer.u32(UInt32(rows))
    writer.u32(Checksum.of(payload))
    writer.u32(Checksum.of(writer.bytes) ^ placeMask(generation, offset))
    writer.bytes.append(contentsOf: payload)
    return writer.bytes
  }

  /// What stands at an offset of a log.
  enum Finding {
    /// A whole frame: where its payload lies.
    case frame(Range<Int>)
    case broken(String)
  }

  static func inspect(_ bytes: MappedBytes, at offset: Int, generation: UInt64) -> Finding {
    guard offset + headerSize <= bytes.count else {
      return .broken("\(bytes.count - offset) bytes of a frame header of \(headerSize)")
    }
    do throws(Damage) {
      var header = try bytes.cursor(in: offset..<(offset + headerSize))
      let length = Int(try header.u32())
      let kind = try header.u32()
      let payloadCheck = try header.u32()
      let expected =
        bytes.checksum(of: offset..<(offset + 12)) ^ placeMask(generation, offset)
      guard try header.u32() == expected else { return .broken("frame header fails its check") }
      guard kind == UInt32(rows) else { return .broken("frame of unknown kind \(kind)") }
      let payload = (offset + headerSize)..<(offset + headerSize + length)
      guard payload.upperBound <= bytes.count else {
        return .broken("\(bytes.count - payload.lowerBound) bytes of a payload of \(length)")
      }
      guard bytes.checksum(of: payload) == payloadCheck else {
        return .broken("payload of \(length) bytes fails its check")
      }
      return .frame(payload)
    } catch { return .broken(error.finding) }
  }

  private static func placeMask(_ generation: UInt64, _ offset: Int) -> UInt32 {
    let mixed = (generation &* 0x9e37_79b9_7f4a_7c15) ^ (UInt64(offset) &* 0xc2b2_ae3d_27d4_eb4f)
    return UInt32(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }
}
