import Exposition

/// What goes back to the client, before HTTP.
struct APIResponse: Sendable, Equatable {
  var status: Int
  var contentType: String?
  var headers: [String: String] = [:]
  var body: [UInt8]
  /// What is sent instead of a body, part by part as the client takes it.
  var parts: AnswerParts?

  static func json(_ body: [UInt8], status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "application/json", body: body)
  }

  static func json(_ parts: AnswerParts) -> APIResponse {
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
    if parts != nil { return whole.encoded(encoding) }
    guard body.count >= ContentEncoding.bytesMin, headers["Content-Encoding"] == nil,
      let compressed = encoding.compressed(body)
    else { return self }
    var response = self
    response.body = compressed
    response.headers["Content-Encoding"] = encoding.rawValue
    response.headers["Vary"] = "Accept-Encoding"
    return response
  }

  /// The same with all parts in the body.
  var whole: APIResponse {
    guard var rest = parts else { return self }
    var response = self
    response.parts = nil
    while let part = rest.next() { response.body += part }
    return response
  }

  /// The error in Prometheus' envelope.
  static func failure(_ error: APIError) -> APIResponse {
    json(
      QueryResultJSON.failure(type: error.kind.rawValue, message: error.message),
      status: error.status)
  }
}
