internal import Glibc
internal import MetricModel

/// A reading position in `MappedBytes`; every read is checked against the end of its part.
@safe struct MappedCursor: @unchecked Sendable {
  private let owner: MappedBytes
  private let buffer: UnsafeRawBufferPointer
  /// The offset of the next byte in the owner.
  private(set) var position: Int
  /// The offset after the last byte that may be read.
  let end: Int

  @unsafe init(_ owner: MappedBytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.owner = owner
    unsafe self.buffer = buffer
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }
  var isAtEnd: Bool { position == end }

  mutating func u8() throws(Damage) -> UInt8 {
    guard position < end else { throw ended("a byte") }
    defer { position += 1 }
    return unsafe buffer[position]
  }

  /// The next byte, which stays the next.
  func peek() throws(Damage) -> UInt8 {
    guard position < end else { throw ended("a byte") }
    return unsafe buffer[position]
  }

  mutating func u32() throws(Damage) -> UInt32 {
    guard remaining >= 4 else { throw ended("4 bytes") }
    defer { position += 4 }
    return unsafe UInt32(
      littleEndian: buffer.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  mutating func u64() throws(Damage) -> UInt64 {
    guard remaining >= 8 else { throw ended("8 bytes") }
    defer { position += 8 }
    return unsafe UInt64(
      littleEndian: buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// Seven bits a byte, low ones first, at most ten bytes.
  mutating func varint() throws(Damage) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = unsafe buffer[position]
      position += 1
      if shift == 63 && byte > 1 { throw Damage(at: position - 1, "number exceeds 64 bits") }
      result |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { throw Damage(at: position - 1, "number exceeds 64 bits") }
    }
    throw ended("a number")
  }

  /// A varint whose lowest bit is the sign.
  mutating func signedVarint() throws(Damage) -> Int64 {
    ByteWriter.unfolded(try varint())
  }

  /// A varint that counts something, at most `maximum`.
  mutating func count(_ what: String, atMost maximum: Int) throws(Damage) -> Int {
    let start = position
    let number = try varint()
    guard number <= UInt64(max(0, maximum)) else {
      throw Damage(at: start, "\(number) \(what), at most \(maximum) are possible here")
    }
    return Int(number)
  }

  /// Passes over `length` bytes and answers where they are.
  mutating func skip(_ length: Int, _ what: String) throws(Damage) -> Range<Int> {
    guard length >= 0, length <= remaining else { throw ended("\(length) bytes of \(what)") }
    defer { position += length }
    return position..<(position + length)
  }

  /// A cursor over the next `length` bytes, which are passed over.
  mutating func part(_ length: Int, _ what: String) throws(Damage) -> MappedCursor {
    try owner.cursor(in: try skip(length, what))
  }

  /// Copies `length` bytes.
  mutating func take(_ length: Int, _ what: String) throws(Damage) -> [UInt8] {
    owner.bytes(in: try skip(length, what))
  }

  /// Labels whose texts were passed over: names, each with its value behind it. Nil when they
  /// aren't sorted and unique with values.
  func labels(_ texts: [Range<Int>]) -> Labels? { owner.labels(texts) }

  /// The memory of the part that is left; valid while the cursor is.
  @unsafe var rest: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: buffer[position..<end])
  }

  /// Whether what is left has the same bytes as what is left of another.
  func hasSameRest(as other: MappedCursor) -> Bool {
    guard remaining == other.remaining else { return false }
    let (mine, others) = unsafe (rest, other.rest)
    guard let first = mine.baseAddress, let second = others.baseAddress else { return true }
    return unsafe memcmp(first, second, remaining) == 0
  }

  /// The CRC-32C of what is left.
  var checksum: UInt32 { unsafe Checksum.update(0, rest) }

  private func ended(_ what: String) -> Damage {
    Damage(at: position, "expected \(what), found the end after \(remaining) bytes")
  }
}
