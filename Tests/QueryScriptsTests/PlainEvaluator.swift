import MetricModel
import PromQL
import QueryScripts

/// Answers numbers, strings, plain selectors and `vector(number)`; enough to test scripts without
/// an engine.
struct PlainEvaluator: ScriptEvaluator {
  /// Set to make the mistake that pinned copies must find.
  var ignoresPins = false
  /// Set to make the mistake that range copies must find.
  var shiftsRanges = false
  var annotations: [Annotation] = []

  func answer(
    _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
  ) throws(EvaluationFailure) -> QueryAnswer {
    let expression: QueryExpression
    do {
      expression = try Parser.parse(query)
    } catch {
      throw EvaluationFailure(error.description)
    }
    switch times {
    case .instant(let time):
      return QueryAnswer(
        value: try instant(expression, time, series), annotations: annotations)
    case .range(let grid):
      return QueryAnswer(value: try range(expression, grid, series), annotations: annotations)
    }
  }

  private func instant(
    _ expression: QueryExpression, _ time: Timestamp, _ series: InMemorySeries
  ) throws(EvaluationFailure) -> QueryValue {
    switch expression.unparenthesised {
    case .number(let literal, _):
      return .scalar(ScalarPoint(time: time, value: literal.value))
    case .string(let literal, _): return .string(literal.text, at: time)
    case .selector(let selector): return .vector(try select(selector, time, series))
    case .rangeSelector(let selector, .fixed(let window), _):
      return .matrix(
        try read(
          selector, TimeRange(after: time.advanced(by: Milliseconds(-window.count)), through: time),
          series))
    default: throw EvaluationFailure("cannot evaluate more than selectors")
    }
  }

  private func range(
    _ expression: QueryExpression, _ grid: StepGrid, _ series: InMemorySeries
  ) throws(EvaluationFailure) -> QueryValue {
    var rows: [Labels: SampleColumns] = [:]
    for index in 0..<grid.count {
      let shift: Int64 = shiftsRanges ? -60_000 : 0
      let time = grid[index].advanced(by: Milliseconds(shift))
      switch try instant(expression, time, series) {
      case .scalar(let point):
        rows[.empty, default: SampleColumns()].append(grid[index], point.value)
      case .vector(let samples):
        for sample in samples {
          guard let number = sample.value.number else { continue }
          rows[sample.labels, default: SampleColumns()].append(grid[index], number)
        }
      default: throw EvaluationFailure("invalid expression type for range query")
      }
    }
    return .matrix(
      rows.map { Series(labels: $0.key, samples: $0.value) }.sorted { $0.labels < $1.labels })
  }

  private func select(
    _ selector: VectorSelector, _ time: Timestamp, _ series: InMemorySeries
  ) throws(EvaluationFailure) -> [VectorSample] {
    var end = time
    if case .at(let pin)? = selector.shift.pin, !ignoresPins { end = pin }
    guard case .fixed(let offset) = selector.shift.offset else {
      throw EvaluationFailure("cannot compute durations")
    }
    end = end.advanced(by: Milliseconds(-offset.count))
    let window = TimeRange(after: end.advanced(by: .minutes(-5)), through: end)
    return try read(selector, window, series).compactMap { series in
      guard let last = series.samples.values.last, !last.isStaleMarker else { return nil }
      return VectorSample(labels: series.labels, time: time, value: last)
    }
  }

  private func read(
    _ selector: VectorSelector, _ window: TimeRange, _ series: InMemorySeries
  ) throws(EvaluationFailure) -> [Series] {
    do {
      let selection = try series.select(selector.matchers, in: window)
      var columns = SampleColumns()
      var result: [Series] = []
      for (index, labels) in selection.labels.enumerated() {
        try selection.read(index, in: window, into: &columns)
        if columns.isEmpty { continue }
        result.append(Series(labels: labels, samples: columns))
      }
      return result
    } catch {
      throw EvaluationFailure(error.description)
    }
  }
}
