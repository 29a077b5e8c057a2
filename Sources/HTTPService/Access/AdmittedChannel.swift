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
  /// Who answers what is small before anything else; nil where it matters who asks.
  let small: RouteResponder?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do throws(AdmissionError) {
      guard let handler = try admission?.tlsHandler() else {
        return plain(channel, logger)
      }
      let added = channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandlers(handler, FaultyConnectionEnd())
      }
      return added.flatMap { plain(channel, logger) }
    } catch {
      logger.error("a connection is refused: \(error)")
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  private func plain(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
    let ready = http.setup(channel: channel, logger: logger)
    guard let small else { return ready }
    return ready.flatMapThrowing { value in
      // Behind what closes idle connections, which has to see all requests.
      let pipeline = channel.pipeline.syncOperations
      let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
      try pipeline.addHandler(SmallAnswers(small), position: .after(state))
      return value
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
