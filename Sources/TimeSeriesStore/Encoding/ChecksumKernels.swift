internal import CChecksum

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), eight bytes a step: by the processor
/// where it can, else by tables.
///
///     Checksum.of(Array("123456789".utf8))   // 0xe3069283
enum Checksum {
  static func of(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe update(0, $0) }
  }

  /// Continues a checksum over more bytes; starts at 0.
  @unsafe static func update(_ start: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard isInProcessor else { return unsafe updateByTables(start, bytes) }
    guard let address = bytes.baseAddress else { return start }
    let words = unsafe address.assumingMemoryBound(to: UInt8.self)
    return unsafe ~cchecksum_update(~start, words, bytes.count)
  }

  private static let isInProcessor = cchecksum_is_available()

  /// What processors without the instruction compute.
  static func byTables(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe updateByTables(0, $0) }
  }

  /// The same for any processor.
  @unsafe static func updateByTables(
    _ start: UInt32, _ bytes: UnsafeRawBufferPointer
  ) -> UInt32 {
    unsafe tables.withUnsafeBufferPointer { table in
      var crc = ~start
      var index = 0
      let count = bytes.count
      while index &+ 8 <= count {
        let word = unsafe UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let mixed = word ^ UInt64(crc)
        crc = unsafe table[1792 &+ Int(truncatingIfNeeded: mixed & 0xff)]
        crc ^= unsafe table[1536 &+ Int(truncatingIfNeeded: (mixed &>> 8) & 0xff)]
        crc ^= unsafe table[1280 &+ Int(truncatingIfNeeded: (mixed &>> 16) & 0xff)]
        crc ^= unsafe table[1024 &+ Int(truncatingIfNeeded: (mixed &>> 24) & 0xff)]
        crc ^= unsafe table[768 &+ Int(truncatingIfNeeded: (mixed &>> 32) & 0xff)]
        crc ^= unsafe table[512 &+ Int(truncatingIfNeeded: (mixed &>> 40) & 0xff)]
        crc ^= unsafe table[256 &+ Int(truncatingIfNeeded: (mixed &>> 48) & 0xff)]
        crc ^= unsafe table[0 &+ Int(truncatingIfNeeded: (mixed &>> 56) & 0xff)]
        index &+= 8
      }
      while index < count {
        let slot = unsafe Int((crc ^ UInt32(bytes[index])) & 0xff)
        crc = unsafe (crc &>> 8) ^ table[slot]
        index &+= 1
      }
      return ~crc
    }
  }

  /// The one flipped bit that explains why bytes don't have the checksum they should, nil when no
  /// single one does.
  ///
  /// The checksum is linear: flipping a bit changes it by an amount that only depends on how many
  /// bytes follow. Damage of other kinds passes for a flipped bit with chance 2^-29 a byte.
  ///
  /// - Parameters:
  ///   - difference: The checksum found XOR the checksum expected.
  ///   - byteCount: How many bytes there are.
  static func flippedBit(_ difference: UInt32, byteCount: Int) -> (byte: Int, bit: Int)? {
    guard difference != 0 else { return nil }
    // What each bit of the last byte would change; then of the one before, and so on.
    var changes = (0..<8).map { tables[1 << $0] }
    for byte in (0..<byteCount).reversed() {
      for bit in 0..<8 {
        if changes[bit] == difference { return (byte, bit) }
        changes[bit] = (changes[bit] >> 8) ^ tables[Int(changes[bit] & 0xff)]
      }
    }
    return nil
  }

  /// Table k (256 entries each) advances a byte through k further zero bytes.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82f6_3b78 : crc >> 1 }
      tables.append(crc)
    }
    for index in 256..<2048 {
      let previous = tables[index - 256]
      tables.append((previous >> 8) ^ tables[Int(previous & 0xff)])
    }
    return tables
  }()
}
