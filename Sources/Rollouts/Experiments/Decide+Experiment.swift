internal import Analysis
package import MetricModel

/// What an Experiment does next, under the same rules as a rollout's ``decide(_:_:_:)``.
package func decide(
  _ plan: ExperimentPlan, _ state: ExperimentState, _ seen: ExperimentObservation
) -> (ExperimentState, [ExperimentAction]) {
  var pass = ExperimentPass(plan: plan, seen: seen, state: state)
  pass.advance()
  return (pass.state, pass.actions)
}

/// When to decide again although nothing changed: the end of the duration, of a template's patience
/// or of the pods' stay.
package func nextWake(
  _ plan: ExperimentPlan, _ state: ExperimentState, _ seen: ExperimentObservation
) -> Timestamp? {
  var times = seen.replicaSets.values.filter { $0.desired > 0 }.compactMap(\.scaleDownDeadline)
  if !state.isCompleted {
    if let start = state.availableAt, let duration = plan.duration {
      times.append(start.advanced(by: duration))
    }
    times += state.templates.filter { $0.phase == .progressing }
      .map { $0.changed.advanced(by: plan.progressDeadline) }
  }
  return times.filter { $0 > seen.now }.min()
}

private struct ExperimentPass {
  let plan: ExperimentPlan
  let seen: ExperimentObservation
  var state: ExperimentState
  var actions: [ExperimentAction] = []

  mutating func advance() {
    if state.phase == nil { begin() }
    if let refusal = seen.refusal, !state.isCompleted { end(.error, refusal) }
    for index in plan.templates.indices { settleTemplate(index) }
    if !state.isCompleted { settleAvailability() }
    settleRuns()
    if !state.isCompleted { assess() }
    if state.isCompleted { cleanUp() }
  }

  private mutating func begin() {
    state.phase = .pending
    state.templates = plan.templates.map {
      var status = ExperimentState.TemplateStatus(
        name: $0.name, podHash: $0.podHash, changed: seen.now)
      status.serviceName = $0.service ?? ""
      return status
    }
  }

  private mutating func end(_ phase: AnalysisPhase, _ message: String) {
    state.phase = phase
    state.message = message
    actions.append(
      .record(
        RolloutEvent(
          "Experiment\(phase.rawValue)",
          "Experiment '\(plan.name)' \(phase.rawValue)" + (message.isEmpty ? "" : ": \(message)"))))
  }

  /// One template: its ReplicaSet, size, Service and phase.
  private mutating func settleTemplate(_ index: Int) {
    let template = plan.templates[index]
    guard state.templates.indices.contains(index) else { return }
    guard let set = seen.replicaSets[template.name] else {
      if !state.isCompleted {
        actions.append(.createReplicaSet(template: template.name, podHash: template.podHash))
      }
      return
    }
    var status = state.templates[index]
    (status.replicas, status.ready, status.available) = (set.pods, set.ready, set.available)
    if !state.isCompleted {
      if set.desired != template.replicas {
        actions.append(.scale(template: template.name, replicas: template.replicas))
      }
      if let service = template.service, !seen.services.contains(service) {
        actions.append(
          .createService(template: template.name, name: service, podHash: template.podHash))
      }
    }
    if !status.phase.isCompleted, !state.isCompleted { advance(&status, set, template) }
    state.templates[index] = status
  }

  private func advance(
    _ status: inout ExperimentState.TemplateStatus, _ set: ObservedReplicaSet,
    _ template: ExperimentPlan.Template
  ) {
    if set.available >= template.replicas, set.desired == template.replicas {
      if status.phase != .running { status.changed = seen.now }
      status.phase = .running
    } else {
      if status.phase == .running {
        status.phase = .progressing
        status.changed = seen.now
      }
      if seen.now >= status.changed.advanced(by: plan.progressDeadline) {
        status.phase = .failed
        status.changed = seen.now
        status.message =
          "ReplicaSet \"\(plan.name)-\(template.name)\" has timed out progressing."
      }
    }
  }

  private mutating func settleAvailability() {
    guard state.availableAt == nil, state.templates.allSatisfy({ $0.phase == .running }) else {
      return
    }
    state.availableAt = seen.now
    state.phase = .running
  }

  /// Runs start when all templates are available, and end with the experiment.
  private mutating func settleRuns() {
    for analysis in plan.analyses {
      let index = state.runs.firstIndex { $0.name == analysis.name }
      let name = "\(plan.name)-\(analysis.name)"
      if let index, let run = seen.runs[state.runs[index].run] {
        state.runs[index].phase = run.phase
        state.runs[index].message = run.message
      }
      if state.isCompleted || state.availableAt == nil || plan.isTerminated { continue }
      let run = index.map { state.runs[$0].run } ?? name
      if index == nil { state.runs.append(.init(name: analysis.name, run: name)) }
      let isKnownOver = index.map { state.runs[$0].phase.isCompleted } ?? false
      guard seen.runs[run] == nil, !isKnownOver else { continue }
      var use = AnalysisUse(templates: [analysis.template], arguments: analysis.arguments)
      (use.dryRun, use.retention, use.runMetadata) = (plan.dryRun, plan.retention, plan.runMetadata)
      actions.append(
        .startAnalysis(
          AnalysisStart(
            name: run, placement: .experiment(analysis.name), use: use,
            arguments: resolved(analysis))))
    }
  }

  /// `{{templates.<name>.podTemplateHash}}` and its siblings are known here.
  private func resolved(_ analysis: ExperimentAnalysis) -> [ResolvedArgument] {
    var values = ["experiment.availableAt": state.availableAt?.rfc3339 ?? ""]
    if let start = state.availableAt, let duration = plan.duration {
      values["experiment.finishedAt"] = start.advanced(by: duration).rfc3339
    }
    for template in plan.templates {
      values["templates.\(template.name).podTemplateHash"] = template.podHash
      values["templates.\(template.name).replicaset.name"] = "\(plan.name)-\(template.name)"
    }
    return analysis.arguments.map { argument in
      let plain = argument.resolved(latest: "", stable: "")
      return ResolvedArgument(name: plain.name, value: filled(plain.value, values))
    }
  }

  /// The text with each `{{name}}` replaced that has a value.
  private func filled(_ text: String, _ values: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{"),
      let close = rest[open.upperBound...].firstRange(of: "}}")
    {
      let name = rest[open.upperBound..<close.lowerBound].filter { $0 != " " }
      result += rest[..<open.lowerBound]
      result += values[name] ?? String(rest[open.lowerBound..<close.upperBound])
      rest = rest[close.upperBound...]
    }
    return result + rest
  }

  /// Argo's order: a template that failed, a run that ended badly, the end of time, all required
  /// runs done, a person.
  private mutating func assess() {
    if let failed = state.templates.first(where: { $0.phase == .failed || $0.phase == .error }) {
      end(failed.phase == .failed ? .failed : .error, failed.message)
      return
    }
    let bad = state.runs.filter { $0.phase.isCompleted && $0.phase != .successful }
    if var worst = bad.first {
      for run in bad where run.phase.isWorse(than: worst.phase) { worst = run }
      end(worst.phase, worst.message)
      return
    }
    if plan.isTerminated {
      end(.successful, "Experiment terminated")
      return
    }
    guard let start = state.availableAt else { return }
    if let duration = plan.duration, seen.now >= start.advanced(by: duration) {
      // A required run that hasn't ended is waited for.
      let open = required.contains { !($0?.phase.isCompleted ?? false) }
      if !open { end(.successful, "") }
    } else if !required.isEmpty, required.allSatisfy({ $0?.phase == .successful }) {
      end(.successful, "")
    }
  }

  private var required: [ExperimentState.RunStatus?] {
    plan.analyses.filter(\.isRequired).map { analysis in
      state.runs.first { $0.name == analysis.name }
    }
  }

  /// Runs end at once, pods and Services after their delay.
  private mutating func cleanUp() {
    for (name, run) in seen.runs.sorted(by: { $0.key < $1.key })
    where !run.isCompleted && !run.isTerminating {
      actions.append(.terminateAnalysis(name: name))
    }
    for index in state.templates.indices {
      let name = state.templates[index].name
      if !state.templates[index].phase.isCompleted {
        state.templates[index].phase = .successful
        state.templates[index].changed = seen.now
      }
      guard let set = seen.replicaSets[name] else { continue }
      if set.desired > 0 {
        guard let deadline = set.scaleDownDeadline else {
          let deadline = seen.now.advanced(by: plan.scaleDownDelay)
          actions.append(.setScaleDownDeadline(template: name, deadline))
          continue
        }
        if deadline > seen.now { continue }
        actions.append(.scale(template: name, replicas: 0))
      }
      let service = state.templates[index].serviceName
      if !service.isEmpty, seen.services.contains(service) {
        actions.append(.deleteService(name: service))
      }
    }
  }
}
