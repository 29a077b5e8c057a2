package import MetricModel

extension AnalysisRun {
  /// Changes the run by an event and answers what is to be done about it.
  ///
  /// All metrics that are due are measured together, and judged together once the last of their
  /// answers is there: the outcome doesn't depend on the order of answers. Jobs and Kayenta's
  /// canaries, which take minutes, are not waited for: the others go on beside them.
  package mutating func apply(_ event: AnalysisEvent, at now: Timestamp) -> [AnalysisEffect] {
    guard !phase.isCompleted else { return [] }
    switch event {
    case .started:
      guard phase == .pending else { return [] }
      return start(at: now)
    case .woken:
      return phase == .running ? pass(at: now) : []
    case .measured(let id, let answer):
      guard finish(id, with: answer, at: now), !isWaiting else { return [] }
      return assess(at: now)
    case .terminate:
      isTerminated = true
      return phase == .pending ? start(at: now) : pass(at: now)
    }
  }

  private mutating func start(at now: Timestamp) -> [AnalysisEffect] {
    // Argo leaves both times empty here, so that such runs are never collected as old.
    if let obstacle {
      phase = .error
      message = obstacle
      return [.finished(.error)]
    }
    phase = .running
    openedAt = now
    return pass(at: now)
  }

  /// Measures what is due; judges when nothing is.
  private mutating func pass(at now: Timestamp) -> [AnalysisEffect] {
    guard !isWaiting else { return [] }
    var effects: [AnalysisEffect] = []
    if !isTerminating {
      for plan in plans where isDue(plan, at: now) {
        if let request = begin(plan, at: now) { effects.append(.measure(request)) }
      }
    }
    return isWaiting ? effects : effects + assess(at: now)
  }

  /// Whether an answer is awaited that the next judgement needs.
  private var isWaiting: Bool {
    plans.contains { !$0.isSlow && result(of: $0.name)?.isInFlight == true }
  }

  /// Ends what a run that stops doesn't wait for any more. Argo's providers call that Successful.
  private mutating func abandonSlowMeasurements(at now: Timestamp) {
    for plan in plans where plan.isSlow {
      guard let index = results.firstIndex(where: { $0.name == plan.name }),
        results[index].isInFlight, let last = results[index].measurements.indices.last
      else { continue }
      let phase: AnalysisPhase = plan.spec.compatibility == .safe ? .inconclusive : .successful
      results[index].measurements[last].finishedAt = now
      results[index].measurements[last].phase = phase
      results[index].measurements[last].message = "stopped before it ended"
      results[index].tally(phase)
    }
  }

  private func isDue(_ plan: MetricPlan, at now: Timestamp) -> Bool {
    let next = Schedule.nextMeasurement(
      of: plan, after: result(of: plan.name), runStartedAt: startedAt)
    return next.map { $0 <= now } ?? false
  }

  /// Whether no further measurements are taken: on request, or because a metric that counts has
  /// ended badly.
  private var isTerminating: Bool {
    isTerminated || results.contains { !$0.isDryRun && $0.phase.endsRun }
  }

  private mutating func begin(_ plan: MetricPlan, at now: Timestamp) -> MeasurementRequest? {
    let index = indexOfResult(for: plan)
    results[index].taken += 1
    let id = MeasurementID(metric: plan.name, number: results[index].taken)
    results[index].measurements.append(Measurement(id: id, startedAt: now))
    do {
      let question = try plan.question(at: now, runStart: openedAt ?? now)
      if case .queries(let queries) = question, let query = queries.first?.text,
        plan.plugin == nil
      {
        results[index].metadata["ResolvedPrometheusQuery"] = arguments.redacted(query)
      }
      return MeasurementRequest(id: id, metric: plan.name, question: question)
    } catch {
      _ = finish(id, with: .failed(error.description), at: now)
      return nil
    }
  }

  private mutating func indexOfResult(for plan: MetricPlan) -> Int {
    if let index = results.firstIndex(where: { $0.name == plan.name }) { return index }
    let order = Dictionary(
      uniqueKeysWithValues: plans.enumerated().map { ($0.element.name, $0.offset) })
    let place = order[plan.name] ?? results.count
    let index = results.firstIndex { (order[$0.name] ?? 0) > place } ?? results.count
    results.insert(MetricResult(name: plan.name, isDryRun: plan.isDryRun), at: index)
    return index
  }

  /// Records an answer; false when nobody waits for it.
  private mutating func finish(
    _ id: MeasurementID, with answer: MeasurementAnswer, at now: Timestamp
  ) -> Bool {
    guard let plan = plans.first(where: { $0.name == id.metric }),
      let index = results.firstIndex(where: { $0.name == id.metric }),
      var measurement = results[index].measurements.last,
      measurement.id == id, measurement.finishedAt == nil
    else { return false }
    let judge = MeasurementJudge(
      plan: plan,
      look: Look(
        number: results[index].count + 1, planned: plan.spec.effectiveCount,
        interval: plan.spec.interval?.value?.milliseconds,
        budgetShare: spec.budgetShare ?? 1,
        comparisons: plans.count { $0.plugin?.spendsBudget == true && !$0.isDryRun },
        mayEndEarly: plan.spec.limits.consecutiveSuccess > 0,
        runStart: openedAt ?? measurement.startedAt, takenAt: measurement.startedAt))
    let judgement = judge.judgement(of: answer, at: now)
    measurement.finishedAt = now
    measurement.phase = judgement.phase
    measurement.value = arguments.redacted(judgement.value)
    measurement.message = arguments.redacted(judgement.message)
    measurement.metadata = judgement.metadata.mapValues { arguments.redacted($0) }
    measurement.comparison = judgement.comparison
    measurement.shortfall = judgement.shortfall
    results[index].measurements[results[index].measurements.count - 1] = measurement
    results[index].tally(measurement.phase)
    return true
  }

  private mutating func assess(at now: Timestamp) -> [AnalysisEffect] {
    // Read before phases change: siblings of a metric that ends badly end one pass later.
    let wasTerminating = isTerminating
    if wasTerminating { abandonSlowMeasurements(at: now) }
    var isAllCompleted = true
    var worst: AnalysisPhase?
    var worstMessage = ""
    runSummary = RunSummary()
    dryRunSummary = RunSummary()
    for plan in plans {
      let keyPath = plan.isDryRun ? \AnalysisRun.dryRunSummary : \AnalysisRun.runSummary
      self[keyPath: keyPath].count += 1
      guard let index = results.firstIndex(where: { $0.name == plan.name }) else {
        isAllCompleted = false
        continue
      }
      let phase = Assessment.phase(of: plan, results[index], isTerminating: wasTerminating)
      if phase != results[index].phase {
        results[index].phase = phase
        results[index].message = results[index].measurements.last?.message ?? ""
      }
      guard phase.isCompleted else {
        isAllCompleted = false
        continue
      }
      self[keyPath: keyPath].tally(Assessment.summaryPhase(of: plan, results[index]))
      if !plan.isDryRun, worst.map({ phase.isWorse(than: $0) }) ?? true {
        worst = phase
        worstMessage = explanation(of: plan, results[index])
      }
    }
    if startedAt == nil { startedAt = now }
    retainMeasurements()
    guard wasTerminating || isAllCompleted else {
      return nextPass(after: now).map { [.wake(at: $0)] } ?? []
    }
    phase = worst ?? .successful
    message = worstMessage.isEmpty && isTerminated ? "Run Terminated" : worstMessage
    completedAt = now
    return [.finished(phase)]
  }

  /// `Metric "m" assessed Failed due to failed (1) > failureLimit (0)`, with what was measured.
  private func explanation(of plan: MetricPlan, _ result: MetricResult) -> String {
    guard let breach = Assessment.breach(of: plan, by: result) else {
      let isUndecided = plan.plugin != nil && result.phase == .inconclusive
      return isUndecided ? "Metric \"\(plan.name)\" assessed Inconclusive: \(result.message)" : ""
    }
    var text = "Metric \"\(plan.name)\" assessed \(result.phase.rawValue) due to \(breach.reason)"
    if !result.message.isEmpty { text += ": \"Error Message: \(result.message)\"" }
    return text
  }

  private mutating func retainMeasurements() {
    for plan in plans {
      guard let index = results.firstIndex(where: { $0.name == plan.name }) else { continue }
      let surplus = results[index].measurements.count - plan.retained
      if surplus > 0 { results[index].measurements.removeFirst(surplus) }
    }
  }

  /// At once after a metric has ended badly, so that its siblings end too; else when the next
  /// measurement is due; nil while there is nothing but an answer to wait for.
  func nextPass(after now: Timestamp) -> Timestamp? {
    if isTerminating { return now }
    let times = plans.compactMap {
      Schedule.nextMeasurement(of: $0, after: result(of: $0.name), runStartedAt: startedAt)
    }
    if let next = times.min() { return max(now, next) }
    return results.contains(where: \.isInFlight) ? nil : now
  }
}
