import Hummingbird
import HummingbirdCore
package import Logging
import MetricModel
import NIOCore

/// `/metrics`, `/healthz` and `/readyz` of a program that serves nothing else.
package struct ProbeService: Sendable {
  private let metrics: @Sendable () -> String
  private let isReady: @Sendable () -> Bool
  private let logger: Logger

  /// - Parameters:
  ///   - metrics: Prometheus' text format.
  ///   - isReady: false makes `/readyz` answer 503.
  package init(
    logger: Logger, metrics: @escaping @Sendable () -> String,
    isReady: @escaping @Sendable () -> Bool
  ) {
    self.logger = logger
    self.metrics = metrics
    self.isReady = isReady
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
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: metrics())))
    }
    router.get("/healthz") { _, _ in "ok" }
    router.get("/readyz") { [isReady] _, _ -> Response in
      let ready = isReady()
      return Response(
        status: ready ? .ok : .serviceUnavailable,
        body: ResponseBody(byteBuffer: ByteBuffer(string: ready ? "ok" : "not ready")))
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
