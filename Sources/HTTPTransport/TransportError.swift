/// Why a request got no whole answer.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The request can't be sent as it is.
    case invalidRequest
    case nameNotFound
    case notConnected
    case untrusted
    case timedOut
    /// The body is larger than the caller wants.
    case bodyTooLarge(limitBytes: Int)
    /// The connection broke, or what came over it isn't HTTP.
    case interrupted
    /// The task that asked was cancelled.
    case cancelled
  }

  package var kind: Kind
  package var method: HTTPRequest.Method
  /// Without user and password.
  package var url: String
  /// What was found.
  package var reason: String

  init(_ kind: Kind, _ request: HTTPRequest, _ reason: String) {
    self.kind = kind
    method = request.method
    url = Self.withoutUser(request.url)
    self.reason = reason
  }

  package var description: String { "\(method.rawValue) \(url): \(reason)" }

  /// Whether nothing can have reached the server.
  package var isBeforeSending: Bool {
    switch kind {
    case .invalidRequest, .nameNotFound, .notConnected, .untrusted: true
    case .timedOut, .bodyTooLarge, .interrupted, .cancelled: false
    }
  }

  private static func withoutUser(_ url: String) -> String {
    guard let slashes = url.firstRange(of: "://") else { return url }
    let rest = url[slashes.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return String(url[..<slashes.upperBound] + rest[rest.index(after: at)...])
  }
}
