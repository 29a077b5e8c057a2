/// A wire format that a scraper may ask for; the spellings are those of `scrape_protocols`.
package enum ScrapeProtocol: String, Equatable, Sendable, CaseIterable {
  case prometheusProto = "PrometheusProto"
  case prometheusText004 = "PrometheusText0.0.4"
  case prometheusText100 = "PrometheusText1.0.0"
  case openMetricsText001 = "OpenMetricsText0.0.1"
  case openMetricsText100 = "OpenMetricsText1.0.0"

  /// What is offered where the configuration doesn't say; protobuf comes first where native
  /// histograms are wanted, as only it carries them, or start times, which it says best.
  static func defaults(prefersProtobuf: Bool) -> [ScrapeProtocol] {
    let texts: [ScrapeProtocol] = [
      .openMetricsText100, .openMetricsText001, .prometheusText100, .prometheusText004,
    ]
    return prefersProtobuf ? [.prometheusProto] + texts : texts
  }

  /// Without parameters, as in the header `Content-Type`.
  var mediaType: String {
    switch self {
    case .prometheusProto: "application/vnd.google.protobuf"
    case .prometheusText004, .prometheusText100: "text/plain"
    case .openMetricsText001, .openMetricsText100: "application/openmetrics-text"
    }
  }

  private var parameters: String {
    switch self {
    case .prometheusProto: "proto=io.prometheus.client.MetricFamily;encoding=delimited"
    case .prometheusText004: "version=0.0.4"
    case .openMetricsText001: "version=0.0.1"
    case .prometheusText100, .openMetricsText100: "version=1.0.0;escaping=allow-utf-8"
    }
  }

  /// The header `Accept` that prefers the protocols in their order, letter by letter Prometheus'.
  package static func acceptHeader(_ protocols: [ScrapeProtocol]) -> String {
    var weight = allCases.count + 1
    var offers: [String] = []
    for one in protocols {
      offers.append("\(one.mediaType);\(one.parameters);q=0.\(weight)")
      weight -= 1
    }
    return (offers + ["*/*;q=0.\(weight)"]).joined(separator: ",")
  }

  /// The media type by which a body is read.
  ///
  /// - Throws: why it can't be, in Prometheus' words.
  static func mediaType(
    of contentType: String, fallback: ScrapeProtocol?
  ) throws(ScrapeFailure) -> String {
    let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
    if allCases.contains(where: { $0.mediaType == type }) { return type }
    if let fallback { return fallback.mediaType }
    let found =
      contentType.isEmpty
      ? "non-compliant scrape target sending blank Content-Type"
      : "received unsupported Content-Type \"\(contentType)\""
    throw ScrapeFailure(message: "\(found) and no fallback_scrape_protocol specified for target")
  }
}
