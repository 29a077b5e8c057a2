import MetricModel
import PromQL

/// Runs scripts: loads series, evaluates queries in several ways, compares.
///
/// Each instant query is evaluated once as it stands; then as the middle step of a range query;
/// then, both ways, with its selectors pinned by `@`, at other times. All must answer the same,
/// which finds what one evaluation wouldn't: state that leaks from step to step.
package struct ScriptRunner {
  private let evaluator: any ScriptEvaluator

  package init(evaluator: any ScriptEvaluator) {
    self.evaluator = evaluator
  }

  /// Runs all statements in order; each run starts without series.
  package func run(_ script: Script) -> ScriptReport {
    var storage = ScriptStorage()
    var report = ScriptReport()
    for statement in script.statements {
      switch statement.command {
      case .clear: storage = ScriptStorage()
      case .load(let load): storage.load(load, line: statement.line)
      case .broken(let reason):
        report.entries.append(
          ScriptReport.Entry(line: statement.line, query: "", outcome: .broken(reason)))
      case .evaluate(let evaluation):
        report.entries.append(
          ScriptReport.Entry(
            line: statement.line, query: evaluation.query,
            outcome: outcome(of: evaluation, from: storage)))
      }
    }
    return report
  }

  private func outcome(
    of evaluation: ScriptEvaluation, from storage: ScriptStorage
  ) -> ScriptReport.Outcome {
    if let problem = storage.problem { return .failed(Mismatch(problem)) }
    let expression: QueryExpression
    do {
      expression = try Parser.parse(evaluation.query)
      _ = try TypeCheck.type(of: expression, in: evaluation.query)
    } catch {
      return .unparsable(error)
    }
    let check = EvaluationCheck(
      evaluation: evaluation, expression: expression, series: storage.source,
      evaluator: evaluator)
    do {
      try check.run()
      return .passed
    } catch {
      return .failed(error)
    }
  }
}

/// One `eval` with all its repetitions.
private struct EvaluationCheck {
  let evaluation: ScriptEvaluation
  let expression: QueryExpression
  let series: InMemorySeries
  let evaluator: any ScriptEvaluator

  func run() throws(Mismatch) {
    guard case .instant(let time) = evaluation.times else {
      try check(evaluation.query, at: evaluation.times)
      return
    }
    if case .rangeVector(let grid, _) = evaluation.expectation.value {
      try check(evaluation.query, at: .instant(grid.end))
      return
    }
    try checkInstant(evaluation.query, at: time)
    guard let pinned = PinnedQuery.text(of: expression, at: time) else { return }
    for other in PinnedQuery.times(around: time) {
      do {
        try checkInstant(pinned, at: other)
      } catch {
        var described = error
        described.reason = "as \(pinned) at \(Milliseconds(other.milliseconds)): \(error.reason)"
        throw described
      }
    }
  }

  /// As it stands, then in the middle of a range query.
  private func checkInstant(_ query: String, at time: Timestamp) throws(Mismatch) {
    try check(query, at: .instant(time))
    guard isRepeatedInRange else { return }
    do {
      try checkMiddleStep(query, at: time)
    } catch {
      var described = error
      described.reason = "as a step of a range query: \(error.reason)"
      throw described
    }
  }

  private func check(_ query: String, at times: ScriptEvaluation.Times) throws(Mismatch) {
    let answer: QueryAnswer
    do {
      answer = try evaluator.answer(query, at: times, from: series)
    } catch {
      guard let wanted = evaluation.expectation.failure else {
        throw Mismatch("the query fails", got: error.description)
      }
      guard wanted.accepts(error.description) else {
        throw Mismatch("another error", got: error.description, want: wanted.description)
      }
      return
    }
    if let wanted = evaluation.expectation.failure {
      throw Mismatch(
        "the query should fail", got: AnswerComparison.text(answer.value),
        want: wanted.description)
    }
    try AnnotationCheck.check(answer.annotations, evaluation.expectation)
    try AnswerComparison.check(answer.value, evaluation.expectation, at: times)
  }

  private var isRepeatedInRange: Bool {
    guard evaluation.expectation.failure == nil, !evaluation.expectation.isOrdered else {
      return false
    }
    if case .string = evaluation.expectation.value { return false }
    return expression.calledFunctions.isDisjoint(with: ["start", "end", "range", "step"])
  }

  private func checkMiddleStep(_ query: String, at time: Timestamp) throws(Mismatch) {
    let grid = StepGrid(
      start: time.advanced(by: .minutes(-1)), step: .minutes(1), count: 3)
    let answer: QueryAnswer
    do {
      answer = try evaluator.answer(query, at: .range(grid), from: series)
    } catch {
      throw Mismatch("the query fails", got: error.description)
    }
    guard case .matrix(let matrix) = answer.value else {
      throw Mismatch("a range query should answer a matrix", got: answer.value.typeName)
    }
    let samples = matrix.compactMap { series -> VectorSample? in
      series.samples.value(at: time).map {
        VectorSample(labels: series.labels, time: time, value: $0)
      }
    }
    var middle = QueryValue.vector(samples)
    if case .scalar = evaluation.expectation.value, samples.count == 1,
      let number = samples[0].value.number
    {
      middle = .scalar(ScalarPoint(time: time, value: number))
    }
    try AnswerComparison.check(middle, evaluation.expectation, at: .instant(time))
  }
}

extension SampleColumns {
  fileprivate func value(at time: Timestamp) -> SampleValue? {
    if let index = timestamps.firstIndex(of: time.milliseconds) { return .number(values[index]) }
    return histograms.timestamps.firstIndex(of: time.milliseconds).map {
      .histogram(histograms.values[$0])
    }
  }
}
