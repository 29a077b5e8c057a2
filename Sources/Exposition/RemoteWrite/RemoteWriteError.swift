/// Why a remote-write request was refused.
package enum RemoteWriteError: Error, Equatable, CustomStringConvertible {
  /// The body isn't Snappy's block format.
  case notSnappy
  /// What the body would grow to exceeds the limit; nothing has been decompressed.
  case tooLarge(declaredBytes: Int, limitBytes: Int)
  /// The decompressed body isn't a `WriteRequest`; the offset counts in it.
  case malformed(offset: Int, reason: String)
  /// A series that may not be stored, with the reason; `series` shows what could be read of it.
  case invalidSeries(series: String, reason: String)

  package var description: String {
    switch self {
    case .notSnappy:
      "decoding the request: the body is not Snappy block format, "
        + "expected Content-Encoding snappy without framing"
    case .tooLarge(let declared, let limit):
      "decoding the request: the body decompresses to \(declared) bytes, "
        + "expected \(limit) at most"
    case .malformed(let offset, let reason):
      "decoding the request: \(reason) at byte \(offset), "
        + "expected a prometheus.WriteRequest of remote write 1.0"
    case .invalidSeries(let series, let reason):
      "series \(series): \(reason)"
    }
  }
}
