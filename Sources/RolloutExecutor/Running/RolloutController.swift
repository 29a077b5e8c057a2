package import KubernetesClient
internal import Manifest
package import MetricModel
internal import Synchronization

/// Drives the Rollouts, AnalysisRuns and Experiments of a cluster or a namespace.
///
///     let controller = RolloutController(
///       client, options: options, metrics: metrics, source: source)
///     await controller.run()          // until the task is cancelled
package final class RolloutController: Sendable {
  package struct Options: Sendable {
    /// nil for all namespaces.
    package var namespace: String?
    /// Only objects with this value of Argo's instance label; nil for those without.
    package var instance: String?
    /// Objects of each kind worked on at once.
    package var workers = 10
    package var now: @Sendable () -> Timestamp
    /// Told of what goes wrong, in one line.
    package var report: @Sendable (String) -> Void

    package init(
      now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (String) -> Void
    ) {
      self.now = now
      self.report = report
    }
  }

  private let options: Options
  private let metrics: ControllerMetrics
  private let caches: ClusterCaches
  private let events: EventRecorder
  private let queues: Queues
  private let rollouts: RolloutReconciler
  private let analyses: AnalysisReconciler
  private let experiments: ExperimentReconciler

  /// One queue for each kind that is driven.
  private struct Queues: Sendable {
    let rollouts: WorkQueue
    let analyses: WorkQueue
    let experiments: WorkQueue
  }

  /// `client` should hold the election's permission, where there is one.
  package init(
    _ client: ClusterClient, options: Options, metrics: ControllerMetrics,
    source: ClusterMetricSource
  ) {
    self.options = options
    self.metrics = metrics
    let wait: @Sendable (inout Backoff) -> Duration = { client.wait(after: &$0) }
    let queues = Queues(
      rollouts: WorkQueue(wait: wait), analyses: WorkQueue(wait: wait),
      experiments: WorkQueue(wait: wait))
    self.queues = queues
    let report = options.report
    caches = ClusterCaches(
      client, namespace: options.namespace, instance: options.instance,
      onError: { report("\($0)") }, onChange: { Self.route($0, to: queues) })
    events = EventRecorder(client, now: options.now)
    rollouts = RolloutReconciler(
      client, caches, metrics: metrics, events: events, now: options.now)
    experiments = ExperimentReconciler(
      client: client, caches: caches, metrics: metrics, events: events, now: options.now)
    analyses = AnalysisReconciler(
      client, caches, queue: queues.analyses, metrics: metrics, events: events, now: options.now,
      source: source)
  }

  /// Whether the caches are filled, so that decisions rest on something.
  package var isReady: Bool { caches.areFilled }

  /// Sends a change to whoever decides by it.
  private static func route(_ change: Informer.Change, to queues: Queues) {
    let object = change.object
    let key = WorkQueue.Key(namespace: object.namespace, name: object.name)
    switch object["kind"]?.asString {
    case "Rollout": queues.rollouts.add(key)
    case "AnalysisRun": queues.analyses.add(key)
    case "Experiment": queues.experiments.add(key)
    default: break
    }
    guard let owner = object.controllerOwner else { return }
    let ownerKey = WorkQueue.Key(namespace: object.namespace, name: owner.name)
    switch owner.kind {
    case "Rollout": queues.rollouts.add(ownerKey)
    case "Experiment": queues.experiments.add(ownerKey)
    default: break
    }
  }

  /// Works until the task is cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      for informer in caches.all { group.addTask { await informer.run() } }
      group.addTask { await self.events.run() }
      group.addTask { await self.work() }
      await group.waitForAll()
    }
    rollouts.stop()
    analyses.stop()
  }

  private func work() async {
    while !caches.areFilled {
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
    }
    let workers = options.workers
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.queues.rollouts.run(workers: workers) { key in
          await self.pass("rollout", key) { () async throws(ClusterError) in
            try await self.rollouts.reconcile(key)
          }
        }
      }
      group.addTask {
        await self.queues.analyses.run(workers: workers) { key in
          await self.pass("analysis_run", key) { () async throws(ClusterError) in
            try await self.analyses.reconcile(key)
          }
        }
      }
      group.addTask {
        await self.queues.experiments.run(workers: workers) { key in
          await self.pass("experiment", key) { () async throws(ClusterError) in
            try await self.experiments.reconcile(key)
          }
        }
      }
      await group.waitForAll()
    }
  }

  private func pass(
    _ kind: String, _ key: WorkQueue.Key,
    _ body: () async throws(ClusterError) -> Duration?
  ) async -> WorkQueue.Outcome {
    let start = ContinuousClock.now
    let outcome: WorkQueue.Outcome
    do throws(ClusterError) {
      outcome = .done(try await body())
    } catch {
      outcome = .failed
      // Conflicts are how writers take turns, and nobody leads at a term's end: nothing to tell.
      if !error.isConflict, error != .notPermitted, !error.isCancelled {
        options.report("\(kind) \(key): \(error)")
      }
    }
    let took = (ContinuousClock.now - start).components
    let isFailed = if case .failed = outcome { true } else { false }
    metrics.passed(
      kind, key, seconds: Double(took.seconds) + Double(took.attoseconds) / 1e18,
      hasFailed: isFailed)
    return outcome
  }
}
