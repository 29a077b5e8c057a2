package import Exposition
package import KubernetesClient
internal import Manifest
package import MetricModel
internal import ObjectWatching
internal import Synchronization

/// Drives the Rollouts, AnalysisRuns and Experiments of a cluster or a namespace.
///
///     let controller = RolloutController(
///       client, options: options, metrics: metrics, source: source)
///     await controller.watch()        // always, so that who takes over knows the cluster
///     await controller.lead()         // while leading
///
/// Both work until their task is cancelled.
package final class RolloutController: Sendable {
  package struct Options: Sendable {
    /// nil for all namespaces.
    package var namespace: String?
    /// Only objects with this value of Argo's instance label; nil for those without.
    package var instance: String?
    /// Objects of each kind worked on at once. More don't hurry a busy API server, and see more
    /// states in between, each of which is written.
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

  /// The names to be looked at, of each kind that is driven.
  private struct Queues: Sendable {
    let rollouts: WorkQueue
    let analyses: WorkQueue
    let experiments: WorkQueue

    subscript(kind: String) -> WorkQueue? {
      switch kind {
      case "Rollout": rollouts
      case "AnalysisRun": analyses
      case "Experiment": experiments
      default: nil
      }
    }

    /// Adds an object that changed, and who decides by it.
    func add(_ object: JSONValue) {
      self[object.text("kind")]?.add(.init(namespace: object.namespace, name: object.name))
      guard let owner = object.controllerOwner else { return }
      self[owner.kind]?.add(.init(namespace: object.namespace, name: owner.name))
    }
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
    caches = ClusterCaches(client, namespace: options.namespace, instance: options.instance)
    events = EventRecorder(client, now: options.now)
    rollouts = RolloutReconciler(
      client, caches, metrics: metrics, events: events, now: options.now)
    experiments = ExperimentReconciler(
      client: client, caches: caches, events: events, now: options.now)
    analyses = AnalysisReconciler(
      client, caches, queue: queues.analyses, events: events, now: options.now, source: source)
  }

  /// Whether the caches are filled, so that decisions rest on something.
  package var isReady: Bool { caches.areFilled }

  /// What it has done and what the objects show, for `/metrics`.
  package var metricsText: MetricsText {
    var text = MetricsText()
    metrics.write(to: &text)
    caches.writeGauges(to: &text)
    return text
  }

  /// Keeps the caches in step with the cluster and writes events.
  package func watch() async {
    await withTaskGroup(of: Void.self) { [options, caches, queues, events] group in
      for informer in caches.all {
        group.addTask {
          await informer.run(onError: { options.report("\($0)") }) { change in
            queues.add(change.object)
            for object in caches.dependents(of: change.object) { queues.add(object) }
          }
        }
      }
      group.addTask { await events.run() }
    }
  }

  /// Decides and writes.
  package func lead() async {
    await withTaskGroup(of: Void.self) { [options] group in
      // What the leader before wrote last may still be on its way here.
      for informer in caches.all {
        group.addTask { await informer.refresh { options.report("\($0)") } }
      }
    }
    for queue in [queues.rollouts, queues.analyses, queues.experiments] { queue.open() }
    for informer in [caches.rollouts, caches.analysisRuns, caches.experiments] {
      for object in informer.cache.all { queues.add(object) }
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.work("rollout", self.caches.rollouts, self.queues.rollouts) {
          key async throws(ClusterError) in try await self.rollouts.reconcile(key)
        }
      }
      group.addTask {
        await self.work("analysis_run", self.caches.analysisRuns, self.queues.analyses) {
          key async throws(ClusterError) in try await self.analyses.reconcile(key)
        }
      }
      group.addTask {
        await self.work("experiment", self.caches.experiments, self.queues.experiments) {
          key async throws(ClusterError) in try await self.experiments.reconcile(key)
        }
      }
    }
    rollouts.stop()
    analyses.stop()
  }

  /// Makes passes over the objects of a kind; `name` is the kind's in metrics.
  private func work(
    _ name: String, _ informer: Informer, _ queue: WorkQueue,
    _ pass: @escaping @Sendable (WorkQueue.Key) async throws(ClusterError) -> Duration?
  ) async {
    await queue.run(workers: options.workers) { [metrics, options] key in
      let start = ContinuousClock.now
      let outcome: WorkQueue.Outcome
      var hasFailed = false
      do throws(ClusterError) {
        outcome = .done(try await pass(key))
      } catch {
        outcome = .failed
        hasFailed = true
        // Conflicts are how writers take turns, and nobody leads at a term's end.
        if !error.isConflict, error != .notPermitted, !error.isCancelled {
          options.report("\(name) \(key): \(error)")
        }
      }
      guard informer.cache.object(key.namespace, key.name) != nil else {
        metrics.forget(name, key)
        return outcome
      }
      let took = (ContinuousClock.now - start).components
      metrics.passed(
        name, key, seconds: Double(took.seconds) + Double(took.attoseconds) / 1e18,
        hasFailed: hasFailed)
      return outcome
    }
  }
}
