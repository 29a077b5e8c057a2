import Admission
import AnalysisExecutor
import HTTPTransport
import Hummingbird
import HummingbirdCore
package import Logging
import MetricModel
import NIOCore
import ServiceLifecycle
package import TimeSeriesStore
import UnixSignals

/// The HTTP server: Prometheus' API over a store.
///
///     let service = Service(store: store, options: options, logger: logger)
///     try await service.run(at: ListenAddress(parsing: "127.0.0.1:9090"))
///     store.close()
package struct Service: Sendable {
  private let responder: AdmissionResponder
  private let connections: Connections
  private let queries: WorkerPool
  private let ingestion: WorkerPool
  private let runner: RuleRunner
  /// The main one, and the tenants'.
  private let stores: [Store]
  private let options: ServiceOptions
  private let logger: Logger

  /// Starts the threads for queries and ingestion, which end when `run` does; the stores stay the
  /// caller's to close.
  ///
  /// - Parameters:
  ///   - analyses: nil to serve none.
  ///   - access: nil to let everybody in, over plain HTTP.
  package init(
    store: Store, options: ServiceOptions, logger: Logger, analyses: AnalysisEndpoints? = nil,
    access: ServiceAccess? = nil
  ) {
    FreedMemory.share()
    let connections = Connections()
    let queries = WorkerPool(threads: options.queryThreads)
    let ingestion = WorkerPool(
      threads: options.ingestThreads, niceness: ServiceOptions.ingestNiceness)
    let counters = ServiceCounters()
    let runner = RuleRunner(
      options.rules, store: store, series: { options.series(beside: store) }, now: options.now,
      pool: queries,
      notifier: AlertNotifier(options: options.rules, transport: HTTPTransport(), logger: logger),
      logger: logger)
    let owner = RouteResponder(
      routes: Routes(store: store, options: options, counters: counters, runner: runner),
      connections: connections, counters: counters, queries: queries, ingestion: ingestion,
      analyses: analyses, costs: options.elsewhere == nil ? RequestCosts() : nil)
    var tenants: [String: RouteResponder] = [:]
    for premises in access?.premises ?? [] {
      tenants[premises.tenant.name] = Self.responder(
        premises, options, logger, beside: owner)
    }
    responder = AdmissionResponder(
      admission: access?.admission, owner: owner, tenants: tenants,
      passwords: WorkerPool(threads: 1), logger: logger)
    stores = [store] + (access?.premises ?? []).map(\.store)
    self.runner = runner
    self.connections = connections
    self.queries = queries
    self.ingestion = ingestion
    self.options = options
    self.logger = logger
  }

  /// The same routes over a tenant's own store, on the threads of all. Rules are the owner's.
  private static func responder(
    _ premises: ServiceAccess.Premises, _ options: ServiceOptions, _ logger: Logger,
    beside owner: RouteResponder
  ) -> RouteResponder {
    var options = options
    options.dataDirectory = premises.dataDirectory
    options.rules = RuleOptions()
    options.configuration = nil
    options.elsewhere = nil
    options.isLifecycleEnabled = false
    options.flags = [:]
    let counters = ServiceCounters()
    let runner = RuleRunner(
      options.rules, store: premises.store, now: options.now, pool: owner.queries,
      notifier: AlertNotifier(options: options.rules, transport: HTTPTransport(), logger: logger),
      logger: logger)
    return RouteResponder(
      routes: Routes(store: premises.store, options: options, counters: counters, runner: runner),
      connections: owner.connections, counters: counters, queries: owner.queries,
      ingestion: owner.ingestion, analyses: premises.analyses,
      gate: RequestGate(premises.tenant.limits, counters: counters, now: options.now),
      costs: RequestCosts())
  }

  /// Serves until SIGTERM or SIGINT, or until the task is cancelled.
  ///
  /// After a signal no connection is taken any more, event streams end, and requests being answered
  /// have `ServiceOptions.shutdownTimeout` to be finished.
  ///
  /// - Parameter onListening: called once with the port, as soon as requests are taken.
  package func run(
    at address: ListenAddress, onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws(ServiceError) {
    let application = Application(
      responder: responder, server: server(),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          options.connectionsMax, logger: logger)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? address.port) },
      logger: logger)
    var group = ServiceGroupConfiguration(
      services: [application, EventStreamEnd(analyses: analyses)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .milliseconds(options.shutdownTimeout.count)
    defer { close() }
    do {
      try await withThrowingTaskGroup { [group] tasks in
        tasks.addTask { await maintainStores() }
        tasks.addTask { await evaluateRules() }
        tasks.addTask { await repeatVerdicts() }
        tasks.addTask { try await ServiceGroup(configuration: group).run() }
        // Maintenance ends by cancellation only, so the first to end is the server.
        try await tasks.next()
        tasks.cancelAll()
      }
    } catch is CancellationError {
      return
    } catch let error as IOError {
      throw .cannotListen(address, reason: error.description)
    } catch {
      throw .cannotListen(address, reason: "\(error)")
    }
  }

  private func server() -> HTTPServerBuilder {
    let admission = responder.admission
    let small = admission == nil ? responder.owner : nil
    let configuration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [connections.watch()],
      idleTimeout: .milliseconds(options.idleTimeout.count))
    return HTTPServerBuilder { responder in
      AdmittedChannel(
        http: HTTP1Channel(responder: responder, configuration: configuration),
        admission: admission, small: small)
    }
  }

  private var analyses: [AnalysisEndpoints] {
    ([responder.owner] + responder.tenants.values).compactMap(\.analyses)
  }

  /// Lets the threads end.
  private func close() {
    queries.close()
    ingestion.close()
    responder.passwords.close()
  }

  /// Ends by cancellation only, also when there are no rules. SIGHUP rereads rules and
  /// configuration.
  private func evaluateRules() async {
    let hangups = HangupSignal {
      do {
        try Reloading(configuration: options.configuration, runner: runner)()
      } catch {
        logger.error("the configuration could not be read anew, the one before stays: \(error)")
      }
    }
    await runner.run()
    hangups.cancel()
  }

  /// Series end for PromQL five minutes after their last sample, and runs may measure less often.
  /// At once for those that were taken up where they were.
  private func repeatVerdicts() async {
    repeat {
      let time = options.now().advanced(by: .minutes(-2))
      for endpoints in analyses { await endpoints.runner.tellAgain(untoldSince: time) }
    } while (try? await Task.sleep(for: .seconds(60))) != nil
  }

  /// Seals and merges what is due, again and again.
  private func maintainStores() async {
    let interval = Duration.milliseconds(options.maintenanceInterval.count)
    while (try? await Task.sleep(for: interval)) != nil {
      for store in stores { await maintain(store) }
    }
  }

  private func maintain(_ store: Store) async {
    let now = options.now()
    let failure = await ingestion.run { () -> StoreError? in
      do throws(StoreError) {
        try store.maintain(now: now, freed: FreedMemory.giveBack)
        return nil
      } catch {
        return error
      }
    }
    if let failure { logger.error("maintenance of the store failed: \(failure)") }
  }
}

/// Ends event streams when the server is asked to end: they would go on for as long as their runs.
private struct EventStreamEnd: ServiceLifecycle.Service {
  let analyses: [AnalysisEndpoints]

  func run() async throws {
    try? await gracefulShutdown()
    for endpoints in analyses { await endpoints.runner.endUpdates() }
  }
}
