/// Remote write: a request in protobuf, compressed with Snappy.
///
///     let version = try RemoteWriteVersion(contentType: type)
///     let message = try RemoteWrite.decompressed(body)
///     let batch = try decoder.decode(message, version)  // kept between requests
package enum RemoteWrite {
  /// What Prometheus accepts after decompression.
  package static let decodedBytesMax = 32 << 20

  /// The protobuf message in a body; its size is checked before memory is taken for it.
  package static func decompressed(
    _ body: [UInt8], bytesMax: Int = decodedBytesMax
  ) throws(WireError) -> [UInt8] {
    guard let size = Snappy.declaredSize(of: body) else { throw .notSnappy }
    guard size <= bytesMax else { throw .tooLarge(declaredBytes: size, limitBytes: bytesMax) }
    guard let message = Snappy.decompress(body, size: size) else { throw .notSnappy }
    return message
  }

  /// What the answer to a request of version 2.0 must tell of what was stored, refusals included:
  /// names and values of headers.
  package static func writtenHeaders(
    samples: Int, histograms: Int, exemplars: Int
  ) -> [(name: String, value: String)] {
    [
      ("X-Prometheus-Remote-Write-Samples-Written", "\(samples)"),
      ("X-Prometheus-Remote-Write-Histograms-Written", "\(histograms)"),
      ("X-Prometheus-Remote-Write-Exemplars-Written", "\(exemplars)"),
    ]
  }
}

/// The two messages of remote write; raw values are their names in content types.
package enum RemoteWriteVersion: String, CaseIterable, Sendable {
  case v1 = "prometheus.WriteRequest"
  case v2 = "io.prometheus.write.v2.Request"

  /// Which message a content type announces; without a `proto` parameter, or without a content type
  /// as early senders have it, version 1.0.
  package init(contentType: String) throws(UnacceptableWrite) {
    let parts = contentType.split(separator: ";").map { part in
      String(part.drop { $0 == " " }.prefix { $0 != " " })
    }
    if contentType.isEmpty {
      self = .v1
      return
    }
    guard parts.first?.lowercased() == "application/x-protobuf" else {
      throw UnacceptableWrite(found: contentType)
    }
    let name = parts.dropFirst().first { $0.hasPrefix("proto=") }?.dropFirst(6)
    guard let name else {
      self = .v1
      return
    }
    guard let version = RemoteWriteVersion(rawValue: String(name)) else {
      throw UnacceptableWrite(found: String(name))
    }
    self = version
  }

  /// What to announce when sending.
  package var contentType: String {
    self == .v1 ? "application/x-protobuf" : "application/x-protobuf;proto=\(rawValue)"
  }

  /// The value of the header `X-Prometheus-Remote-Write-Version` when sending.
  package var headerValue: String { self == .v1 ? "0.1.0" : "2.0.0" }
}

/// A content type that isn't remote write's, in Prometheus' words; to be answered with 415.
package struct UnacceptableWrite: Error, Equatable, CustomStringConvertible {
  package var found: String

  package var description: String {
    "\(found) protobuf message is not accepted by this server; "
      + "accepted \(RemoteWriteVersion.allCases.map(\.rawValue).joined(separator: ", "))"
  }
}
