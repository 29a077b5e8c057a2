import HTTPTransport
import Hummingbird
import HummingbirdCore
package import Logging
import MetricModel
import NIOCore
package import TimeSeriesStore

/// The HTTP server: Prometheus' API over a store.
///
///     let service = Service(store: store, options: options, logger: logger)
///     try await service.run(at: ListenAddress(parsing: "127.0.0.1:9090"))
///     store.close()
package struct Service: Sendable {
  private let responder: RouteResponder
  private let runner: RuleRunner
  private let store: Store
  private let options: ServiceOptions
  private let logger: Logger

  /// Starts the threads for queries and ingestion, which end when `run` does; the store stays the
  /// caller's to close.
  ///
  /// - Parameter analyses: nil to serve none.
  package init(
    store: Store, options: ServiceOptions, logger: Logger, analyses: AnalysisEndpoints? = nil
  ) {
    let counters = ServiceCounters()
    let queries = WorkerPool(threads: options.queryThreads)
    runner = RuleRunner(
      options.rules, store: store, now: options.now, pool: queries,
      notifier: AlertNotifier(options: options.rules, transport: HTTPTransport(), logger: logger),
      logger: logger)
    responder = RouteResponder(
      routes: Routes(store: store, options: options, counters: counters, runner: runner),
      connections: Connections(), counters: counters, queries: queries,
      ingestion: WorkerPool(threads: options.ingestThreads), analyses: analyses)
    self.store = store
    self.options = options
    self.logger = logger
  }

  /// Serves until SIGTERM or SIGINT, or until the task is cancelled; requests being answered then
  /// are finished first.
  ///
  /// - Parameter onListening: called once with the port, as soon as requests are taken.
  package func run(
    at address: ListenAddress, onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws(ServiceError) {
    let connections = responder.connections
    let server = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [connections.watch()],
        idleTimeout: .milliseconds(options.idleTimeout.count)))
    // One thread for all connections: what keeps a core busy or waits runs on the pools.
    let loop = EventLoopGroupProvider.singleton.eventLoopGroup.any()
    let application = Application(
      responder: responder, server: server,
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          options.connectionsMax, logger: logger)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? address.port) },
      eventLoopGroupProvider: .shared(loop),
      logger: logger)
    defer { responder.close() }
    do {
      try await withThrowingTaskGroup { group in
        group.addTask { await maintainStore() }
        group.addTask { await evaluateRules() }
        group.addTask(executorPreference: EventLoopExecutor(loop)) {
          try await application.runService()
        }
        // Maintenance ends by cancellation only, so the first to end is the server.
        try await group.next()
        group.cancelAll()
      }
    } catch is CancellationError {
      return
    } catch let error as IOError {
      throw .cannotListen(address, reason: error.description)
    } catch {
      throw .cannotListen(address, reason: "\(error)")
    }
  }

  /// Ends by cancellation only, also when there are no rules.
  private func evaluateRules() async {
    await runner.run()
    while (try? await Task.sleep(for: .seconds(3600))) != nil {}
  }

  /// Seals and merges what is due, again and again.
  private func maintainStore() async {
    let interval = Duration.milliseconds(options.maintenanceInterval.count)
    while (try? await Task.sleep(for: interval)) != nil {
      let now = options.now()
      let failure = await responder.ingestion.run { () -> StoreError? in
        do throws(StoreError) {
          _ = try store.maintain(now: now)
          return nil
        } catch {
          return error
        }
      }
      if let failure { logger.error("maintenance of the store failed: \(failure)") }
    }
  }
}
