internal import Analysis
internal import KubernetesClient
package import Manifest
package import MetricModel
internal import Rollouts

/// A Rollout and what belongs to it, as text for people.
///
///     print(RolloutText(rollout: rollout, owned: sets + pods + runs, now: now).tree)
package struct RolloutText: Sendable {
  let rollout: JSONValue
  /// ReplicaSets, Pods, AnalysisRuns and Experiments of the namespace.
  let objects: [JSONValue]
  let now: Timestamp

  package init(rollout: JSONValue, owned objects: [JSONValue], now: Timestamp) {
    self.rollout = rollout
    self.objects = objects
    self.now = now
  }

  /// A line for `status`: the phase, and why.
  package var status: String {
    let state = RolloutState(rollout: rollout)
    return state.phase.rawValue + (state.message.isEmpty ? "" : " - \(state.message)")
  }

  /// Whether the controller has seen the spec as it is.
  package var isSettled: Bool {
    RolloutState(rollout: rollout).observedGeneration == String(rollout.generation)
  }

  package var phase: String { RolloutState(rollout: rollout).phase.rawValue }

  /// The columns of a list.
  package static let listHeader = [
    "NAME", "STRATEGY", "STATUS", "STEP", "SET-WEIGHT", "READY", "DESIRED", "UP-TO-DATE",
    "AVAILABLE",
  ]

  package var listRow: [String] {
    let state = RolloutState(rollout: rollout)
    let steps = stepList
    return [
      rollout.name, strategy, state.phase.rawValue,
      steps.isEmpty ? "-" : "\(state.stepIndex)/\(steps.count)",
      strategy == "Canary" ? String(setWeight(state)) : "-",
      "\(state.replicas.ready)/\(state.replicas.pods)", String(desired),
      String(state.replicas.updated), String(state.replicas.available),
    ]
  }

  private var strategy: String {
    rollout[path: "spec", "strategy", "blueGreen"] == nil ? "Canary" : "BlueGreen"
  }

  private var stepList: [JSONValue] {
    rollout[path: "spec", "strategy", "canary", "steps"]?.asArray ?? []
  }

  private var desired: Int { (rollout["spec"] ?? [:]).whole("replicas") ?? 1 }

  /// The weight the steps ask for now.
  private func setWeight(_ state: RolloutState) -> Int {
    if state.isAborted { return 0 }
    let done = stepList.prefix(state.stepIndex + 1)
    if state.stepIndex >= stepList.count { return 100 }
    return done.reversed().lazy.compactMap { $0.whole("setWeight") }.first ?? 0
  }

  /// The weight in force: the router's, or the share of available pods.
  private func actualWeight(_ state: RolloutState) -> Int {
    if let traffic = state.traffic { return traffic.canary.weight }
    if state.isFullyPromoted { return 100 }
    let sets = replicaSets.compactMap { ObservedReplicaSet($0) }
    let all = sets.reduce(0) { $0 + $1.available }
    let canary = sets.first { $0.podHash == state.currentHash }?.available ?? 0
    return all > 0 ? canary * 100 / all : 0
  }

  private func owned(_ kind: String, by owner: JSONValue) -> [JSONValue] {
    objects.filter { $0.text("kind") == kind && $0.controllerOwner?.uid == owner.uid }
      .sorted { ($0.created, $0.name) < ($1.created, $1.name) }
  }

  private var replicaSets: [JSONValue] { owned("ReplicaSet", by: rollout) }

  private func role(_ hash: String, _ state: RolloutState) -> [String] {
    var roles: [String] = []
    let active = state.blueGreen?.activeSelector
    if hash == state.stableHash { roles.append("stable") }
    if hash == state.currentHash, hash != state.stableHash, strategy == "Canary" {
      roles.append("canary")
    }
    if let active, hash == active { roles.append("active") }
    if let preview = state.blueGreen?.previewSelector, hash == preview, hash != active {
      roles.append("preview")
    }
    return roles
  }

  /// The whole picture: the Rollout's fields, then its revisions with their pods and runs.
  package var tree: String {
    let state = RolloutState(rollout: rollout)
    var fields = [
      ("Name", rollout.name), ("Namespace", rollout.namespace), ("Status", state.phase.rawValue),
    ]
    if !state.message.isEmpty { fields.append(("Message", state.message)) }
    fields.append(("Strategy", strategy))
    if strategy == "Canary" {
      fields.append(("  Step", "\(state.stepIndex)/\(stepList.count)"))
      fields.append(("  SetWeight", String(setWeight(state))))
      fields.append(("  ActualWeight", String(actualWeight(state))))
    }
    for (index, line) in images(state).enumerated() {
      fields.append((index == 0 ? "Images" : "", line))
    }
    fields += [
      ("Replicas", ""), ("  Desired", String(desired)), ("  Current", String(state.replicas.pods)),
      ("  Updated", String(state.replicas.updated)), ("  Ready", String(state.replicas.ready)),
      ("  Available", String(state.replicas.available)),
    ]
    let head = fields.map { name, value in
      let title = name.isEmpty ? "" : "\(name):"
      return (title + String(repeating: " ", count: max(1, 17 - title.count)) + value)
        .trimmedAtEnd
    }
    return (head + [""] + Self.table(rows(state))).joined(separator: "\n")
  }

  private func images(_ state: RolloutState) -> [String] {
    replicaSets.reversed().flatMap { set -> [String] in
      guard let seen = ObservedReplicaSet(set), seen.desired > 0 else { return [] }
      let containers = set[path: "spec", "template", "spec", "containers"]?.asArray ?? []
      let roles = role(seen.podHash, state).joined(separator: ", ")
      return containers.map { $0.text("image") + (roles.isEmpty ? "" : " (\(roles))") }
    }
  }

  private func rows(_ state: RolloutState) -> [[String]] {
    var rows = [["NAME", "KIND", "STATUS", "AGE", "INFO"]]
    rows.append(row("", rollout, state.phase.rawValue, ""))
    let revisions = Dictionary(grouping: children) { revision(of: $0) }
      .sorted { $0.key > $1.key }
    for (index, (revision, members)) in revisions.enumerated() {
      let isLast = index == revisions.count - 1
      rows.append(["\(isLast ? "└──" : "├──")# revision:\(revision)", "", "", "", ""])
      append(members, "\(isLast ? "   " : "│  ")", state, to: &rows)
    }
    return rows
  }

  private var children: [JSONValue] {
    replicaSets + owned("Experiment", by: rollout) + owned("AnalysisRun", by: rollout)
  }

  private func revision(of object: JSONValue) -> Int {
    object.annotation(RolloutAnnotation.revision).flatMap { Int($0) } ?? 0
  }

  private func append(
    _ members: [JSONValue], _ indent: String, _ state: RolloutState, to rows: inout [[String]]
  ) {
    for (index, object) in members.enumerated() {
      let isLast = index == members.count - 1
      let (status, note) = summary(of: object, state)
      rows.append(row(indent + (isLast ? "└──" : "├──"), object, status, note))
      let inner = ["Pod", "ReplicaSet", "AnalysisRun"].flatMap { owned($0, by: object) }
      append(inner, indent + (isLast ? "   " : "│  "), state, to: &rows)
    }
  }

  private func row(_ indent: String, _ object: JSONValue, _ status: String, _ note: String)
    -> [String]
  {
    let age = Milliseconds(max(0, now.since(object.created).count) / 1000 * 1000)
    return [indent + object.name, object.text("kind"), status, "\(age)", note]
  }

  private func summary(of object: JSONValue, _ state: RolloutState) -> (String, String) {
    let status = object["status"] ?? [:]
    switch object.text("kind") {
    case "ReplicaSet":
      guard let set = ObservedReplicaSet(object) else { return ("", "") }
      let phase =
        set.desired == 0 && set.pods == 0
        ? "ScaledDown" : set.available >= set.desired ? "Healthy" : "Progressing"
      var notes = role(set.podHash, state)
      if let deadline = set.scaleDownDeadline, set.desired > 0 {
        notes.append("delay:\(Milliseconds(max(0, deadline.since(now).count)))")
      }
      if set.isRejected { notes.append("rejected") }
      return (phase, notes.joined(separator: ","))
    case "Pod":
      let containers = status["containerStatuses"]?.asArray ?? []
      let ready = containers.count { $0["ready"]?.asBool == true }
      let restarts = containers.reduce(0) { $0 + ($1.whole("restartCount") ?? 0) }
      let reason = containers.lazy.compactMap { $0[path: "state", "waiting", "reason"]?.asString }
        .first
      let phase = object.isBeingDeleted ? "Terminating" : reason ?? status.text("phase")
      return (
        phase, "ready:\(ready)/\(containers.count)" + (restarts > 0 ? ",restarts:\(restarts)" : "")
      )
    case "AnalysisRun": return (status.text("phase"), Self.evidence(of: status))
    default: return (status.text("phase"), status.text("message"))
    }
  }

  /// What each metric came to, and what that rests on.
  private static func evidence(of status: JSONValue) -> String {
    let metrics = status["metricResults"]?.asArray ?? []
    return metrics.map { metric in
      let last = metric["measurements"]?.asArray?.last ?? [:]
      let value = last.text("value")
      let reason = metric.text("message").isEmpty ? last.text("message") : metric.text("message")
      return metric.text("name") + ": \(metric.text("phase"))"
        + (value.isEmpty ? "" : ", last \(value)") + (reason.isEmpty ? "" : " (\(reason))")
    }.joined(separator: "; ")
  }

  /// Columns as wide as their widest cell.
  package static func table(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }.joined(separator: "  ").trimmedAtEnd
    }
  }
}

extension String {
  fileprivate var trimmedAtEnd: String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}
