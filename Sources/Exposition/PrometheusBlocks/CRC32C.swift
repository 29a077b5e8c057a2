/// The Castagnoli checksum that guards every part of a block (RFC 3720, appendix B.4).
enum CRC32C {
  /// `tables[k][b]` advances the state by byte `b` followed by `k` zero bytes ("slicing by 8").
  private static let tables: [[UInt32]] = {
    var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
    for index in 0..<256 {
      var state = UInt32(index)
      for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0x82f6_3b78 : state >> 1 }
      tables[0][index] = state
    }
    for index in 0..<256 {
      for slice in 1..<8 {
        let previous = tables[slice - 1][index]
        tables[slice][index] = previous >> 8 ^ tables[0][Int(previous & 0xff)]
      }
    }
    return tables
  }()

  static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    let tables = tables
    var state = ~UInt32(0)
    var index = bytes.startIndex
    while index + 8 <= bytes.endIndex {
      let low =
        state
        ^ (UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
          | UInt32(bytes[index + 3]) << 24)
      var next = tables[7][Int(low & 0xff)] ^ tables[6][Int(low >> 8 & 0xff)]
      next ^= tables[5][Int(low >> 16 & 0xff)] ^ tables[4][Int(low >> 24)]
      next ^= tables[3][Int(bytes[index + 4])] ^ tables[2][Int(bytes[index + 5])]
      next ^= tables[1][Int(bytes[index + 6])] ^ tables[0][Int(bytes[index + 7])]
      state = next
      index += 8
    }
    while index < bytes.endIndex {
      state = state >> 8 ^ tables[0][Int((state ^ UInt32(bytes[index])) & 0xff)]
      index += 1
    }
    return ~state
  }
}
