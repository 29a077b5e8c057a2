import Analysis
import MetricModel
import Simulation

/// What the recording shows of canary and stable, for each metric that compares the two: the curves
/// that a person would have watched.
struct RecordedCurves {
  let queries: RecordedQueries
  /// From here, and until there.
  let span: TimeRange
  /// What times count from.
  let origin: Timestamp

  private static let window = Milliseconds.minutes(2)

  /// - Parameter arguments: values for the arguments of the templates.
  func lines(
    for templates: [AnalysisTemplate], arguments: (AnalysisTemplate) -> [Argument]
  ) throws -> [String] {
    var lines: [String] = []
    for template in templates {
      let spec = try AnalysisSpec.merging([template], arguments: arguments(template))
      for plan in AnalysisRun(name: "curves", spec: spec).plans {
        guard let comparison = plan.comparison else { continue }
        let curves = comparison.curves(over: Self.window)
        let plot = TextPlot(
          title: "\(plan.name): \(curves.title)",
          series: [
            TextPlot.Line(name: "stable", mark: "○", points: try points(of: curves.stable)),
            TextPlot.Line(name: "canary", mark: "●", points: try points(of: curves.canary)),
          ],
          width: 90, xText: { "R\($0 < 0 ? "-" : "+")\(ShortNumber.fixed(abs($0), decimals: 0))m" })
        lines += [""] + plot.lines
      }
    }
    return lines
  }

  private func points(of query: String) throws -> [TextPlot.Point] {
    let request = QueryRequest(
      text: query,
      evaluation: .range(start: span.start, end: span.end, step: .seconds(30)))
    guard case .matrix(let series) = try queries.answer(request), let curve = series.first else {
      return []
    }
    return zip(curve.samples.timestamps, curve.samples.values).map { time, value in
      TextPlot.Point(x: Timestamp(milliseconds: time).since(origin).seconds / 60, y: value)
    }
  }
}
