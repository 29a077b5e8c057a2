/// Why a Prometheus block could not be read.
package enum BlockError: Error, Equatable, CustomStringConvertible {
  /// Bytes of a file contradict the format; `offset` counts from the start of the file.
  case corrupt(file: String, offset: Int, reason: String)
  /// The file is sound but of a version that isn't read here.
  case unsupportedVersion(file: String, found: Int, accepted: Int)
  /// A series has chunks that aren't plain float samples.
  case unsupportedEncoding(series: String, encoding: UInt8)

  package var description: String {
    switch self {
    case .corrupt(let file, let offset, let reason):
      "\(file) is damaged at byte \(offset): \(reason)"
    case .unsupportedVersion(let file, let found, let accepted):
      "\(file) has format version \(found), expected \(accepted)"
    case .unsupportedEncoding(let series, let encoding):
      "series \(series) has a chunk of encoding \(encoding) (\(Self.name(of: encoding))), "
        + "expected 1 (XOR-coded floats)"
    }
  }

  private static func name(of encoding: UInt8) -> String {
    switch encoding {
    case 2: "native histogram"
    case 3: "native histogram of floats"
    default: "unknown"
    }
  }
}
