import MetricModel
import Simulation

/// Answers as curves in the terminal.
enum QueryPlot {
  private static let marks: [Character] = ["●", "○", "▲", "△", "■", "□", "◆", "◇", "✕", "＋"]

  /// One plot; series past the number of marks are counted, not drawn.
  static func lines(_ value: QueryValue) -> [String] {
    guard case .matrix(let series) = value, !series.isEmpty else {
      return QueryTable.lines(value)
    }
    let times = series.flatMap(\.samples.timestamps)
    let start = Timestamp(milliseconds: times.min() ?? 0)
    let end = Timestamp(milliseconds: times.max() ?? 0)
    let curves = zip(series, marks).map { series, mark in
      TextPlot.Line(
        name: "\(series.labels)", mark: mark,
        points: zip(series.samples.timestamps, series.samples.values).map { time, value in
          TextPlot.Point(x: Timestamp(milliseconds: time).seconds, y: value)
        })
    }
    let plot = TextPlot(
      title: "", series: curves, width: 100, height: 16,
      xText: { $0 == start.seconds ? start.rfc3339 : end.rfc3339 })
    let rest = series.count - marks.count
    return Array(plot.lines.dropFirst())
      + (rest > 0 ? ["(and \(rest) more series; narrow the query to see them)"] : [])
  }
}
