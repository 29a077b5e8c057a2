package import MetricModel

/// A test script, as Prometheus' `promqltest` writes them: data, then queries and their answers.
///
///     let script = ScriptParser.parse("""
///       load 1m
///         requests_total 0+10x10
///
///       eval instant at 10m rate(requests_total[5m])
///         {} 0.16666666666666666
///       """)
///     ScriptRunner(evaluator: EngineEvaluator()).run(script).summary     // 1 passed, 0 failed
///
/// What can't be read is a statement too (`.broken`), so that one bad line costs one evaluation and
/// not the file.
package struct Script: Sendable {
  package var statements: [ScriptStatement]

  package init(statements: [ScriptStatement]) {
    self.statements = statements
  }
}

/// One command of a script.
package struct ScriptStatement: Sendable {
  package enum Command: Sendable {
    /// Forgets all series.
    case clear
    case load(SeriesLoad)
    case evaluate(ScriptEvaluation)
    /// Neither; says why.
    case broken(String)
  }

  /// The line of the command, from 1.
  package var line: Int
  package var command: Command

  package init(line: Int, command: Command) {
    self.line = line
    self.command = command
  }
}

/// `load 1m` with its series, or `load_with_nhcb 1m`.
package struct SeriesLoad: Sendable {
  /// The distance of samples; the first is at time zero.
  package var step: Milliseconds
  package var series: [NotatedSeries]
  /// `load_with_nhcb`: native histograms are made of classic ones.
  package var makesHistograms: Bool
  /// The first line that isn't a series, and why.
  package var problem: String?

  package init(
    step: Milliseconds, series: [NotatedSeries] = [], makesHistograms: Bool = false,
    problem: String? = nil
  ) {
    self.step = step
    self.series = series
    self.makesHistograms = makesHistograms
    self.problem = problem
  }
}

/// `eval instant at 5m query` or `eval range from 0 to 5m step 1m query`, with what is expected.
package struct ScriptEvaluation: Sendable {
  package enum Times: Equatable, Sendable {
    case instant(Timestamp)
    case range(StepGrid)
  }

  package var times: Times
  package var query: String
  package var expectation: ExpectedAnswer

  package init(times: Times, query: String, expectation: ExpectedAnswer = ExpectedAnswer()) {
    self.times = times
    self.query = query
    self.expectation = expectation
  }
}
