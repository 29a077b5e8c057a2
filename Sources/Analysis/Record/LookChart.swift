internal import Glibc
internal import MetricModel
internal import Statistics

/// A metric's looks as a picture: value or estimate with its interval over time, and what a value
/// that doesn't differ would be.
package struct LookChart: Equatable, Sendable {
  package struct Point: Equatable, Sendable {
    /// Seconds since the start of the run.
    package var time: Double
    /// The same for people: `+1m0s`.
    package var label: String
    package var value: Double
    /// Nil where there is no interval.
    package var lower: Double?
    package var upper: Double?
    package var phase: AnalysisPhase
  }

  package var title: String
  package var points: [Point]
  /// The value of no difference; nil for thresholds.
  package var neutral: Double?
  /// How much worse is still good enough; nil without a margin.
  package var limit: Double?

  /// Nil where no look has a number.
  init?(_ plan: MetricPlan, _ looks: [Measurement], since start: Timestamp) {
    title = plan.name
    points = looks.compactMap { look in
      let evidence = look.comparison?.evidence
      guard let value = evidence?.estimate ?? Self.number(look.value), value.isFinite else {
        return nil
      }
      let elapsed = GoDuration(look.startedAt.since(start))
      return Point(
        time: look.startedAt.since(start).seconds, label: "+" + elapsed.description, value: value,
        lower: evidence.map(\.interval.lower).flatMap { $0.isFinite ? $0 : nil },
        upper: evidence.map(\.interval.upper).flatMap { $0.isFinite ? $0 : nil },
        phase: look.phase)
    }
    guard !points.isEmpty else { return nil }
    let effect = looks.compactMap(\.comparison?.evidence?.effect).first
    neutral = effect?.neutralValue
    if let effect { title = "\(plan.name): \(effect.name)" }
    if let neutral, let comparison = plan.comparison, let margin = comparison.margin {
      let sign = comparison.worse == .increase ? 1.0 : -1.0
      limit = neutral == 1 ? pow(1 + margin, sign) : neutral + sign * margin
    }
  }

  private static func number(_ text: String) -> Double? {
    let isList = text.hasPrefix("[") && text.hasSuffix("]")
    return NumberText.parse(isList ? String(text.dropFirst().dropLast()) : text)
  }

  /// From the least to the greatest of all there is to draw.
  private var range: ClosedRange<Double> {
    let values =
      points.flatMap { [$0.value, $0.lower, $0.upper].compactMap { $0 } }
      + [neutral, limit].compactMap { $0 }
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    return low < high ? low...high : (low - 0.5)...(high + 0.5)
  }

  /// For terminals: one row a look, its interval as a bar on a common scale.
  ///
  ///     +1m0s  ├──────●─────┤    0.021
  package var lines: [String] {
    let columns = 48
    let range = range
    func column(_ value: Double) -> Int {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      return min(max(Int((share * Double(columns - 1)).rounded()), 0), columns - 1)
    }
    var lines = [title]
    for point in points {
      var cells = [Character](repeating: " ", count: columns)
      if let neutral { cells[column(neutral)] = "┊" }
      if let limit { cells[column(limit)] = "╳" }
      if let lower = point.lower, let upper = point.upper {
        let (first, last) = (column(lower), column(upper))
        for index in first...max(first, last) { cells[index] = "─" }
        cells[first] = "├"
        cells[last] = "┤"
      }
      cells[column(point.value)] = "●"
      let label = String(repeating: " ", count: max(0, 9 - point.label.count)) + point.label
      lines.append(
        "  \(label)  \(String(cells))  \(PlainNumber.short(point.value)) \(point.phase.rawValue)")
    }
    let low = PlainNumber.short(range.lowerBound)
    let high = PlainNumber.short(range.upperBound)
    let gap = String(repeating: " ", count: max(1, columns - low.count - high.count))
    lines.append(String(repeating: " ", count: 13) + low + gap + high)
    return lines
  }

  /// A picture for the web, 640 by 240.
  package var svg: String {
    let (width, height, left, bottom) = (640.0, 240.0, 64.0, 28.0)
    let range = range
    let last = max(points.map(\.time).max() ?? 1, 1)
    func x(_ time: Double) -> String {
      Self.coordinate(left + time / last * (width - left - 16))
    }
    func y(_ value: Double) -> String {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      return Self.coordinate(24 + (1 - share) * (height - bottom - 36))
    }
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 240\" "
    text += "font-family=\"sans-serif\" font-size=\"11\">\n"
    text += "<rect width=\"640\" height=\"240\" fill=\"#fff\"/>\n"
    text += "<text x=\"12\" y=\"15\" font-size=\"13\">\(SVGText.escaped(title))</text>\n"
    for value in [range.lowerBound, range.upperBound] {
      text += "<text x=\"58\" y=\"\(y(value))\" text-anchor=\"end\">"
      text += "\(PlainNumber.short(value))</text>\n"
    }
    for (value, colour, words) in [
      (neutral, "#999", "no difference"), (limit, "#b3261e", "margin"),
    ] {
      guard let value else { continue }
      text += "<line x1=\"64\" x2=\"624\" y1=\"\(y(value))\" y2=\"\(y(value))\" "
      text += "stroke=\"\(colour)\" stroke-dasharray=\"4 3\"/>"
      text += "<text x=\"68\" y=\"\(y(value))\" dy=\"-3\" fill=\"\(colour)\">\(words)</text>\n"
    }
    // No more times than there is room for.
    let every = (points.count + 9) / 10
    for (index, point) in points.enumerated() {
      let colour = Self.colour(of: point.phase)
      if let lower = point.lower, let upper = point.upper {
        text += "<line x1=\"\(x(point.time))\" x2=\"\(x(point.time))\" y1=\"\(y(lower))\" "
        text += "y2=\"\(y(upper))\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
      }
      text += "<circle cx=\"\(x(point.time))\" cy=\"\(y(point.value))\" r=\"4\" fill=\"\(colour)\">"
      text += "<title>\(PlainNumber.short(point.value)) \(point.phase.rawValue)</title></circle>\n"
      guard index.isMultiple(of: every) else { continue }
      text += "<text x=\"\(x(point.time))\" y=\"232\" text-anchor=\"middle\">"
      text += "\(point.label)</text>\n"
    }
    return text + "</svg>\n"
  }

  private static func coordinate(_ value: Double) -> String {
    NumberText.plain((value * 10).rounded() / 10)
  }

  private static func colour(of phase: AnalysisPhase) -> String {
    switch phase {
    case .successful: "#2a7d3f"
    case .failed, .error: "#b3261e"
    case .inconclusive, .pending, .running: "#8a6d00"
    }
  }
}
