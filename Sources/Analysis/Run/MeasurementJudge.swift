package import MetricModel

/// Which look at the data a measurement is, for comparisons that share an error budget over looks.
struct Look: Equatable {
  /// From 1; errors don't count.
  var number: Int64
  /// Nil when the metric goes on until it is stopped.
  var planned: Int64?
  /// The time from one look to the next.
  var interval: Milliseconds?
  /// What the run may spend of its rollout's error budget, up to 1.
  var budgetShare = 1.0
  /// The comparisons of the run that count, this one included.
  var comparisons: Int
  /// Whether successes may end the metric before its last look.
  var mayEndEarly: Bool
  var runStart: Timestamp
  /// The time that the queries were about.
  var takenAt: Timestamp

  /// Whether the metric ends with it.
  var isLast: Bool { planned.map { number >= $0 } ?? false }
}

/// What an answer was judged to be.
struct Judgement: Equatable {
  var phase: AnalysisPhase
  var value = ""
  var message = ""
  var metadata: [String: String] = [:]
  var comparison: ComparisonReport?
  var shortfall: Shortfall?
}

/// Turns the answers of a metric's queries into a phase.
struct MeasurementJudge {
  let plan: MetricPlan
  let look: Look

  func judgement(of answer: MeasurementAnswer, at now: Timestamp) -> Judgement {
    switch answer {
    case .failed(let reason):
      return Judgement(phase: .error, message: reason)
    case .concluded(let phase, let message):
      return Judgement(phase: phase, message: message)
    case .body(let text):
      do {
        switch try ProviderReading(text, for: plan.spec.provider) {
        case .result(let reading): return judgement(of: reading, at: now)
        case .judged(let phase, let value): return Judgement(phase: phase, value: value)
        }
      } catch {
        return Judgement(phase: .error, message: error.message)
      }
    case .answered(let values):
      if let plugin = plan.plugin { return judgement(of: values, by: plugin) }
      guard values.count == 1 else {
        return Judgement(phase: .error, message: "found \(values.count) answers, expected one")
      }
      guard let reading = ResultReading(values[0]) else {
        return Judgement(
          phase: .error,
          message: "Prometheus metric type not supported: a query that gives a string; "
            + "let it give numbers")
      }
      return judgement(of: reading, at: now)
    }
  }

  /// What can't be told at the last look of a critical metric is a failure.
  private func judgement(
    of values: [QueryValue], by plugin: any EvidencePlugin
  ) -> Judgement {
    var judgement = plugin.judgement(of: values, look: look)
    if look.isLast, judgement.phase == .inconclusive, let shortfall = judgement.shortfall,
      plugin.failsClosed(on: shortfall)
    {
      judgement.phase = .failed
      judgement.message = "critical, and at the last look \(judgement.message)"
    }
    return judgement
  }

  private func judgement(of reading: ResultReading, at now: Timestamp) -> Judgement {
    let (phase, message) = plan.conditions.judgedPhase(of: reading.input, at: now)
    let isWithoutData = phase == .inconclusive && message == ConditionPair.noData
    return Judgement(
      phase: phase, value: reading.text, message: message,
      shortfall: isWithoutData ? .noData : nil)
  }
}

/// A query's answer as conditions see it: labels are lost, a matrix is one long list
/// (metricproviders/prometheus/prometheus.go, `processResponse`).
package struct ResultReading: Equatable, Sendable {
  package var input: ConditionInput
  /// As Argo records it: `0.95`, `[0.95,0.9]`.
  package var text: String

  init(input: ConditionInput, text: String) {
    self.input = input
    self.text = text
  }

  /// Nil for a string, which Argo refuses.
  package init?(_ value: QueryValue) {
    switch value {
    case .scalar(let point):
      input = ConditionInput(.number(point.value), type: .number)
      text = NumberText.plain(point.value)
    case .vector(let samples):
      // A whole distribution is no number to judge.
      (input, text) = Self.list(of: samples.map { $0.value.number ?? .nan })
    case .matrix(let series): (input, text) = Self.list(of: series.flatMap(\.samples.values))
    case .string: return nil
    }
  }

  private static func list(of numbers: [Double]) -> (ConditionInput, String) {
    let value = ConditionValue.list(numbers.map { .number($0) })
    let text = numbers.map { NumberText.plain($0) }.joined(separator: ",")
    return (ConditionInput(value, type: .list(.number)), "[\(text)]")
  }
}
