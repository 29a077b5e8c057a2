import Exposition

/// What goes back to the client, before HTTP.
struct APIResponse: Sendable {
  var status: Int
  var contentType: String?
  var headers: [String: String] = [:]
  var body: [UInt8]
  /// What is sent instead of a body, part by part as the client takes it.
  var parts: (any BodyParts)?

  static func json(_ body: [UInt8], status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "application/json", body: body)
  }

  static func json(_ parts: any BodyParts) -> APIResponse {
    APIResponse(status: 200, contentType: "application/json", body: [], parts: parts)
  }

  static func text(_ text: String, status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  static func empty(status: Int) -> APIResponse {
    APIResponse(status: status, contentType: nil, body: [])
  }

  /// The same with a compressed body, where that is worth it.
  func encoded(_ encoding: ContentEncoding?) -> APIResponse {
    guard let encoding else { return self }
    guard headers["Content-Encoding"] == nil else { return self }
    var response = self
    if let parts {
      guard let compressed = CompressedParts(parts, encoding) else { return self }
      response.parts = compressed
    } else {
      guard body.count >= ContentEncoding.bytesMin, let compressed = encoding.compressed(body)
      else { return self }
      response.body = compressed
    }
    response.headers["Content-Encoding"] = encoding.rawValue
    response.headers["Vary"] = "Accept-Encoding"
    return response
  }

  /// The error in Prometheus' envelope.
  static func failure(_ error: APIError) -> APIResponse {
    json(
      QueryResultJSON.failure(type: error.kind.rawValue, message: error.message),
      status: error.status)
  }
}
