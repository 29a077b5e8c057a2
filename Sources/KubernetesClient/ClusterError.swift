package import HTTPTransport
internal import Manifest

/// Why the API server didn't do what was asked.
package enum ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An answer other than success, with the API's `Status`.
  case refused(method: HTTPRequest.Method, path: String, status: APIStatus)
  case transport(TransportError)
  /// An answer that is no JSON object.
  case unreadable(path: String, reason: String)
  /// The kubeconfig, a token or an exec plugin can't be used.
  case configuration(String)
  /// Writing isn't permitted now: another one leads.
  case notPermitted

  package var description: String {
    switch self {
    case .refused(let method, let path, let status):
      "\(method.rawValue) \(path): \(status)"
    case .transport(let error): "\(error)"
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .configuration(let reason): reason
    case .notPermitted: "not the leader any more: nothing was written"
    }
  }

  private var code: Int? {
    if case .refused(_, _, let status) = self { status.code } else { nil }
  }

  private var reason: String? {
    if case .refused(_, _, let status) = self { status.reason } else { nil }
  }

  package var isNotFound: Bool { code == 404 }
  package var isForbidden: Bool { code == 403 }
  package var isConflict: Bool { code == 409 && reason != "AlreadyExists" }
  package var alreadyExists: Bool { reason == "AlreadyExists" }
  /// What was asked about is too old to be told; read everything anew.
  package var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }
  package var isTooMany: Bool { code == 429 }
  /// A write may have been stored although no answer says so: whoever decides next reads it first.
  package var isOutcomeUnknown: Bool {
    switch self {
    case .refused(_, _, let status): status.code >= 500
    case .transport(let error): !error.isBeforeSending && error.kind != .cancelled
    case .unreadable: true
    case .configuration, .notPermitted: false
    }
  }
  package var isCancelled: Bool {
    if case .transport(let error) = self { error.kind == .cancelled } else { false }
  }
}

/// The API's `Status` object.
package struct APIStatus: Hashable, Sendable, CustomStringConvertible {
  package var code: Int
  package var reason: String
  package var message: String
  /// `details.retryAfterSeconds`, or what the header `Retry-After` says.
  package var retryAfterSeconds: Int64?

  package init(code: Int, reason: String, message: String, retryAfterSeconds: Int64? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }

  /// Reads an answer; what is no `Status` object is quoted.
  init(code: Int, body: [UInt8], retryAfter: String?) {
    let text = String(decoding: body.prefix(200), as: UTF8.self)
    self.init(code: code, object: (try? JSONValue(parsing: body)) ?? .null, otherwise: text)
    if retryAfterSeconds == nil { retryAfterSeconds = retryAfter.flatMap { Int64($0) } }
    message = message.split(separator: "\n").joined(separator: " ")
  }

  init(code: Int, object: JSONValue, otherwise: String) {
    self.init(
      code: object["code"]?.asInteger.map { Int(clamping: $0) } ?? code,
      reason: object["reason"]?.asString ?? "", message: object["message"]?.asString ?? otherwise,
      retryAfterSeconds: object[path: "details", "retryAfterSeconds"]?.asInteger)
  }

  package var description: String {
    "\(code)" + (reason.isEmpty ? "" : " \(reason)") + (message.isEmpty ? "" : ": \(message)")
  }
}
