/// Appends a run of bytes: in one piece, where a slice of an array goes byte by byte.
@inline(__always)
func appendBytes(_ run: Span<UInt8>, to output: inout [UInt8]) {
  unsafe run.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
}

/// Appends a run of bytes, for which there must be room.
@inline(__always)
func appendBytes(_ run: Span<UInt8>, to place: inout OutputSpan<UInt8>) {
  precondition(place.freeCapacity >= run.count, "no room for a run of bytes")
  unsafe run.withUnsafeBufferPointer { source in
    unsafe place.withUnsafeMutableBufferPointer { buffer, count in
      _ = unsafe buffer.extracting(count...).update(fromContentsOf: source)
      count += source.count
    }
  }
}

/// Appends the first `count` of a slot's bytes, for all of which there must be room: bytes whose
/// number is known when this is compiled are copied without a loop.
@inline(__always)
func appendBytes(
  ofSlot slot: Int, from start: Int, count: Int, of slots: Span<UInt8>,
  to place: inout OutputSpan<UInt8>
) {
  let first = slot &* ByteSlot.size &+ start
  precondition(slot >= 0 && start >= 0 && first &+ ByteSlot.size <= slots.count, "outside")
  precondition(place.freeCapacity >= ByteSlot.size && count <= ByteSlot.size, "no room for a slot")
  unsafe slots.withUnsafeBytes { source in
    unsafe place.withUnsafeMutableBufferPointer { buffer, used in
      let bytes = unsafe source.loadUnaligned(
        fromByteOffset: first, as: SIMD32<UInt8>.self)
      unsafe UnsafeMutableRawBufferPointer(buffer).storeBytes(
        of: bytes, toByteOffset: used, as: SIMD32<UInt8>.self)
      used += count
    }
  }
}

/// Short texts side by side, each in as many bytes.
enum ByteSlot {
  static let size = 32
}

/// Whether a byte of UTF-8 stands for itself in a JSON string.
@inline(__always)
func isPlainText(_ byte: UInt8) -> Bool {
  byte >= 0x20 && byte != Ascii.quote && byte != Ascii.backslash
}

/// Whether all bytes of a text stand for themselves in a JSON string.
///
/// Eight bytes at a time, by S. E. Anderson's tests for a zero byte and for one less than a number
/// ("Bit Twiddling Hacks"); where they see one that may not be plain, each byte is asked.
func isPlainText(_ text: Span<UInt8>) -> Bool {
  let bytes = unsafe text.bytes
  var offset = 0
  while offset &+ 8 <= bytes.byteCount {
    let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let quotes = word ^ (0x0101_0101_0101_0101 &* UInt64(Ascii.quote))
    let backslashes = word ^ (0x0101_0101_0101_0101 &* UInt64(Ascii.backslash))
    let found =
      (word &- 0x2020_2020_2020_2020) & ~word | (quotes &- 0x0101_0101_0101_0101) & ~quotes
      | (backslashes &- 0x0101_0101_0101_0101) & ~backslashes
    if found & 0x8080_8080_8080_8080 != 0 { break }
    offset &+= 8
  }
  for index in offset..<text.count where !isPlainText(text[index]) { return false }
  return true
}
