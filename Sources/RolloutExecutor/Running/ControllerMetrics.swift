internal import Analysis
internal import HTTPTransport
package import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts
internal import Synchronization

/// What the controller counts, under the names Argo's controller uses, in Prometheus' text format.
package final class ControllerMetrics: Sendable {
  private typealias Labels = [(String, String)]

  private struct Family {
    var help: String
    var kind: String
    /// By rendered labels.
    var values: [String: Double] = [:]
  }

  private struct Histogram {
    var counts = [Int](repeating: 0, count: ControllerMetrics.bounds.count)
    var sum = 0.0
    var total = 0
  }

  private struct State {
    var families: [String: Family] = [:]
    var histograms: [String: [String: Histogram]] = [:]
  }

  /// Seconds, as in Argo's controller.
  private static let bounds = [0.01, 0.15, 0.25, 0.5, 1]

  private let state = Mutex(State())

  package init() {}

  // What is counted.

  /// An answer of the API server.
  package func count(_ record: RequestRecord) {
    add(
      "controller_clientset_k8s_request_total", "Requests to the API server.",
      [
        ("kind", record.kind.plural), ("status_code", String(record.status)),
        ("verb", record.method.rawValue),
      ])
  }

  func count(_ event: RolloutEvent, of rollout: JSONValue) {
    add(
      "rollout_events_total", "Events of Rollouts.",
      name(rollout) + [
        ("type", event.reason == "RolloutAborted" ? "Warning" : "Normal"),
        ("reason", event.reason),
      ])
  }

  /// A pass over an object. `kind` is `rollout`, `analysis_run` or `experiment`.
  func passed(_ kind: String, _ key: WorkQueue.Key, seconds: Double, hasFailed: Bool) {
    let labels: Labels = [("namespace", key.namespace), ("name", key.name)]
    state.withLock { state in
      var histogram = state.histograms["\(kind)_reconcile"]?[Self.text(labels)] ?? Histogram()
      histogram.sum += seconds
      histogram.total += 1
      for (index, bound) in Self.bounds.enumerated() where seconds <= bound {
        histogram.counts[index] += 1
      }
      state.histograms["\(kind)_reconcile", default: [:]][Self.text(labels)] = histogram
    }
    if hasFailed { add("\(kind)_reconcile_error", "Passes that failed.", labels) }
  }

  // What is shown as it is.

  func show(_ rollout: JSONValue, _ plan: RolloutPlan, _ state: RolloutState) {
    let labels = name(rollout)
    let (strategy, router): (String, String) =
      switch plan.strategy {
      case .blueGreen: ("blueGreen", "")
      case .canary(let canary):
        ("canary", canary.routing?.routers.map(\.name).joined(separator: ",") ?? "")
      }
    only(
      "rollout_info", "Rollouts.", by: labels,
      labels + [
        ("strategy", strategy), ("traffic_router", router), ("phase", state.phase.rawValue),
      ])
    let counts = [
      ("available", state.replicas.available), ("desired", plan.replicas),
      ("unavailable", max(0, state.replicas.pods - state.replicas.available)),
      ("updated", state.replicas.updated),
    ]
    for (what, count) in counts {
      set("rollout_info_replicas_\(what)", "Replicas of Rollouts.", labels, Double(count))
    }
    for phase in RolloutPhase.allCases {
      set(
        "rollout_phase", "Phases of Rollouts, use rollout_info instead.",
        labels + [("phase", phase.rawValue)], state.phase == phase ? 1 : 0)
    }
  }

  func finished(run object: JSONValue, _ run: AnalysisRun) {
    let labels = name(object)
    only(
      "analysis_run_info", "AnalysisRuns.", by: labels, labels + [("phase", run.phase.rawValue)])
    for metric in run.results {
      only(
        "analysis_run_metric_phase", "Phases of metrics.", by: labels + [("metric", metric.name)],
        labels + [
          ("metric", metric.name), ("dry_run", metric.isDryRun ? "true" : "false"),
          ("phase", metric.phase.rawValue),
        ])
    }
  }

  func show(experiment: JSONValue, _ state: ExperimentState) {
    let labels = name(experiment)
    only(
      "experiment_info", "Experiments.", by: labels,
      labels + [("phase", state.phase?.rawValue ?? "")])
  }

  /// A gauge of ours, without labels.
  package func set(_ name: String, _ help: String, _ value: Double) { set(name, help, [], value) }

  func forget(rollout key: WorkQueue.Key) {
    let prefix = Self.text([("namespace", key.namespace), ("name", key.name)])
    state.withLock { state in
      for (name, family) in state.families where name.hasPrefix("rollout_") {
        state.families[name]?.values = family.values.filter { !$0.key.hasPrefix(prefix) }
      }
      for (name, histogram) in state.histograms where name.hasPrefix("rollout_") {
        state.histograms[name] = histogram.filter { !$0.key.hasPrefix(prefix) }
      }
    }
  }

  // How.

  private func name(_ object: JSONValue) -> Labels {
    [("namespace", object.namespace), ("name", object.name)]
  }

  private static func text(_ labels: Labels) -> String {
    labels.map { name, value in
      var escaped = ""
      for character in value {
        switch character {
        case "\\": escaped += "\\\\"
        case "\"": escaped += "\\\""
        case "\n": escaped += "\\n"
        default: escaped.append(character)
        }
      }
      return "\(name)=\"\(escaped)\""
    }.joined(separator: ",")
  }

  private func add(_ name: String, _ help: String, _ labels: Labels) {
    state.withLock { state in
      state.families[name, default: Family(help: help, kind: "counter")]
        .values[Self.text(labels), default: 0] += 1
    }
  }

  private func set(_ name: String, _ help: String, _ labels: Labels, _ value: Double) {
    state.withLock { state in
      state.families[name, default: Family(help: help, kind: "gauge")]
        .values[Self.text(labels)] = value
    }
  }

  /// Sets to 1, and takes away what was shown `by` these labels before.
  private func only(_ name: String, _ help: String, by owner: Labels, _ labels: Labels) {
    let prefix = Self.text(owner)
    state.withLock { state in
      var family = state.families[name] ?? Family(help: help, kind: "gauge")
      family.values = family.values.filter { !$0.key.hasPrefix(prefix) }
      family.values[Self.text(labels)] = 1
      state.families[name] = family
    }
  }

  /// What `/metrics` answers.
  package var text: String {
    let (families, histograms) = state.withLock { ($0.families, $0.histograms) }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind)\n"
      for (labels, value) in family.values.sorted(by: { $0.key < $1.key }) {
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)\(braces) \(NumberText.plain(value))\n"
      }
    }
    for (name, series) in histograms.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) Seconds a pass takes.\n# TYPE \(name) histogram\n"
      for (labels, histogram) in series.sorted(by: { $0.key < $1.key }) {
        for (bound, count) in zip(Self.bounds, histogram.counts) {
          text += "\(name)_bucket{\(labels),le=\"\(NumberText.plain(bound))\"} \(count)\n"
        }
        text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(histogram.total)\n"
        text += "\(name)_sum{\(labels)} \(NumberText.plain(histogram.sum))\n"
        text += "\(name)_count{\(labels)} \(histogram.total)\n"
      }
    }
    return text
  }
}
