import Exposition

/// What goes back to the client, before HTTP.
struct APIResponse: Sendable, Equatable {
  var status: Int
  var contentType: String?
  var headers: [String: String] = [:]
  var body: [UInt8]

  static func json(_ body: [UInt8], status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "application/json", body: body)
  }

  static func text(_ text: String, status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  static func empty(status: Int) -> APIResponse {
    APIResponse(status: status, contentType: nil, body: [])
  }

  /// The error in Prometheus' envelope.
  static func failure(_ error: APIError) -> APIResponse {
    json(
      QueryResultJSON.failure(type: error.kind.rawValue, message: error.message),
      status: error.status)
  }
}
