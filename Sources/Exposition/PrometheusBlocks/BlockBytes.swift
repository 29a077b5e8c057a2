/// A walk over part of a block file, in which every step is checked against its end.
struct BlockBytes {
  let bytes: [UInt8]
  /// The file's name in messages.
  let file: String
  private(set) var position: Int
  private let end: Int

  /// All of the file.
  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    position = 0
    end = bytes.count
  }

  private init(_ whole: BlockBytes, _ range: Range<Int>) {
    bytes = whole.bytes
    file = whole.file
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }

  /// The part of the file from `offset` to the end of this one.
  func from(_ offset: UInt64) throws(BlockError) -> BlockBytes {
    guard let start = Int(exactly: offset), start <= end else {
      throw corrupt("offset \(offset) points past the end of the file (\(end) bytes)")
    }
    return BlockBytes(self, start..<end)
  }

  /// The next `count` bytes as a walk of their own; steps over them.
  mutating func part(_ count: UInt64, of role: String) throws(BlockError) -> BlockBytes {
    guard let length = Int(exactly: count), length <= remaining else {
      throw corrupt("\(role) of \(count) bytes does not fit in the \(remaining) bytes left")
    }
    defer { position += length }
    return BlockBytes(self, position..<(position + length))
  }

  /// The bytes not yet walked over.
  var rest: ArraySlice<UInt8> { bytes[position..<end] }

  mutating func byte(_ role: String) throws(BlockError) -> UInt8 {
    guard position < end else { throw corrupt("\(role) is missing") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func bigEndian32(_ role: String) throws(BlockError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 { value = value << 8 | UInt32(try byte(role)) }
    return value
  }

  mutating func bigEndian64(_ role: String) throws(BlockError) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<8 { value = value << 8 | UInt64(try byte(role)) }
    return value
  }

  /// Go's `binary.Uvarint`.
  mutating func unsignedVarint(_ role: String) throws(BlockError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let next = try byte(role)
      guard shift < 63 || next <= 1 else { throw corrupt("\(role) exceeds 64 bits") }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    throw corrupt("\(role) exceeds 64 bits")
  }

  /// Go's `binary.Varint`: zigzag.
  mutating func varint(_ role: String) throws(BlockError) -> Int64 {
    let raw = try unsignedVarint(role)
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }

  /// A length, that many bytes, and their CRC32C; gives the bytes.
  mutating func checkedPart(
    length: UInt64, of role: String
  ) throws(BlockError) -> BlockBytes {
    let content = try part(length, of: role)
    let expected = try bigEndian32("the checksum of \(role)")
    guard CRC32C.checksum(of: content.rest) == expected else {
      throw content.corrupt("the checksum of \(role) does not match")
    }
    return content
  }

  func corrupt(_ reason: String) -> BlockError {
    .corrupt(file: file, offset: position, reason: reason)
  }
}
