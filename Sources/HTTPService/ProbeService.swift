package import Exposition
import Hummingbird
import HummingbirdCore
package import Logging
import MetricModel
import NIOCore

/// `/metrics`, `/healthz` and `/readyz` of a program that serves nothing else.
package struct ProbeService: Sendable {
  private let metrics: @Sendable () -> MetricsText
  private let readiness: @Sendable () -> (isReady: Bool, note: String)
  private let logger: Logger

  /// - Parameters:
  ///   - metrics: what `/metrics` answers.
  ///   - readiness: unless ready `/readyz` answers 503; the note is its body.
  package init(
    logger: Logger, metrics: @escaping @Sendable () -> MetricsText,
    readiness: @escaping @Sendable () -> (isReady: Bool, note: String)
  ) {
    self.logger = logger
    self.metrics = metrics
    self.readiness = readiness
  }

  /// Serves until SIGTERM or SIGINT, or until the task is cancelled.
  ///
  /// - Parameter onListening: called once with the port.
  package func run(
    at address: ListenAddress, onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws(ServiceError) {
    let router = Router()
    router.get("/metrics") { [metrics] _, _ in
      Response(
        status: .ok, headers: [.contentType: MetricsText.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: metrics().bytes)))
    }
    router.get("/healthz") { _, _ in "ok" }
    router.get("/readyz") { [readiness] _, _ -> Response in
      let (isReady, note) = readiness()
      return Response(
        status: isReady ? .ok : .serviceUnavailable,
        body: ResponseBody(byteBuffer: ByteBuffer(string: note)))
    }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? address.port) },
      logger: logger)
    do {
      try await application.runService()
    } catch is CancellationError {
      return
    } catch {
      throw .cannotListen(address, reason: "\(error)")
    }
  }
}
