/// A walk over one protobuf message in a larger buffer.
///
/// The buffer is handed to each step instead of being held, so that walks over nested messages cost
/// two integers and no reference counting: there are several for each sample.
struct ProtobufReader {
  private(set) var position: Int
  let end: Int

  /// A field's payload, as its wire type has it.
  enum Payload {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32
    /// Bytes, text or a message.
    case bytes(Range<Int>)
  }

  init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field, nil at the end.
  mutating func next(
    _ bytes: Span<UInt8>
  ) throws(RemoteWriteError) -> (field: UInt64, payload: Payload)? {
    guard position < end else { return nil }
    let key = try varint(bytes)
    switch key & 7 {
    case 0: return (key >> 3, .varint(try varint(bytes)))
    case 1: return (key >> 3, .fixed64(try fixed64(bytes)))
    case 2:
      let length = try varint(bytes)
      guard length <= UInt64(end - position) else { throw malformed("a field exceeds its message") }
      let start = position
      position += Int(length)
      return (key >> 3, .bytes(start..<position))
    case 5:
      guard end - position >= 4 else { throw malformed("a number is cut short") }
      position += 4
      return (key >> 3, .fixed32)
    default: throw malformed("wire type \(key & 7) does not exist")
    }
  }

  private mutating func varint(_ bytes: Span<UInt8>) throws(RemoteWriteError) -> UInt64 {
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

  private mutating func fixed64(_ bytes: Span<UInt8>) throws(RemoteWriteError) -> UInt64 {
    guard end - position >= 8 else { throw malformed("a number is cut short") }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[position + index]) &<< UInt64(8 * index) }
    position += 8
    return value
  }

  func malformed(_ reason: String) -> RemoteWriteError {
    .malformed(offset: position, reason: reason)
  }
}
