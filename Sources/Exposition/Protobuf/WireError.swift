/// Why a binary message was refused.
package enum WireError: Error, Equatable, CustomStringConvertible {
  /// The body isn't Snappy's block format.
  case notSnappy
  /// What the body would grow to exceeds the limit; nothing has been decompressed.
  case tooLarge(declaredBytes: Int, limitBytes: Int)
  /// The decompressed body isn't the message it should be; the offset counts in it.
  case malformed(WireMessage, offset: Int, reason: String)
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
    case .malformed(let message, let offset, let reason):
      "decoding the request: \(reason) at byte \(offset), expected \(message.rawValue)"
    case .invalidSeries(let series, let reason):
      "series \(series): \(reason)"
    }
  }
}

/// The messages that are read here; raw values are what errors call them.
package enum WireMessage: String, Sendable {
  case writeRequest = "a prometheus.WriteRequest of remote write 1.0"
  case writeRequest2 = "an io.prometheus.write.v2.Request of remote write 2.0"
  case readRequest = "a prometheus.ReadRequest"
  case readResponse = "a prometheus.ReadResponse"
  case chunkedReadResponse = "a prometheus.ChunkedReadResponse"
  case metricFamilies = "delimited io.prometheus.client.MetricFamily messages"
  case metricsExport = "an opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest"
}
