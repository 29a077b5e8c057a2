import Admission
import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1, behind TLS where the web configuration asks for it: each connection gets the
/// certificate that the files hold when it begins.
struct AdmittedChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let http: HTTP1Channel
  let admission: Admission?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do throws(AdmissionError) {
      guard let handler = try admission?.tlsHandler() else {
        return http.setup(channel: channel, logger: logger)
      }
      let added = channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(handler)
      }
      return added.flatMap { http.setup(channel: channel, logger: logger) }
    } catch {
      logger.error("a connection is refused: \(error)")
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await http.handle(value: value, logger: logger)
  }
}
