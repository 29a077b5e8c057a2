/// Why a Prometheus block could not be read.
package enum BlockError: Error, Equatable, CustomStringConvertible {
  /// Bytes of a file contradict the format; `offset` counts from the start of the file.
  case corrupt(file: String, offset: Int, reason: String)
  /// The file is sound but of a version that isn't read here.
  case unsupportedVersion(file: String, found: Int, accepted: Int)
  /// A series has chunks written in a way that isn't known here.
  case unsupportedEncoding(series: String, encoding: UInt8)

  /// A log whose records are compressed in a way that isn't read here.
  case unsupportedCompression(file: String)

  package var description: String {
    switch self {
    case .corrupt(let file, let offset, let reason):
      "\(file) is damaged at byte \(offset): \(reason)"
    case .unsupportedVersion(let file, let found, let accepted):
      "\(file) has format version \(found), expected \(accepted)"
    case .unsupportedCompression(let file):
      "\(file) has records compressed with zstd, expected Snappy or none"
    case .unsupportedEncoding(let series, let encoding):
      "series \(series) has a chunk of the unknown encoding \(encoding), expected 1 to 6"
    }
  }
}
