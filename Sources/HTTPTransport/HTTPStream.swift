/// The body of an answer as it arrives. One task reads it; the server is made to wait while nobody
/// does. Letting go of it ends the transfer.
///
///     let stream = try await transport.stream(request)
///     while let bytes = try await stream.next() { ... }
package final class HTTPStream: Sendable {
  package let head: HTTPHead
  private let exchange: Exchange

  init(head: HTTPHead, exchange: Exchange) {
    self.head = head
    self.exchange = exchange
  }

  deinit { exchange.cancel() }

  /// The next piece, never empty; nil at the end.
  ///
  /// - Throws: when the connection breaks, a time is over, or the task is cancelled.
  package func next() async throws(TransportError) -> [UInt8]? { try await exchange.next() }

  /// The rest of the body.
  package func rest(limitBytes: Int) async throws(TransportError) -> [UInt8] {
    var body: [UInt8] = []
    while let piece = try await next() {
      guard piece.count <= limitBytes - body.count else {
        throw TransportError(
          .bodyTooLarge(limitBytes: limitBytes), exchange.request,
          "the body is larger than \(limitBytes) bytes")
      }
      if body.isEmpty { body = piece } else { body += piece }
    }
    return body
  }
}
