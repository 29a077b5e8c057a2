/// Small plots out of text, for terminals: at most 100 columns, block characters, no colours.
///
///     TextPlot.sparkline([1, 3, 2])                 // "▁█▄"
///     TextPlot(series: [canary, stable]).lines      // axes, one mark for each series
package struct TextPlot: Sendable {
  /// Points of one colour.
  package struct Line: Equatable, Sendable {
    package var name: String
    /// One column wide.
    package var mark: Character
    /// NaN and infinite values are left out.
    package var points: [Point]

    package init(name: String, mark: Character, points: [Point]) {
      self.name = name
      self.mark = mark
      self.points = points
    }
  }

  package struct Point: Equatable, Sendable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }

    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  /// A horizontal line at a limit.
  package struct Limit: Equatable, Sendable {
    package var name: String
    package var y: Double

    package init(name: String, y: Double) {
      self.name = name
      self.y = y
    }
  }

  package var title: String
  package var series: [Line]
  package var limit: Limit?
  /// Columns in all, at most 100.
  package var width: Int
  /// Rows of the plotting area.
  package var height: Int
  /// How numbers on the left are written.
  package var yText: @Sendable (Double) -> String
  /// How the ends of the lower axis are written.
  package var xText: @Sendable (Double) -> String

  package init(
    title: String, series: [Line], limit: Limit? = nil, width: Int = 80, height: Int = 8,
    yText: @escaping @Sendable (Double) -> String = { ShortNumber.text($0) },
    xText: @escaping @Sendable (Double) -> String = { ShortNumber.text($0) }
  ) {
    self.title = title
    self.series = series
    self.limit = limit
    self.width = min(max(width, 30), 100)
    self.height = min(max(height, 2), 40)
    self.yText = yText
    self.xText = xText
  }

  /// Title, plot, axis and legend; says so when there is nothing to draw.
  package var lines: [String] {
    let points = series.flatMap(\.points).filter(\.isFinite)
    guard let first = points.first else { return [title, "  (no data)"] }
    var (left, right, low, high) = (first.x, first.x, first.y, first.y)
    for point in points {
      (left, right) = (min(left, point.x), max(right, point.x))
      (low, high) = (min(low, point.y), max(high, point.y))
    }
    if let limit, limit.y.isFinite { (low, high) = (min(low, limit.y), max(high, limit.y)) }
    if low == high {
      let half = low == 0 ? 1 : low.magnitude * 0.05
      (low, high) = (low - half, high + half)
    }
    let labels = [yText(high), yText(low)]
    let margin = min(labels.map(\.count).max() ?? 0, 20) + 2
    var grid = Grid(columns: max(10, width - margin - 1), rows: height)
    grid.x = Grid.Scale(from: left, to: right, cells: grid.columns)
    grid.y = Grid.Scale(from: low, to: high, cells: grid.rows)
    if let limit { grid.drawLimit(limit.y) }
    for line in series { grid.draw(line) }
    return [title] + frame(grid, labels: labels, margin: margin)
      + [axis(from: left, to: right, margin: margin), legend(margin: margin)]
  }

  private func frame(_ grid: Grid, labels: [String], margin: Int) -> [String] {
    grid.cells.enumerated().map { row, cells in
      let label = row == 0 ? labels[0] : row == grid.rows - 1 ? labels[1] : ""
      let side = row == 0 || row == grid.rows - 1 ? "┤" : "│"
      return Padded.left(label, margin - 1) + " " + side + Self.trimmed(String(cells))
    }
  }

  private func axis(from left: Double, to right: Double, margin: Int) -> String {
    let (first, last) = (xText(left), xText(right))
    let gap = max(1, width - margin - 1 - first.count - last.count)
    return String(repeating: " ", count: margin) + "└" + first
      + String(repeating: "─", count: gap) + last
  }

  private func legend(margin: Int) -> String {
    var parts = series.map { "\($0.mark) \($0.name)" }
    if let limit { parts.append("╌ \(limit.name)") }
    return String(repeating: " ", count: margin + 1) + parts.joined(separator: "   ")
  }

  private static func trimmed(_ text: String) -> String {
    var result = text
    while result.last == " " { result.removeLast() }
    return result
  }

  /// One character for each value, its height between the least and the greatest; `·` for none.
  package static func sparkline(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else {
      return String(repeating: "·", count: values.count)
    }
    let levels = Array("▁▂▃▄▅▆▇█")
    return String(
      values.map { value -> Character in
        guard value.isFinite else { return "·" }
        let share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5
        let level = Int((share * Double(levels.count - 1)).rounded())
        return levels[min(max(level, 0), levels.count - 1)]
      })
  }

  /// A bar for a share of 1: `████▌░░░░░`, in half columns.
  package static func bar(_ share: Double, width: Int = 20) -> String {
    guard share.isFinite else { return String(repeating: "·", count: width) }
    let halves = Int((min(max(share, 0), 1) * Double(width * 2)).rounded())
    let full = String(repeating: "█", count: halves / 2)
    let half = halves % 2 == 1 ? "▌" : ""
    return full + half + String(repeating: "░", count: width - halves / 2 - halves % 2)
  }
}

/// The plotting area: cells, and where values fall in them.
private struct Grid {
  /// Maps values to cells, the first to 0 and the last to `cells - 1`.
  struct Scale {
    var from = 0.0
    var to = 1.0
    var cells = 1

    func cell(_ value: Double) -> Int {
      guard to > from else { return 0 }
      // Halves first, since the difference of two finite numbers may be infinite.
      let share = (value / 2 - from / 2) / (to / 2 - from / 2)
      let cell = (share * Double(cells - 1)).rounded()
      return cell.isFinite ? Int(min(max(cell, 0), Double(cells - 1))) : 0
    }
  }

  let columns: Int
  let rows: Int
  var x = Scale()
  var y = Scale()
  private(set) var cells: [[Character]]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  mutating func drawLimit(_ value: Double) {
    guard value.isFinite else { return }
    let row = rows - 1 - y.cell(value)
    for column in 0..<columns { cells[row][column] = "╌" }
  }

  /// Later lines cover earlier ones.
  mutating func draw(_ line: TextPlot.Line) {
    for point in line.points where point.isFinite {
      cells[rows - 1 - y.cell(point.y)][x.cell(point.x)] = line.mark
    }
  }
}

/// Numbers for people: three or four significant digits.
package enum ShortNumber {
  package static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
    let magnitude = value.magnitude
    if magnitude >= 1e15 || (magnitude > 0 && magnitude < 1e-6) { return "\(value)" }
    let decimals = magnitude >= 1000 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.1 ? 3 : 5
    return trimmed(fixed(value, decimals: decimals))
  }

  /// With as many decimals as asked for.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled.isFinite, let units = UInt64(exactly: scaled) else { return "\(value)" }
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(units)" }
    let whole = UInt64(scale)
    return "\(sign)\(units / whole).\(Padded.zeros(units % whole, decimals))"
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var result = text
    while result.last == "0" { result.removeLast() }
    if result.last == "." { result.removeLast() }
    return result
  }
}
