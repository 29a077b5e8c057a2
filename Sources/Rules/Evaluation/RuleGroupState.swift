package import MetricModel
internal import PromQL

/// A group of rules being evaluated: a value, changed by `evaluate` and by nothing else.
///
///     var state = RuleGroupState(group)
///     for index in state.group.rules.indices {
///       let output = state.evaluate(index, at: now, from: store.snapshot(), in: environment)
///       try store.append(output)       // the next rule sees it
///     }
package struct RuleGroupState: Sendable {
  package let group: RuleGroup
  package internal(set) var rules: [RuleState]
  /// Series of rules that were there before a reload and are no more.
  private var orphans: Set<Labels> = []
  /// Whether `ALERTS` series may be written: not before the past was looked up.
  private var isRestored: Bool

  /// - Parameter awaitsRestoration: true when `restore` will be called; until then no series of
  ///   alerts are written.
  package init(_ group: RuleGroup, awaitsRestoration: Bool = false) {
    self.group = group
    rules = group.rules.map { _ in RuleState() }
    isRestored = !awaitsRestoration
  }

  /// A group read anew: rules with name and labels of before go on where those were.
  package init(_ group: RuleGroup, after earlier: RuleGroupState) {
    self.init(group)
    isRestored = earlier.isRestored
    orphans = earlier.orphans
    var taken: Set<Int> = []
    for (index, rule) in group.rules.enumerated() {
      let match = earlier.group.rules.indices.first { old in
        let other = earlier.group.rules[old]
        return !taken.contains(old) && other.name == rule.name && other.labels == rule.labels
      }
      guard let match else { continue }
      taken.insert(match)
      rules[index] = earlier.rules[match]
    }
    for old in earlier.rules.indices where !taken.contains(old) {
      orphans.formUnion(earlier.rules[old].series)
    }
  }

  /// Evaluates one rule.
  ///
  /// A failure becomes the rule's `lastError`; then nothing is written and alerts stay as they are.
  package mutating func evaluate(
    _ index: Int, at now: Timestamp, from source: any SeriesSource,
    in environment: RuleEnvironment
  ) -> RuleOutput {
    let rule = group.rules[index]
    let time = now.advanced(by: Milliseconds(-group.queryOffset.count))
    rules[index].lastEvaluation = now
    do throws(RuleFailure) {
      let vector = try Self.vector(of: rule.query, at: time, from: source)
      var output = RuleOutput()
      switch rule.kind {
      case .recording(let labels):
        output.samples = try recorded(vector, name: rule.name, labels: labels, time: time)
      case .alerting(let alert):
        let found = try AlertFilling(
          rule: rule, alert: alert, environment: environment, source: source, now: now
        ).alerts(vector)
        let active = rules[index].book.enter(found, at: now, rule: alert)
        if group.limit > 0, active.count > group.limit {
          rules[index].book.removeAll()
          throw RuleFailure(
            "exceeded limit of \(group.limit) with \(active.count) alerts")
        }
        if isRestored { output.samples = Self.series(of: active, rule: rule, time: time) }
      }
      rules[index].health = .ok
      rules[index].lastError = ""
      markStale(&output, index, at: time)
      return output
    } catch {
      rules[index].health = .err
      rules[index].lastError = error.description
      return RuleOutput()
    }
  }

  /// Tells that what a rule gave could not be written.
  package mutating func reportWriteFailure(_ reason: String, ofRule index: Int) {
    rules[index].health = .err
    rules[index].lastError = reason
  }

  /// Tells how long an evaluation took; who calls `evaluate` has a clock.
  package mutating func setDuration(_ seconds: Double, ofRule index: Int) {
    rules[index].evaluationSeconds = seconds
  }

  /// Staleness markers for series of rules that a reload removed; once.
  package mutating func takeOrphans(at now: Timestamp) -> RuleOutput {
    let time = now.advanced(by: Milliseconds(-group.queryOffset.count))
    let kept = rules.reduce(into: Set<Labels>()) { $0.formUnion($1.series) }
    let gone = orphans.subtracting(kept).sorted()
    orphans = []
    return RuleOutput(
      samples: gone.map { RuleOutput.Sample(labels: $0, time: time, value: StaleMarker.value) })
  }

  /// The alerts of a rule that receivers should hear of now.
  package mutating func takeForSending(
    _ index: Int, at now: Timestamp, resendDelay: Milliseconds, interval: Milliseconds
  ) -> [Alert] {
    rules[index].book.takeForSending(at: now, resendDelay: resendDelay, interval: interval)
  }

  private func recorded(
    _ vector: [VectorSample], name: String, labels: [LabelPair], time: Timestamp
  ) throws(RuleFailure) -> [RuleOutput.Sample] {
    var seen: Set<Labels> = []
    var samples: [RuleOutput.Sample] = []
    for sample in vector {
      var builder = LabelsBuilder(sample.labels)
      builder.set(Labels.metricName, name)
      for pair in labels { builder.set(pair.name, pair.value) }
      let labels = builder.labels
      guard seen.insert(labels).inserted else {
        throw RuleFailure(
          "vector contains metrics with the same labelset after applying rule labels")
      }
      samples.append(
        RuleOutput.Sample(labels: labels, time: sample.time, value: sample.value))
    }
    if group.limit > 0, samples.count > group.limit {
      throw RuleFailure("exceeded limit of \(group.limit) with \(samples.count) series")
    }
    return samples
  }

  private static func series(
    of alerts: [Alert], rule: Rule, time: Timestamp
  ) -> [RuleOutput.Sample] {
    alerts.flatMap { alert in
      var builder = LabelsBuilder(alert.labels)
      builder.set(Labels.metricName, "ALERTS_FOR_STATE")
      let since = builder.labels
      builder.set(Labels.metricName, "ALERTS")
      builder.set("alertstate", alert.state.rawValue)
      let seconds = alert.activeAt.milliseconds.flooredDivision(by: 1000).quotient
      return [
        RuleOutput.Sample(labels: builder.labels, time: time, value: 1),
        RuleOutput.Sample(labels: since, time: time, value: Double(seconds)),
      ]
    }
  }

  private mutating func markStale(_ output: inout RuleOutput, _ index: Int, at time: Timestamp) {
    let given = Set(output.samples.map(\.labels))
    for gone in rules[index].series.subtracting(given).sorted() {
      output.samples.append(RuleOutput.Sample(labels: gone, time: time, value: StaleMarker.value))
    }
    rules[index].series = given
  }

  static func vector(
    of query: Query, at time: Timestamp, from source: any SeriesSource
  ) throws(RuleFailure) -> [VectorSample] {
    let answer: QueryAnswer
    do throws(QueryError) {
      answer = try query.instant(at: time, from: source)
    } catch {
      throw RuleFailure(error.description)
    }
    switch answer.value {
    case .vector(let vector): return vector
    case .scalar(let point):
      return [VectorSample(labels: .empty, time: point.time, value: point.value)]
    case .string, .matrix: throw RuleFailure("rule result is not a vector or scalar")
    }
  }
}

/// Why an evaluation failed.
package struct RuleFailure: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) {
    self.description = description
  }
}

// After a restart.
extension RuleGroupState {
  /// Takes over since when alerts were active before a restart, from the `ALERTS_FOR_STATE` series
  /// they left; the time of the outage doesn't count towards `for`.
  ///
  /// - Parameters:
  ///   - tolerance: longer outages forget.
  ///   - grace: an alert doesn't fire sooner than this after the restart.
  package mutating func restore(
    at now: Timestamp, from source: any SeriesSource, tolerance: Milliseconds = .hours(1),
    grace: Milliseconds = .minutes(10)
  ) throws(SelectError) {
    isRestored = true
    for (index, rule) in group.rules.enumerated() {
      guard case .alerting(let alert) = rule.kind, alert.hold >= grace else { continue }
      for active in rules[index].book.sorted where active.state != .inactive {
        var builder = LabelsBuilder(active.labels)
        builder.set(Labels.metricName, "ALERTS_FOR_STATE")
        guard let last = try Self.lastSample(of: builder.labels, at: now, tolerance, source),
          let activeAt = Self.restored(last, at: now, hold: alert.hold, grace: grace)
        else { continue }
        rules[index].book.restore(activeAt: activeAt, of: active.labels)
      }
    }
  }

  private static func restored(
    _ last: ScalarPoint, at now: Timestamp, hold: Milliseconds, grace: Milliseconds
  ) -> Timestamp? {
    guard let milliseconds = Int64(exactly: (last.value * 1000).rounded()) else { return nil }
    let activeAt = Timestamp(milliseconds: milliseconds)
    let remaining = hold.count.subtractingReportingOverflow(last.time.since(activeAt).count)
    guard !remaining.overflow, remaining.partialValue > 0 else { return activeAt }
    if remaining.partialValue < grace.count {
      return now.advanced(by: Milliseconds(grace.count - hold.count))
    }
    return activeAt.advanced(by: now.since(last.time))
  }

  private static func lastSample(
    of labels: Labels, at now: Timestamp, _ tolerance: Milliseconds, _ source: any SeriesSource
  ) throws(SelectError) -> ScalarPoint? {
    let matchers = labels.pairs.map { LabelMatcher($0.name, equals: $0.value) }
    let range = TimeRange(
      after: now.advanced(by: Milliseconds(-tolerance.count)), through: now)
    let selection = try source.select(matchers, in: range)
    guard let index = selection.labels.firstIndex(of: labels) else { return nil }
    var columns = SampleColumns()
    try selection.read(index, in: range, into: &columns)
    guard let time = columns.timestamps.last, let value = columns.values.last, !value.isNaN else {
      return nil
    }
    return ScalarPoint(time: Timestamp(milliseconds: time), value: value)
  }
}
