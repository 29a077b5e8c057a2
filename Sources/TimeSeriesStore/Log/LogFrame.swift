/// The envelope of everything in a log: a header that tells a torn end from a damaged middle, then
/// the payload.
///
///     length u32 · kind u32 · payload CRC-32C u32 · header check u32 · payload
///
/// One frame is written and synced at a time, so a crash can leave at most one incomplete frame,
/// the last. Frames that nobody waited for (`StoreOptions.Durability.deferred`) bear a mark and
/// begin with the size that the log had on disk by then: of what came after, a crash may leave any
/// pieces. The header check mixes in the log's generation and the frame's own offset: bytes inside
/// a payload can't pass for a frame, nor can a stale block of the disk.
enum LogFrame {
  static let headerSize = 16

  /// What a payload holds.
  enum Kind: UInt32 {
    /// Series and samples; the only kind of format 1.
    case rows = 1
    /// Rows, then native histograms, exemplars and metadata.
    case mixed = 2
  }

  private static let deferredMark: UInt32 = 0x100

  /// Header and payload as they go to the log at `offset`.
  ///
  /// - Parameter synced: the size of the log that is known to be on disk, when the frame isn't
  ///   going to be waited for; else nil.
  static func encode(
    _ kind: Kind, _ payload: [UInt8], generation: UInt64, offset: Int, synced: Int?
  ) -> [UInt8] {
    var body = ByteWriter()
    if let synced { body.u64(UInt64(synced)) }
    body.bytes.append(contentsOf: payload)
    var writer = ByteWriter()
    writer.bytes.reserveCapacity(headerSize + body.bytes.count)
    writer.u32(UInt32(body.bytes.count))
    writer.u32(kind.rawValue | (synced == nil ? 0 : deferredMark))
    writer.u32(Checksum.of(body.bytes))
    writer.u32(Checksum.of(writer.bytes) ^ placeMask(generation, offset))
    writer.bytes.append(contentsOf: body.bytes)
    return writer.bytes
  }

  /// A whole frame.
  struct Found {
    var kind: Kind
    var payload: Range<Int>
    /// The size of the log that was on disk before the frame was written.
    var synced: Int
  }

  /// What stands at an offset of a log.
  enum Finding {
    case frame(Found)
    case broken(Fault)
  }

  /// Why there is no whole frame.
  struct Fault {
    var finding: String
    /// The one bit that is wrong, where that explains it all: byte and bit.
    var flipped: (offset: Int, bit: Int)?
    /// Whether a write cut short can have left this.
    var mayBeTorn = true
  }

  static func inspect(_ bytes: MappedBytes, at offset: Int, generation: UInt64) -> Finding {
    guard offset + headerSize <= bytes.count else {
      return .broken(
        Fault(finding: "\(bytes.count - offset) bytes of a frame header of \(headerSize)"))
    }
    guard let parts = Header(bytes, at: offset, generation, place: offset) else {
      return .broken(Fault(finding: "frame header fails its check"))
    }
    let start = offset + headerSize
    guard parts.length <= bytes.count - start else {
      return .broken(
        Fault(finding: "\(bytes.count - start) bytes of a payload of \(parts.length)"))
    }
    let payload = start..<(start + parts.length)
    guard bytes.checksum(of: payload) == parts.payloadCheck else {
      return .broken(Fault(finding: "payload of \(parts.length) bytes fails its check"))
    }
    guard let kind = parts.kind else {
      return .broken(Fault(finding: "frame of unknown kind \(parts.code)", mayBeTorn: false))
    }
    guard parts.isDeferred else {
      return .frame(Found(kind: kind, payload: payload, synced: offset))
    }
    do throws(Damage) {
      var cursor = try bytes.cursor(in: payload)
      let synced = Int(clamping: try cursor.u64())
      return .frame(Found(kind: kind, payload: cursor.position..<cursor.end, synced: synced))
    } catch { return .broken(Fault(finding: error.finding, mayBeTorn: false)) }
  }

  /// Looks closer at a broken frame: whether one flipped bit explains it, and else whether it can
  /// be what a write cut short leaves, which is an early end or pieces of nothing but zeros.
  static func diagnose(
    _ bytes: MappedBytes, at offset: Int, generation: UInt64, _ fault: Fault
  ) -> Fault {
    var fault = fault
    guard offset + headerSize <= bytes.count else { return fault }
    if let parts = Header(bytes, at: offset, generation, place: offset) {
      let start = offset + headerSize
      guard parts.length <= bytes.count - start else { return fault }
      let payload = start..<(start + parts.length)
      let difference = bytes.checksum(of: payload) ^ parts.payloadCheck
      if let found = Checksum.flippedBit(difference, byteCount: payload.count) {
        fault.flipped = (start + found.byte, found.bit)
      }
      fault.mayBeTorn =
        fault.flipped == nil && hasZeroPiece(bytes, in: offset..<payload.upperBound)
      return fault
    }
    for place in 0..<(8 * headerSize) {
      var mended = bytes.bytes(in: offset..<(offset + headerSize))
      mended[place / 8] ^= 1 << UInt8(place % 8)
      guard let parts = Header(MappedBytes(mended), at: 0, generation, place: offset),
        parts.kind != nil
      else { continue }
      let start = offset + headerSize
      guard parts.length <= bytes.count - start,
        bytes.checksum(of: start..<(start + parts.length)) == parts.payloadCheck
      else { continue }
      fault.flipped = (offset + place / 8, place % 8)
      fault.mayBeTorn = false
    }
    return fault
  }

  /// Disks write sectors, file systems pages: what didn't arrive reads as zeros in aligned pieces.
  private static let pieceSize = 64

  private static func hasZeroPiece(_ bytes: MappedBytes, in range: Range<Int>) -> Bool {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, (start / pieceSize + 1) * pieceSize)
      if bytes.bytes(in: start..<end).allSatisfy({ $0 == 0 }) { return true }
      start = end
    }
    return false
  }

  /// The parts of a header that passes its check.
  private struct Header {
    var length: Int
    var code: UInt32
    var payloadCheck: UInt32

    var kind: Kind? { Kind(rawValue: code & ~LogFrame.deferredMark) }
    var isDeferred: Bool { code & LogFrame.deferredMark != 0 }

    /// - Parameter place: the offset in the log, which the check mixes in.
    init?(_ bytes: MappedBytes, at offset: Int, _ generation: UInt64, place: Int) {
      do throws(Damage) {
        var cursor = try bytes.cursor(in: offset..<(offset + headerSize))
        (length, code) = (Int(try cursor.u32()), try cursor.u32())
        payloadCheck = try cursor.u32()
        let expected =
          bytes.checksum(of: offset..<(offset + 12)) ^ LogFrame.placeMask(generation, place)
        guard try cursor.u32() == expected else { return nil }
      } catch { return nil }
    }
  }

  private static func placeMask(_ generation: UInt64, _ offset: Int) -> UInt32 {
    let mixed = (generation &* 0x9e37_79b9_7f4a_7c15) ^ (UInt64(offset) &* 0xc2b2_ae3d_27d4_eb4f)
    return UInt32(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }
}
