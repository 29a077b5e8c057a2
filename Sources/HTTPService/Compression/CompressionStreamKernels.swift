import CCompression

/// A compressed frame that is written piece by piece, by one thread at a time.
@safe final class CompressionStream: @unchecked Sendable {
  private let stream: OpaquePointer

  /// Nil where memory is short.
  init?(_ encoding: ContentEncoding) {
    guard let opened = unsafe ccompression_open(encoding == .zstd ? 1 : 0, 1) else { return nil }
    unsafe stream = opened
  }

  deinit { unsafe ccompression_close(stream) }

  /// The compressed form of the next bytes; nil where the library refuses.
  func compressed(_ bytes: [UInt8], isLast: Bool) -> [UInt8]? {
    if bytes.isEmpty && !isLast { return [] }
    var output = [UInt8](repeating: 0, count: ccompression_push_bound(bytes.count))
    let written = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe ccompression_push(
          stream, source.baseAddress, source.count, isLast ? 1 : 0, target.baseAddress, target.count
        )
      }
    }
    guard written >= 0 else { return nil }
    output.removeLast(output.count - Int(written))
    return output
  }
}
