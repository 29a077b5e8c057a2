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
        try channel.pipeline.syncOperations.addHandlers(handler, FaultyConnectionEnd())
      }
      return added.flatMap { http.setup(channel: channel, logger: logger) }
    } catch {
      logger.error("a connection is refused: \(error)")
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
      await http.handle(value: value, logger: logger)
    }
  }
}

/// Ends a connection whose TLS fails: a client that doesn't speak it would wait for ever.
private final class FaultyConnectionEnd: ChannelInboundHandler {
  typealias InboundIn = Any

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.fireErrorCaught(error)
    context.close(promise: nil)
  }
}
