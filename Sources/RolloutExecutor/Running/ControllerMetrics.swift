internal import Exposition
internal import HTTPTransport
package import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Synchronization

/// What the controller counts, under the names Argo's controller uses. What can be seen in the
/// objects isn't counted: `ClusterCaches` reads it off when it is asked for.
package final class ControllerMetrics: Sendable {
  private struct Histogram {
    var counts = [Int](repeating: 0, count: ControllerMetrics.bounds.count)
    var sum = 0.0
    var total = 0

    mutating func add(_ seconds: Double) {
      sum += seconds
      total += 1
      for (index, bound) in ControllerMetrics.bounds.enumerated() where seconds <= bound {
        counts[index] += 1
      }
    }
  }

  private struct State {
    /// By the metric's name, then by rendered labels.
    var counters: [String: [String: Double]] = [:]
    var passes: [String: [String: Histogram]] = [:]
  }

  /// Seconds, as in Argo's controller.
  private static let bounds = [0.01, 0.15, 0.25, 0.5, 1]

  private static let requests = "controller_clientset_k8s_request_total"
  private static let events = "rollout_events_total"

  private let state = Mutex(State())

  package init() {}

  /// An answer of the API server.
  package func count(_ record: RequestRecord) {
    add(
      Self.requests,
      [
        ("kind", record.kind.plural), ("status_code", String(record.status)),
        ("verb", record.method.rawValue),
      ])
  }

  func count(_ event: RolloutEvent, of rollout: JSONValue) {
    let type = event.reason == "RolloutAborted" ? "Warning" : "Normal"
    add(Self.events, rollout.metricLabels + [("type", type), ("reason", event.reason)])
  }

  /// A pass over an object. `kind` is `rollout`, `analysis_run` or `experiment`.
  func passed(_ kind: String, _ key: WorkQueue.Key, seconds: Double, hasFailed: Bool) {
    let labels = MetricsText.rendered(key.metricLabels)
    state.withLock {
      $0.passes["\(kind)_reconcile", default: [:]][labels, default: Histogram()].add(seconds)
    }
    if hasFailed { add("\(kind)_reconcile_error", key.metricLabels) }
  }

  /// An object of a kind is gone.
  func forget(_ kind: String, _ key: WorkQueue.Key) {
    let labels = MetricsText.rendered(key.metricLabels)
    state.withLock { state in
      state.passes["\(kind)_reconcile"]?[labels] = nil
      for name in state.counters.keys where name.hasPrefix("\(kind)_") {
        state.counters[name] = state.counters[name]?.filter { !$0.key.hasPrefix(labels) }
      }
    }
  }

  private func add(_ name: String, _ labels: MetricsText.Labels) {
    let labels = MetricsText.rendered(labels)
    state.withLock { $0.counters[name, default: [:]][labels, default: 0] += 1 }
  }

  func write(to text: inout MetricsText) {
    let (counters, passes) = state.withLock { ($0.counters, $0.passes) }
    for (name, values) in counters.sorted(by: { $0.key < $1.key }) {
      let help =
        switch name {
        case Self.requests: "Requests to the API server."
        case Self.events: "Events of Rollouts."
        default: "Passes that failed."
        }
      text.family(name, "counter", help)
      for (labels, value) in values.sorted(by: { $0.key < $1.key }) {
        text.sample(name, value, rendered: labels)
      }
    }
    for (name, series) in passes.sorted(by: { $0.key < $1.key }) {
      text.family(name, "histogram", "Seconds a pass takes.")
      for (labels, histogram) in series.sorted(by: { $0.key < $1.key }) {
        let bounds = Self.bounds.map { NumberText.general($0) } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.counts + [histogram.total]) {
          text.sample(
            "\(name)_bucket", Double(count), rendered: "\(labels),le=\"\(bound)\"")
        }
        text.sample("\(name)_sum", histogram.sum, rendered: labels)
        text.sample("\(name)_count", Double(histogram.total), rendered: labels)
      }
    }
  }
}
