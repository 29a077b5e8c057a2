internal import Analysis
internal import MetricModel

/// A sweep as a picture for the web: the shares of false alarms and misses, and the time to
/// detection, for each value of the field.
///
///     SweepPlot(summary).svg
package struct SweepPlot: Sendable {
  private let summary: SweepSummary

  package init(_ summary: SweepSummary) {
    self.summary = summary
  }

  private struct Curve {
    var name: String
    var colour: String
    /// From 0 to 1; nil where there is nothing to divide by.
    var shares: [Double?]
    var labels: [String]
  }

  private var curves: [Curve] {
    let rows = summary.rows
    let longest = rows.compactMap(\.summary.medianTimeToDetection).max() ?? .zero
    let slowest = longest.seconds
    func share(_ count: Int, _ all: Int) -> Double? { all > 0 ? Double(count) / Double(all) : nil }
    return [
      Curve(
        name: "false alarms", colour: "#b3261e",
        shares: rows.map { share($0.summary.falseAlarms, $0.summary.good) },
        labels: rows.map { "\($0.summary.falseAlarms) of \($0.summary.good) good deploys" }),
      Curve(
        name: "missed", colour: "#1f5fa8",
        shares: rows.map { share($0.summary.misses, $0.summary.bad) },
        labels: rows.map { "\($0.summary.misses) of \($0.summary.bad) bad deploys" }),
      Curve(
        name: "undecided", colour: "#8a6d00",
        shares: rows.map { share($0.summary.undecided, $0.summary.outcomes.count) },
        labels: rows.map { "\($0.summary.undecided) of \($0.summary.outcomes.count) deploys" }),
      Curve(
        name: slowest > 0
          ? "time to detection, of \(BacktestSummary.minutes(longest))" : "nothing detected",
        colour: "#2a7d3f",
        shares: rows.map { row in
          row.summary.medianTimeToDetection.flatMap { slowest > 0 ? $0.seconds / slowest : nil }
        },
        labels: rows.map {
          $0.summary.medianTimeToDetection.map(BacktestSummary.minutes) ?? "none detected"
        }),
    ]
  }

  /// 640 by 320.
  package var svg: String {
    let size = "width=\"640\" height=\"320\" viewBox=\"0 0 640 320\""
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) "
    text += "font-family=\"sans-serif\" font-size=\"11\">\n"
    text += "<rect width=\"640\" height=\"320\" fill=\"#fff\"/>\n"
    let subject = "\(summary.sweep.metric.map { "\($0)." } ?? "")\(summary.sweep.field)"
    let title = "What \(XMLText.escaped(subject)) does"
    text += "<text x=\"12\" y=\"18\" font-size=\"13\">\(title)</text>\n"
    for share in [0.0, 0.5, 1] {
      text += "<line x1=\"56\" x2=\"620\" y1=\"\(y(share))\" y2=\"\(y(share))\" stroke=\"#ddd\"/>"
      text += "<text x=\"50\" y=\"\(y(share))\" text-anchor=\"end\" dy=\"4\">"
      text += "\(Int(share * 100)) %</text>\n"
    }
    for (index, row) in summary.rows.enumerated() {
      // At the ends inwards, where long values would be cut off; every other one a line lower,
      // where they would run into each other.
      let anchor = index == 0 ? "start" : index == summary.rows.count - 1 ? "end" : "middle"
      let isLow = !index.isMultiple(of: 2) && !hasRoom
      let left = index == 0 ? "56" : anchor == "end" ? "620" : x(index)
      text += "<text x=\"\(left)\" y=\"\(isLow ? 287 : 273)\" text-anchor=\"\(anchor)\">"
      text += "\(XMLText.escaped(row.value))</text>\n"
    }
    for (place, curve) in curves.enumerated() { text += drawn(curve, place) }
    return text + "</svg>\n"
  }

  /// Whether all values fit into one line.
  private var hasRoom: Bool {
    let widest = summary.rows.map(\.value.count).max() ?? 0
    return Double(widest + 2) * 6 * Double(summary.rows.count) < 564
  }

  private func drawn(_ curve: Curve, _ place: Int) -> String {
    // Curves that lie on each other stay visible beside each other.
    let shift = Double(place) * 5 - 7.5
    var points: [String] = []
    var dots = ""
    for (index, share) in curve.shares.enumerated() {
      guard let share else { continue }
      let (left, top) = (x(index, shift), y(share))
      points.append("\(left),\(top)")
      dots += "<circle cx=\"\(left)\" cy=\"\(top)\" r=\"3.5\" fill=\"\(curve.colour)\">"
      dots += "<title>\(XMLText.escaped(summary.rows[index].value)): \(curve.labels[index])</title>"
      dots += "</circle>\n"
    }
    var text = "<polyline fill=\"none\" stroke=\"\(curve.colour)\" stroke-width=\"1.5\" "
    text += "points=\"\(points.joined(separator: " "))\"/>\n\(dots)"
    let left = 56 + 125 * place
    text += "<circle cx=\"\(left)\" cy=\"306\" r=\"4\" fill=\"\(curve.colour)\"/>"
    return text + "<text x=\"\(left + 9)\" y=\"310\">\(XMLText.escaped(curve.name))</text>\n"
  }

  private func x(_ index: Int, _ shift: Double = 0) -> String {
    let step = 524 / Double(max(1, summary.rows.count - 1))
    return NumberText.plain((10 * (76 + Double(index) * step + shift)).rounded() / 10)
  }

  private func y(_ share: Double) -> String {
    NumberText.plain((10 * (256 - 220 * share)).rounded() / 10)
  }
}
