internal import Exposition
internal import KubernetesClient
internal import Manifest
internal import Rollouts

extension ClusterCaches {
  /// What the objects show as they are, under Argo's names.
  func writeGauges(to text: inout MetricsText) {
    addRollouts(to: &text)
    addRuns(to: &text)
    let experiments = experiments.cache.all
    addPhases("experiment", "Experiments.", of: experiments, to: &text)
    let templates = templates.cache.all + clusterTemplates.cache.all
    text.gauges(
      "analysis_template_info", "AnalysisTemplates.",
      templates.map { ($0.metricLabels, 1) })
    text.gauges(
      "analysis_template_metric_info", "Metrics of AnalysisTemplates.",
      templates.flatMap { template in
        Self.metrics(of: template).map { metric in
          let labels = [("type", Self.provider(metric)), ("metric", metric.text("name"))]
          return (template.metricLabels + labels, 1)
        }
      })
  }

  private func addRollouts(to text: inout MetricsText) {
    let rollouts = rollouts.cache.all.map { ($0, RolloutState(rollout: $0)) }
    text.gauges(
      "rollout_info", "Rollouts.",
      rollouts.map { rollout, state in
        let labels = [
          ("strategy", rollout.strategyName), ("traffic_router", rollout.routerNames),
          ("phase", state.phase.rawValue),
        ]
        return (rollout.metricLabels + labels, 1)
      })
    let counts: [(String, (JSONValue, RolloutState) -> Int)] = [
      ("available", { $1.replicas.available }),
      ("desired", { rollout, _ in rollout[path: "spec"]?.whole("replicas") ?? 1 }),
      ("unavailable", { max(0, $1.replicas.pods - $1.replicas.available) }),
      ("updated", { $1.replicas.updated }),
    ]
    for (what, count) in counts {
      text.gauges(
        "rollout_info_replicas_\(what)", "Replicas of Rollouts.",
        rollouts.map { ($0.metricLabels, Double(count($0, $1))) })
    }
    text.gauges(
      "rollout_phase", "Phases of Rollouts, use rollout_info instead.",
      rollouts.flatMap { rollout, state in
        RolloutPhase.allCases.map { phase in
          let labels = [("strategy", rollout.strategyName), ("phase", phase.rawValue)]
          return (rollout.metricLabels + labels, state.phase == phase ? 1 : 0)
        }
      })
  }

  private func addRuns(to text: inout MetricsText) {
    let runs = analysisRuns.cache.all
    addPhases("analysis_run", "AnalysisRuns.", of: runs, to: &text)
    let metrics = runs.flatMap { run in
      Self.metrics(of: run).map { metric in
        (
          run, metric.text("name"),
          run.metricLabels + [
            ("metric", metric.text("name")), ("type", Self.provider(metric)),
          ]
        )
      }
    }
    text.gauges(
      "analysis_run_metric_type", "Kinds of the metrics of AnalysisRuns.",
      metrics.map { ($0.2, 1) })
    text.gauges(
      "analysis_run_metric_phase", "Phases of the metrics of AnalysisRuns.",
      metrics.compactMap { run, name, labels in
        let results = run[path: "status", "metricResults"]?.asArray ?? []
        guard let result = results.first(where: { $0.text("name") == name }) else { return nil }
        let isDry = result["dryRun"]?.asBool ?? false
        return (labels + [("dry_run", "\(isDry)"), ("phase", result.text("phase"))], 1)
      })
  }

  private func addPhases(
    _ kind: String, _ help: String, of objects: [JSONValue], to text: inout MetricsText
  ) {
    let samples = objects.map { object in
      let phase = (object["status"] ?? [:]).text("phase")
      return (object.metricLabels + [("phase", phase)], 1.0)
    }
    text.gauges("\(kind)_info", help, samples)
    text.gauges("\(kind)_phase", "\(help) Use \(kind)_info instead.", samples)
  }

  private static func metrics(of object: JSONValue) -> [JSONValue] {
    object[path: "spec", "metrics"]?.asArray ?? []
  }

  /// `prometheus`, `web`, `plugin` and so on.
  private static func provider(_ metric: JSONValue) -> String {
    metric["provider"]?.asObject?.keys.sorted().first ?? ""
  }
}

extension WorkQueue.Key {
  /// What each metric about an object begins with.
  var metricLabels: MetricsText.Labels { [("namespace", namespace), ("name", name)] }
}

extension JSONValue {
  /// What each metric about the object begins with.
  var metricLabels: MetricsText.Labels { [("namespace", namespace), ("name", name)] }

  /// `blueGreen` or `canary`.
  fileprivate var strategyName: String {
    self[path: "spec", "strategy", "blueGreen"] == nil ? "canary" : "blueGreen"
  }

  /// The routers of a canary, plugins by their own names.
  fileprivate var routerNames: String {
    let routing = self[path: "spec", "strategy", "canary", "trafficRouting"]?.asObject ?? [:]
    let routers = routing.keys.filter {
      !["managedRoutes", "maxTrafficWeight", "plugins"].contains($0)
    }
    return (routers + (routing["plugins"]?.asObject ?? [:]).keys).sorted().joined(separator: ",")
  }
}
