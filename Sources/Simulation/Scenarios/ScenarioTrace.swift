internal import Analysis
internal import MetricModel
internal import Rollouts

/// What a scenario does to a rollout, for people: a line for each event and each thing that time
/// did, with the phase, the step, who gets the traffic (percent), the pods, and why.
///
///     after  what happened  phase    step  traffic     pods          why
///     0s                    Healthy  2/2   v1 100      v1 4/4
///     1m     update: v2     Paused   1/2   v1 75 v2 25 v1 3/3 v2 1/1 CanaryPauseStep
struct ScenarioTrace {
  private var rows: [[String]] = []
  private var start: Timestamp?

  static let header = ["after", "what happened", "phase", "step", "traffic", "pods", "why"]

  /// Adds the world as it came to rest after something happened; what time did is told only where
  /// it changed something.
  mutating func add(_ what: String, _ run: ScenarioRun, isTime: Bool = false) {
    let first = start ?? run.world.now
    start = first
    let state = run.world.state
    let steps = run.world.plan.canary.steps.count
    let row = [
      "\(run.world.now.since(first))", what, state.phase.rawValue,
      steps == 0 ? "-" : "\(state.stepIndex)/\(steps)", run.trafficText, run.podsText,
      run.text(of: "message"),
    ]
    if isTime, let last = rows.last, last.dropFirst(2) == row.dropFirst(2) { return }
    rows.append(row)
  }

  /// Columns side by side; the last one, which may be long, as it is.
  var lines: [String] {
    let all = [Self.header] + rows
    let widths = Self.header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension ScenarioRun {
  /// Who gets how much: by router, by Service, by the ratio of pods.
  fileprivate var trafficText: String {
    if let blueGreen = world.plan.blueGreen {
      let active = tag(world.services[blueGreen.activeService] ?? "")
      let preview = blueGreen.previewService.map { " (preview \(tag(world.services[$0] ?? "")))" }
      return "\(active) 100\(preview ?? "")"
    }
    if let routed = world.routed {
      var sides = [(routed.stable.podHash, routed.stable.weight)]
      if routed.canary.podHash != routed.stable.podHash {
        sides.append((routed.canary.podHash, routed.canary.weight))
      }
      let named = sides.map { "\(tag($0)) \($1)" }
      let others = routed.additional.map { "\($0.service) \($0.weight)" }
      let headers = routed.headerRoutes.map { "header \($0.name) to \(tag(routed.canary.podHash))" }
      let mirrors = routed.mirrorRoutes.map {
        "\($0.percentage) % copied to \(tag(routed.canary.podHash))"
      }
      return (named + others + headers + mirrors).joined(separator: ", ")
    }
    // A Service sends to whoever is available, whatever weight the step asks for.
    let serving = world.replicaSets.filter { $0.available > 0 }.sorted { $0.created < $1.created }
    let all = serving.reduce(0) { $0 + $1.available }
    let shares = serving.map { "\(tag($0.podHash)) \(($0.available * 200 + all) / (all * 2))" }
    return shares.isEmpty ? "nobody" : shares.joined(separator: ", ")
  }

  /// Available of asked for, by revision, those without pods left out.
  fileprivate var podsText: String {
    world.replicaSets.filter { $0.desired > 0 || $0.pods > 0 }
      .sorted { $0.created < $1.created }
      .map { "\(tag($0.podHash)) \($0.available)/\($0.desired)" }.joined(separator: ", ")
  }
}

extension Scenario.Entry.Kind {
  /// As the script says it.
  var title: String {
    switch self {
    case .update(let tag): "update: \(tag)"
    case .undo(let tag): "undo: \(tag)"
    case .config(let reference, let content, _): "\(reference): \(content)"
    case .patch: "the spec is edited"
    case .request(let request): request.rawValue
    case .wait: "time passes"
    case .hold(let tags): "pods of \(tags.joined(separator: ", ")) don't come"
    case .ready(let counts): "available: \(Self.list(counts.mapValues { "\($0)" }))"
    case .runs(let phases): "verdict: \(Self.list(phases.mapValues(\.rawValue)))"
    case .experiment(let phase, _): "experiment: \(phase.rawValue)"
    case .restart: "restart"
    case .service(let name, let tag): "a hand: \(name) to \(tag.isEmpty ? "nothing" : tag)"
    case .router: "a hand at the router"
    case .others(let list): "others listed: \(list)"
    case .workload(let replicas): "workload: \(replicas)"
    case .refusal(let text): "refused: \(text ?? "no more")"
    case .expect: "expect"
    }
  }

  private static func list(_ values: [String: String]) -> String {
    values.sorted { $0.key < $1.key }
      .map { $0.key == "*" ? $0.value : "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
