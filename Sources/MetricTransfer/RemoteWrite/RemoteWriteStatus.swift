package import MetricModel

/// How handing samples on to one receiver goes, since the start.
package struct RemoteWriteStatus: Sendable {
  package var name: String
  package var url: String
  /// Rows that arrived.
  package var samples = 0
  package var histograms = 0
  package var exemplars = 0
  /// Rows that a receiver refused for good.
  package var failed = 0
  /// Rows in requests that were tried again.
  package var retried = 0
  /// Rows that weren't to be sent.
  package var dropped = 0
  package var metadata = 0
  /// Of bodies that arrived.
  package var bytes = 0
  package var shards = 0
  /// The newest sample that arrived.
  package var highestSent: Timestamp?
  /// What the last failed try said; nil when the last one succeeded.
  package var lastError: String?
  /// Logs that were gone before they were sent.
  package var lostLogs = 0

  init(name: String, url: String) {
    self.name = name
    self.url = url
  }
}

/// What became of a request.
enum RemoteWriteAnswer: Equatable {
  case stored
  /// Not to be repeated: it can't succeed, or did in part.
  case refused(String)
  /// To be repeated, after a while that the receiver may have named.
  case unavailable(String, retryAfter: Milliseconds?)

  /// By the rules of remote write: 5xx is worth another try, and 429 where so configured.
  init(status: Int, text: String, retryAfter: String?, retriesTooManyRequests: Bool) {
    let message = "status \(status): \(text.prefix(500).split(separator: "\n").first ?? "")"
    switch status {
    case 200..<300: self = .stored
    case 429 where retriesTooManyRequests, 500..<600:
      // A date is as good as no wish: the backoff decides.
      let seconds = retryAfter.flatMap { Int64($0) }.flatMap { (0...3600).contains($0) ? $0 : nil }
      self = .unavailable(message, retryAfter: seconds.map { Milliseconds.seconds($0) })
    default: self = .refused(message)
    }
  }
}

/// How long to wait before the next try: doubled from one to the next, within bounds.
struct RemoteWriteBackoff {
  private let longest: Milliseconds
  private var next: Milliseconds

  init(from shortest: Milliseconds, to longest: Milliseconds) {
    next = min(shortest, longest)
    self.longest = longest
  }

  mutating func wait(_ asked: Milliseconds?) -> Milliseconds {
    defer { next = Milliseconds(min(longest.count, next.count * 2)) }
    return asked.map { max($0, next) } ?? next
  }
}
