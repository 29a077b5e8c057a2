import HTTPTransport
import MetricModel
import Scraping

/// Makes the request of a scrape.
struct TargetFetcher: Sendable {
  let transport: HTTPTransport
  let files: TransferFiles
  /// What requests say they come from.
  let agent: String

  /// Where a job sets no limit of its own.
  private static let bodyBytesMax = 256 << 20
  private static let reasons = [
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  ]

  func fetch(_ target: ScrapeTarget, _ job: ScrapeJob) async -> ScrapeAnswer {
    var request = HTTPRequest(.get, target.url)
    request.headers = [
      "Accept": ScrapeProtocol.acceptHeader(job.protocols), "User-Agent": agent,
      "X-Prometheus-Scrape-Timeout-Seconds": NumberText.plain(target.timeout.seconds),
    ]
    request.acceptsCompression = job.acceptsCompression
    request.timeouts.total = .milliseconds(target.timeout.count)
    request.timeouts.connect = .milliseconds(target.timeout.count)
    do {
      try request.apply(job.client, files)
    } catch {
      return .failure("\(error)")
    }
    let limit = job.limits.bodyBytes > 0 ? job.limits.bodyBytes : Self.bodyBytesMax
    do throws(TransportError) {
      let response = try await transport.send(request, bodyLimitBytes: limit)
      guard response.status == 200 else {
        let reason = Self.reasons[response.status].map { " \($0)" } ?? ""
        return .failure("server returned HTTP status \(response.status)\(reason)")
      }
      return .body(response.body, contentType: response.headers["content-type"] ?? "")
    } catch {
      if case .bodyTooLarge = error.kind { return .failure(ScrapeAnswer.bodyTooLarge) }
      return .failure(error.description)
    }
  }
}
