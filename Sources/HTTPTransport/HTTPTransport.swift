internal import CCurl
internal import Synchronization

/// Sends requests. Connections are pooled by the transport; a process needs one.
///
///     let transport = HTTPTransport()
///     let answer = try await transport.send(HTTPRequest(.get, "http://127.0.0.1:9090/-/ready"))
///     answer.status
///
/// All transfers are driven by one thread of the transport's own, so waiting for answers holds no
/// thread of the cooperative pool. The thread ends with the last reference.
package final class HTTPTransport: Sendable {
  private let driver: TransferDriver?

  package init() {
    guard let driver = TransferDriver() else {
      self.driver = nil
      return
    }
    self.driver = CurlLoop.startThread { driver.run() } ? driver : nil
  }

  deinit { driver?.stop() }

  /// The whole answer, with a body of at most `bodyLimitBytes`.
  ///
  /// - Throws: when there is no whole answer. Any status is an answer.
  package func send(
    _ request: HTTPRequest, bodyLimitBytes: Int = 64 << 20
  ) async throws(TransportError) -> HTTPResponse {
    let stream = try await stream(request)
    let body = try await stream.rest(limitBytes: bodyLimitBytes)
    return HTTPResponse(head: stream.head, body: body)
  }

  /// The answer from its header on. For bodies that don't end set `timeouts.total` to nil.
  package func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    guard let driver else {
      throw TransportError(.invalidRequest, request, "no thread or memory for requests is left")
    }
    let exchange = Exchange(request) { [weak driver] in driver?.post(.lookAt($0)) }
    driver.post(.start(exchange))
    return HTTPStream(head: try await exchange.head(), exchange: exchange)
  }
}

/// What runs on the transport's thread.
final class TransferDriver: Sendable {
  enum Command: Sendable {
    case start(Exchange)
    /// The reader took what there was, or gave up.
    case lookAt(Exchange)
    case stop
  }

  /// Bytes of a body held for a reader that doesn't come.
  private static let bufferMax = 256 * 1024

  private let loop: CurlLoop
  private let commands = Mutex<[Command]>([])

  init?() {
    guard let loop = CurlLoop() else { return nil }
    self.loop = loop
  }

  func post(_ command: Command) {
    commands.withLock { $0.append(command) }
    loop.wake()
  }

  func stop() { post(.stop) }

  func run() {
    var live: [ObjectIdentifier: (exchange: Exchange, transfer: CurlTransfer)] = [:]
    while true {
      let posted = commands.withLock { commands in
        defer { commands.removeAll(keepingCapacity: true) }
        return commands
      }
      for command in posted {
        switch command {
        case .start(let exchange):
          if let transfer = begin(exchange) {
            live[ObjectIdentifier(exchange)] = (exchange, transfer)
          }
        case .lookAt(let exchange):
          guard let transfer = live[ObjectIdentifier(exchange)]?.transfer else { continue }
          handOver(transfer, to: exchange)
          transfer.resume()
        case .stop:
          for (exchange, _) in live.values {
            exchange.finish(
              .failure(TransportError(.cancelled, exchange.request, "the transport was closed")))
          }
          return
        }
      }
      loop.perform()
      for (key, entry) in live {
        handOver(entry.transfer, to: entry.exchange)
        if entry.exchange.hasEnded { live[key] = nil }
      }
      loop.wait(milliseconds: 60_000)
    }
  }

  private func begin(_ exchange: Exchange) -> CurlTransfer? {
    guard !exchange.hasEnded else { return nil }
    let request = exchange.request
    guard let transfer = CurlTransfer(bufferMax: Self.bufferMax) else {
      exchange.finish(
        .failure(TransportError(.invalidRequest, request, "no memory for requests is left")))
      return nil
    }
    if let reason = transfer.prepare(request) {
      exchange.finish(.failure(TransportError(.invalidRequest, request, reason)))
      return nil
    }
    guard loop.add(transfer) else {
      exchange.finish(.failure(TransportError(.invalidRequest, request, "libcurl refused it")))
      return nil
    }
    return transfer
  }

  /// Passes on what has arrived: the header, a piece of the body when the last one was taken, the
  /// end.
  private func handOver(_ transfer: CurlTransfer, to exchange: Exchange) {
    guard !exchange.hasEnded else { return }
    if !exchange.hasHead, transfer.status > 0 {
      exchange.deliver(
        head: HTTPHead(
          status: transfer.status, headers: HTTPHeaders(block: transfer.header),
          version: transfer.version >= 20 ? .http2 : .http1))
    }
    if exchange.isEmpty || transfer.hasEnded {
      let piece = transfer.takeBody()
      if !piece.isEmpty {
        exchange.deliver(piece)
        transfer.resume()
      }
    }
    if transfer.hasEnded { exchange.finish(result(of: transfer, for: exchange.request)) }
  }

  private func result(
    of transfer: CurlTransfer, for request: HTTPRequest
  ) -> Result<Void, TransportError> {
    let kind: TransportError.Kind
    switch transfer.outcome {
    case CURL_OUTCOME_DONE: return .success(())
    case CURL_OUTCOME_BAD_URL: kind = .invalidRequest
    case CURL_OUTCOME_RESOLVE: kind = .nameNotFound
    case CURL_OUTCOME_CONNECT: kind = .notConnected
    case CURL_OUTCOME_TLS: kind = .untrusted
    case CURL_OUTCOME_TIMEOUT: kind = .timedOut
    default: kind = .interrupted
    }
    return .failure(TransportError(kind, request, transfer.reason))
  }
}
