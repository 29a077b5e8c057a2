internal import CCompression

/// Columns of a cold block side by side, as one zstd frame.
enum Page {
  /// The frame of a page; nil where memory is short.
  ///
  /// Level 9: a block turns cold once. Higher levels save half a percent for eight times the work.
  static func compressed(_ plain: [UInt8]) -> [UInt8]? {
    var frame = [UInt8](repeating: 0, count: ccompression_zstd_bound(plain.count))
    let written = unsafe plain.withUnsafeBufferPointer { source in
      unsafe frame.withUnsafeMutableBufferPointer { target in
        unsafe ccompression_zstd(
          source.baseAddress, source.count, target.baseAddress, target.count, 9)
      }
    }
    guard written >= 0 else { return nil }
    frame.removeLast(frame.count - Int(written))
    return frame
  }

  /// The columns of a frame. Memory is only taken when the frame too says that it holds so much.
  ///
  /// - Throws: `Damage` unless it holds `sizeBytes` bytes.
  static func plain(of frame: MappedCursor, sizeBytes: Int) throws(Damage) -> MappedBytes {
    let source = unsafe frame.rest.bindMemory(to: UInt8.self)
    let announced = unsafe ccompression_unzstd_size(source.baseAddress, source.count)
    guard announced == Int64(sizeBytes) else {
      throw Damage(
        at: frame.position, "a page of \(announced) bytes, the index says \(sizeBytes)")
    }
    var plain = [UInt8](repeating: 0, count: sizeBytes)
    let written = unsafe plain.withUnsafeMutableBufferPointer { target in
      unsafe ccompression_unzstd(
        source.baseAddress, source.count, target.baseAddress, target.count)
    }
    guard written == Int64(sizeBytes) else {
      throw Damage(at: frame.position, "a page that zstd can't decompress")
    }
    return MappedBytes(plain)
  }
}
