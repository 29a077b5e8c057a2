import HTTPTypes
import MetricModel
import NIOCore
import NIOHTTPTypes
import Rules

/// Answers requests that are known to be small where they come off the wire, before the tasks that
/// all others go through: a task for its parts, its body and its answer costs as much as a small
/// query does.
final class SmallAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let responder: RouteResponder
  /// Requests handed on whose answers haven't ended: answers go out in the order of requests.
  private var waiting = 0
  /// The answer to the request whose end hasn't come yet.
  private var answer: APIResponse?
  private var date = HTTPDate()

  init(_ responder: RouteResponder) {
    self.responder = responder
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if waiting == 0 { answer = responder.smallAnswer(to: head) }
      if answer != nil { return }
      waiting += 1
    case .body:
      if answer != nil { return }
    case .end:
      if let answer {
        self.answer = nil
        send(answer, context)
        return
      }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { waiting -= 1 }
    context.write(data, promise: promise)
  }

  private func send(_ answer: APIResponse, _ context: ChannelHandlerContext) {
    var headers = answer.fields
    headers[.contentLength] = String(answer.body.count)
    headers[.date] = date.text(at: Posix.now())
    let head = HTTPResponse(status: .init(code: answer.status), headerFields: headers)
    let body = context.channel.allocator.buffer(bytes: answer.body)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

/// The time as HTTP spells it, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7), made anew
/// once a second.
struct HTTPDate {
  private var second = Int64.min
  private var spelled = ""

  mutating func text(at time: Timestamp) -> String {
    let (second, _) = time.milliseconds.flooredDivision(by: 1000)
    if second == self.second { return spelled }
    self.second = second
    spelled = GoTime(second &* 1_000_000_000).formatted("Mon, 02 Jan 2006 15:04:05 GMT")
    return spelled
  }
}
