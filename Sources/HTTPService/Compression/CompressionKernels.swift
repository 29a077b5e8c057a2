import CCompression

extension ContentEncoding {
  /// The compressed bytes; nil where the library refuses, so that the plain ones are sent.
  ///
  /// Level 1: answers of a query are read once, soon after.
  func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    switch self {
    case .gzip:
      unsafe Self.whole(bytes, capacity: ccompression_gzip_bound(bytes.count)) {
        unsafe ccompression_gzip($0, $1, $2, $3, 1)
      }
    case .zstd:
      unsafe Self.whole(bytes, capacity: ccompression_zstd_bound(bytes.count)) {
        unsafe ccompression_zstd($0, $1, $2, $3, 1)
      }
    }
  }

  /// The plain bytes of a body; nil for one that is damaged or has more than `limit` bytes.
  func decompressed(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    switch self {
    case .gzip:
      // A frame doesn't say how much it holds, so the room grows until it is enough.
      var capacity = min(limit, max(1 << 16, bytes.count * 4))
      while true {
        let plain = unsafe Self.whole(bytes, capacity: capacity) {
          unsafe ccompression_gunzip($0, $1, $2, $3)
        }
        if plain != nil || capacity >= limit { return plain }
        capacity = min(limit, capacity * 4)
      }
    case .zstd:
      let announced = unsafe bytes.withUnsafeBufferPointer {
        unsafe ccompression_unzstd_size($0.baseAddress, $0.count)
      }
      let capacity = announced < 0 ? Int64(limit) : announced
      guard capacity <= Int64(limit) else { return nil }
      return unsafe Self.whole(bytes, capacity: Int(capacity)) {
        unsafe ccompression_unzstd($0, $1, $2, $3)
      }
    }
  }

  private typealias Code = (
    UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int
  ) -> Int64

  private static func whole(_ bytes: [UInt8], capacity: Int, _ code: Code) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: capacity)
    let written = unsafe bytes.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe code(source.baseAddress, source.count, target.baseAddress, target.count)
      }
    }
    guard written >= 0 else { return nil }
    output.removeLast(output.count - Int(written))
    return output
  }
}
