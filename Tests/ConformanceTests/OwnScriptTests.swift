import MetricModel
import PromQL
import QueryScripts
import Testing

@Suite struct OwnScriptTests {
  @Test func `there are scripts`() {
    #expect(ScriptFile.own.count >= 10)
  }

  @Test(arguments: ScriptFile.own)
  func `every evaluation of our own scripts passes`(file: ScriptFile) throws {
    let report = file.run(try file.script())
    #expect(report.passedCount > 0)
    for failure in report.failures {
      Issue.record("\(file.name) \(failure)")
    }
  }

  /// The default setting of a Prometheus server.
  @Test(arguments: ScriptFile.own)
  func `every evaluation passes when names are dropped at once`(file: ScriptFile) throws {
    var options = EngineEvaluator.options
    options.delaysNameRemoval = false
    for failure in file.run(try file.script(), options: options).failures {
      Issue.record("\(file.name) \(failure)")
    }
  }

  @Test(arguments: ScriptFile.own)
  func `no evaluation passes when something else is expected`(file: ScriptFile) throws {
    var script = try file.script()
    for index in script.statements.indices {
      guard case .evaluate(var evaluation) = script.statements[index].command else { continue }
      evaluation.expectation = altered(evaluation.expectation)
      script.statements[index].command = .evaluate(evaluation)
    }
    let report = file.run(script)
    for entry in report.entries where entry.hasPassed {
      Issue.record("\(file.name) line \(entry.line) passes whatever is expected: \(entry.query)")
    }
  }

  /// Another number, another text, a series more, success for failure.
  private func altered(_ expectation: ExpectedAnswer) -> ExpectedAnswer {
    var copy = expectation
    if copy.failure != nil {
      copy.failure = nil
      return copy
    }
    switch copy.value {
    case .scalar(let value): copy.value = .scalar(altered(value))
    case .string(let text): copy.value = .string(text + "?")
    case .series(let series): copy.value = .series(altered(series))
    case .rangeVector(let grid, let series): copy.value = .rangeVector(grid, altered(series))
    }
    return copy
  }

  private func altered(_ series: [NotatedSeries]) -> [NotatedSeries] {
    var copy = series
    guard let last = copy.indices.last,
      let place = copy[last].values.lastIndex(where: { value in
        if case .omitted = value { return false }
        return true
      })
    else { return [NotatedSeries(labels: Labels([("surplus", "1")]), values: [.number(1)])] }
    switch copy[last].values[place] {
    case .number(let value): copy[last].values[place] = .number(altered(value))
    case .histogram(let histogram, _) where !histogram.sum.isFinite:
      copy[last].values[place] = .number(0)
    case .histogram(var histogram, let isHintWritten):
      // Another sum alone has to be noticed.
      let rest = NativeHistogram(
        schema: histogram.schema, zeroThreshold: histogram.zeroThreshold, sum: 1,
        customBounds: histogram.customBounds, hint: histogram.hint)
      _ = try? histogram.add(rest)
      copy[last].values[place] = .histogram(histogram, isHintWritten: isHintWritten)
    case .omitted: break
    }
    return copy
  }

  private func altered(_ value: Double) -> Double {
    value.isFinite ? value + max(1, value.magnitude / 1000) : 0
  }
}
