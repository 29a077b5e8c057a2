/// Writes a protobuf message field by field.
///
///     var message = ProtobufWriter()
///     message.message(1) { $0.text(1, "up") }
///     message.bytes
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// A field that may be left out when zero, as proto3 does.
  mutating func varint(_ field: UInt64, _ value: UInt64) {
    guard value != 0 else { return }
    raw(field << 3)
    raw(value)
  }

  mutating func varint(_ field: UInt64, _ value: Int64) {
    varint(field, UInt64(bitPattern: value))
  }

  mutating func zigZag(_ field: UInt64, _ value: Int64) { varint(field, value.zigZagEncoded) }

  /// Written even when zero, so that "no observations" differs from "not said".
  mutating func double(_ field: UInt64, _ value: Double) {
    raw(field << 3 | 1)
    fixed64(value.bitPattern)
  }

  /// Eight bytes, written even when zero.
  mutating func fixed(_ field: UInt64, _ value: UInt64) {
    raw(field << 3 | 1)
    fixed64(value)
  }

  mutating func text(_ field: UInt64, _ text: some Collection<UInt8>) {
    raw(field << 3 | 2)
    raw(UInt64(text.count))
    bytes.append(contentsOf: text)
  }

  mutating func text(_ field: UInt64, _ text: String) {
    if !text.isEmpty { self.text(field, text.utf8) }
  }

  /// The tag and the length of what follows.
  mutating func opening(_ field: UInt64, _ sizeBytes: UInt64) {
    raw(field << 3 | 2)
    raw(sizeBytes)
  }

  mutating func message(_ field: UInt64, _ content: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    content(&inner)
    text(field, inner.bytes)
  }

  /// The fields of another message.
  mutating func append(_ other: ProtobufWriter) { bytes += other.bytes }

  /// Packed numbers.
  mutating func varints(_ field: UInt64, _ values: [UInt64]) {
    guard !values.isEmpty else { return }
    var inner = ProtobufWriter()
    for value in values { inner.raw(value) }
    text(field, inner.bytes)
  }

  mutating func doubles(_ field: UInt64, _ values: [Double]) {
    guard !values.isEmpty else { return }
    var inner = ProtobufWriter()
    for value in values { inner.fixed64(value.bitPattern) }
    text(field, inner.bytes)
  }

  /// A number without a field, such as the length before a delimited message.
  mutating func raw(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func fixed64(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
