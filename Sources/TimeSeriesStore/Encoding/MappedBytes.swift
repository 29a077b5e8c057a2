internal import MetricModel

/// Bytes that never change: a mapped file, or a private copy of an array.
///
/// Cursors read from them; the bytes live as long as anyone refers to this object.
@safe package final class MappedBytes: @unchecked Sendable {
  private let buffer: UnsafeRawBufferPointer
  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  /// Copies `bytes`.
  package init(_ bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    unsafe copy.copyBytes(from: bytes)
    unsafe buffer = UnsafeRawBufferPointer(copy)
    unsafe release = { unsafe $0.deallocate() }
  }

  /// The bytes of another object, which lives as long.
  convenience init(viewing other: MappedBytes) {
    unsafe self.init(adopting: other.buffer) { _ in withExtendedLifetime(other) {} }
  }

  /// Takes memory over and calls `release` at the end.
  @unsafe init(
    adopting buffer: UnsafeRawBufferPointer,
    release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    unsafe self.buffer = buffer
    unsafe self.release = release
  }

  deinit { unsafe release(buffer) }

  /// The number of bytes.
  package var count: Int { unsafe buffer.count }

  /// A copy of a part, which must lie within.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "part lies outside")
    return unsafe Array(UnsafeRawBufferPointer(rebasing: buffer[range]))
  }

  /// A copy of everything.
  package var bytes: [UInt8] { bytes(in: 0..<count) }

  /// The CRC-32C of a part, which must lie within.
  func checksum(of range: Range<Int>, continuing start: UInt32 = 0) -> UInt32 {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "part lies outside")
    return unsafe Checksum.update(start, UnsafeRawBufferPointer(rebasing: buffer[range]))
  }

  /// Reads from the start of a part.
  ///
  /// - Throws: `Damage` when the part doesn't lie within.
  func cursor(in range: Range<Int>) throws(Damage) -> MappedCursor {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw Damage(
        at: range.lowerBound, "expected \(range.count) bytes, the file has \(count) in all")
    }
    return unsafe MappedCursor(self, buffer, range)
  }

  /// Reads from the start.
  var cursor: MappedCursor { unsafe MappedCursor(self, buffer, 0..<count) }

  /// Labels whose texts stand in these bytes: names, each with its value behind it, which must lie
  /// within. Nil when they aren't sorted and unique with values.
  func labels(_ texts: [Range<Int>]) -> Labels? {
    precondition(texts.allSatisfy { 0 <= $0.lowerBound && $0.upperBound <= count }, "outside")
    return unsafe Labels(sortedTexts: texts, in: buffer.bindMemory(to: UInt8.self).span)
  }

  /// Compares a part with a text, bytewise: negative when the part sorts before it.
  func compare(_ range: Range<Int>, with text: some Collection<UInt8>) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "part lies outside")
    let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
    let direct = text.withContiguousStorageIfAvailable { other in
      unsafe Self.order(part, UnsafeRawBufferPointer(other))
    }
    if let direct { return direct }
    return unsafe Array(text).withUnsafeBytes { unsafe Self.order(part, $0) }
  }

  private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    for index in 0..<min(a.count, b.count) {
      let (left, right) = unsafe (a[index], b[index])
      if left != right { return Int(left) - Int(right) }
    }
    return a.count - b.count
  }
}
