/// A walk over one protobuf message in a larger buffer.
///
/// The buffer is handed to each step instead of being held, so that walks over nested messages cost
/// a few integers and no reference counting: there are several for each sample.
struct ProtobufReader {
  private(set) var position: Int
  let end: Int
  /// What is being read, for errors.
  let message: WireMessage

  /// A field's payload, as its wire type has it.
  enum Payload {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32
    /// Bytes, text or a message.
    case bytes(Range<Int>)
  }

  init(_ range: Range<Int>, of message: WireMessage) {
    position = range.lowerBound
    end = range.upperBound
    self.message = message
  }

  /// A walk over a part of this message.
  func part(_ range: Range<Int>) -> ProtobufReader { ProtobufReader(range, of: message) }

  var isAtEnd: Bool { position >= end }

  /// The next field, nil at the end.
  mutating func next(
    _ bytes: Span<UInt8>
  ) throws(WireError) -> (field: UInt64, payload: Payload)? {
    guard position < end else { return nil }
    let key = try varint(bytes)
    switch key & 7 {
    case 0: return (key >> 3, .varint(try varint(bytes)))
    case 1: return (key >> 3, .fixed64(try fixed64(bytes)))
    case 2: return (key >> 3, .bytes(try delimited(bytes)))
    case 5:
      guard end - position >= 4 else { throw malformed("a number is cut short") }
      position += 4
      return (key >> 3, .fixed32)
    default: throw malformed("wire type \(key & 7) does not exist")
    }
  }

  /// A length and as many bytes, behind `gap` bytes of another kind.
  mutating func delimited(
    _ bytes: Span<UInt8>, after gap: Int = 0
  ) throws(WireError) -> Range<Int> {
    let length = try varint(bytes)
    guard end - position >= gap, length <= UInt64(end - position - gap) else {
      throw malformed("a field exceeds its message")
    }
    position += gap
    let start = position
    position += Int(length)
    return start..<position
  }

  mutating func varint(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 70 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw malformed("a number is cut short")
  }

  mutating func fixed64(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
    guard end - position >= 8 else { throw malformed("a number is cut short") }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[position + index]) &<< UInt64(8 * index) }
    position += 8
    return value
  }

  /// The numbers of a repeated field, which come one by one or packed together.
  func varints(
    _ payload: Payload, _ bytes: Span<UInt8>, onto numbers: inout [UInt64]
  ) throws(WireError) {
    switch payload {
    case .varint(let number): numbers.append(number)
    case .bytes(let range):
      var packed = part(range)
      while !packed.isAtEnd { numbers.append(try packed.varint(bytes)) }
    case .fixed64, .fixed32: throw malformed("a field has another type")
    }
  }

  /// As above, for floating-point numbers.
  func doubles(
    _ payload: Payload, _ bytes: Span<UInt8>, onto numbers: inout [Double]
  ) throws(WireError) {
    switch payload {
    case .fixed64(let bits): numbers.append(Double(bitPattern: bits))
    case .bytes(let range):
      var packed = part(range)
      while !packed.isAtEnd { numbers.append(Double(bitPattern: try packed.fixed64(bytes))) }
    case .varint, .fixed32: throw malformed("a field has another type")
    }
  }

  /// Valid UTF-8 in a range.
  func text(_ range: Range<Int>, _ bytes: [UInt8]) throws(WireError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw malformed("a text is not valid UTF-8")
    }
    return text
  }

  func malformed(_ reason: String) -> WireError {
    .malformed(message, offset: position, reason: reason)
  }
}

extension UInt64 {
  /// A signed number in protobuf's `sint` encoding.
  var zigZagDecoded: Int64 { Int64(bitPattern: self >> 1) ^ -Int64(bitPattern: self & 1) }
}

extension Int64 {
  var zigZagEncoded: UInt64 { UInt64(bitPattern: self << 1 ^ self >> 63) }
}
