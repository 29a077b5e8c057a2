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

    package init(
      time: Double, label: String, value: Double, lower: Double? = nil, upper: Double? = nil,
      phase: AnalysisPhase
    ) {
      (self.time, self.label, self.value) = (time, label, value)
      (self.lower, self.upper, self.phase) = (lower, upper, phase)
    }
  }

  package var title: String
  package var points: [Point]
  /// The value of no difference; nil for thresholds.
  package var neutral: Double?
  /// How much worse is still good enough; nil without a margin.
  package var limit: Double?

  package init(title: String, neutral: Double?, limit: Double?, points: [Point]) {
    (self.title, self.neutral, self.limit, self.points) = (title, neutral, limit, points)
  }

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
  var range: ClosedRange<Double> {
    let values =
      points.flatMap { [$0.value, $0.lower, $0.upper].compactMap { $0 } }
      + [neutral, limit].compactMap { $0 }
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    return low < high ? low...high : (low - 0.5)...(high + 0.5)
  }

  /// For terminals: one row a look, its interval as a bar on a common scale.
  ///
  ///     +1m0s  ├──────●──┼──┤    0.021
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
      if let lower = point.lower, let upper = point.upper {
        let (first, last) = (column(lower), column(upper))
        for index in first...max(first, last) { cells[index] = "─" }
        cells[first] = "├"
        cells[last] = "┤"
      }
      // Over the bar, which would hide whether it reaches them.
      if let neutral = neutral.map(column) { cells[neutral] = cells[neutral] == " " ? "┊" : "┼" }
      if let limit { cells[column(limit)] = "╳" }
      cells[column(point.value)] = "●"
      let label = String(repeating: " ", count: max(0, 9 - point.label.count)) + point.label
      lines.append(
        "  \(label)  \(String(cells))  \(PlainNumber.short(point.value)) \(point.phase.rawValue)")
    }
    let low = PlainNumber.short(range.lowerBound)
    let high = PlainNumber.short(range.upperBound)
    let gap = String(repeating: " ", count: max(1, columns - low.count - high.count))
    lines.append(String(repeating: " ", count: 13) + low + gap + high)
    let marks = [neutral.map { _ in "┊ no difference" }, limit.map { _ in "╳ margin" }]
    let legend = marks.compactMap(\.self)
    if !legend.isEmpty { lines.append("             " + legend.joined(separator: "   ")) }
    return lines
  }
}
