/// The status and header of an answer.
package struct HTTPHead: Hashable, Sendable {
  package enum Version: Hashable, Sendable {
    case http1
    case http2
  }

  package var status: Int
  package var headers: HTTPHeaders
  package var version: Version

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), version: Version = .http1) {
    self.status = status
    self.headers = headers
    self.version = version
  }

  package var isSuccess: Bool { (200..<300).contains(status) }
}

/// A whole answer. A status of any kind is an answer, not an error.
package struct HTTPResponse: Hashable, Sendable {
  package var head: HTTPHead
  package var body: [UInt8]

  package init(head: HTTPHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }

  package var status: Int { head.status }
  package var headers: HTTPHeaders { head.headers }
  package var isSuccess: Bool { head.isSuccess }
  /// The body as text, damaged UTF-8 replaced.
  package var text: String { String(decoding: body, as: UTF8.self) }
}
