package import MetricModel

/// Which look at the data a measurement is, for comparisons that share an error budget over looks.
struct Look: Equatable {
  /// From 1; errors don't count.
  var number: Int64
  /// Nil when the metric goes on until it is stopped.
  var planned: Int64?
  /// The comparisons of the run that count, this one included.
  var comparisons: Int
  /// Whether successes may end the metric before its last look.
  var mayEndEarly: Bool
  var runStart: Timestamp
  /// The time that the queries were about.
  var takenAt: Timestamp
}

/// What an answer was judged to be.
struct Judgement: Equatable {
  var phase: AnalysisPhase
  var value = ""
  var message = ""
  var metadata: [String: String] = [:]
  var comparison: ComparisonReport?
}

/// Turns the answers of a metric's queries into a phase.
struct MeasurementJudge {
  let plan: MetricPlan
  let look: Look

  func judgement(of answer: MeasurementAnswer, at now: Timestamp) -> Judgement {
    switch answer {
    case .failed(let reason):
      return Judgement(phase: .error, message: reason)
    case .answered(let values):
      if let comparison = plan.comparison {
        return Comparison(comparison, look: look).judgement(of: values)
      }
      guard values.count == 1 else {
        return Judgement(phase: .error, message: "found \(values.count) answers, expected one")
      }
      return judgement(of: values[0], at: now)
    }
  }

  private func judgement(of value: QueryValue, at now: Timestamp) -> Judgement {
    guard let reading = ResultReading(value) else {
      return Judgement(
        phase: .error,
        message: "Prometheus metric type not supported: a query that gives a string; "
          + "let it give numbers")
    }
    do {
      let phase = try phase(for: reading.input, at: now)
      return Judgement(phase: phase, value: reading.text)
    } catch {
      return Judgement(phase: .error, value: reading.text, message: error.message)
    }
  }

  /// Both conditions are always evaluated, so an error in either is one (evaluate.go).
  private func phase(
    for input: ConditionInput, at now: Timestamp
  ) throws(ConditionError) -> AnalysisPhase {
    let isSuccess = try holds(plan.successCondition, "successCondition", input, now)
    let isFailure = try holds(plan.failureCondition, "failureCondition", input, now)
    switch (isSuccess, isFailure) {
    case (nil, nil): return .successful
    case (let success?, nil): return success ? .successful : .failed
    case (nil, let failure?): return failure ? .failed : .successful
    case (_?, true?): return .failed
    case (let success?, false?): return success ? .successful : .inconclusive
    }
  }

  private func holds(
    _ condition: Condition?, _ field: String, _ input: ConditionInput, _ now: Timestamp
  ) throws(ConditionError) -> Bool? {
    guard let condition else { return nil }
    do {
      return try condition.evaluate(input, at: now)
    } catch {
      let reason =
        input.isEmpty
        ? "metric result is nil or empty: no data returned from the metric provider"
        : error.message
      throw ConditionError("could not evaluate \(field) \"\(condition.source)\": \(reason)")
    }
  }
}

/// A query's answer as conditions see it: labels are lost, a matrix is one long list
/// (metricproviders/prometheus/prometheus.go, `processResponse`).
package struct ResultReading: Equatable, Sendable {
  package var input: ConditionInput
  /// As Argo records it: `0.95`, `[0.95,0.9]`.
  package var text: String

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
