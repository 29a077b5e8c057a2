import Hummingbird
import NIOCore
import Synchronization

/// What a request has to know of the connection it came over: whether anybody still waits.
final class Connection: Sendable {
  /// Who is at the other end, as far as the network knows.
  let client: String
  private let closed = Atomic(false)
  private let end = Mutex<ContinuousClock.Instant?>(nil)

  fileprivate init(client: String) {
    self.client = client
  }

  /// Whether the client has gone, or has said that it will send no more.
  var isClosed: Bool { closed.load(ordering: .relaxed) }

  /// When it was noticed; nil while it is open.
  var closedAt: ContinuousClock.Instant? { isClosed ? end.withLock { $0 } : nil }

  fileprivate func close() {
    end.withLock { $0 = $0 ?? .now }
    closed.store(true, ordering: .relaxed)
  }
}

/// The connections that are open, by their channels.
final class Connections: Sendable {
  private let open = Mutex<[ObjectIdentifier: Connection]>([:])

  subscript(channel: any Channel) -> Connection? {
    open.withLock { $0[ObjectIdentifier(channel)] }
  }

  /// Watches a channel from its start; to be put into its pipeline.
  func watch() -> any RemovableChannelHandler { Watch(connections: self) }

  private func add(_ connection: Connection, of channel: any Channel) {
    let key = ObjectIdentifier(channel)
    open.withLock { $0[key] = connection }
  }

  private func remove(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    let gone = open.withLock { $0.removeValue(forKey: key) }
    gone?.close()
  }

  /// Sees the end of a connection when it comes, even while a request is being answered.
  private final class Watch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any
    typealias InboundOut = Any

    private let connections: Connections

    init(connections: Connections) {
      self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
      connections.add(
        Connection(client: context.remoteAddress?.ipAddress ?? ""), of: context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .inputClosed? = event as? ChannelEvent {
        connections[context.channel]?.close()
      }
      context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
      connections.remove(context.channel)
      context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      connections.remove(context.channel)
    }
  }
}

/// The context of a request: Hummingbird's, and the channel.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}
