internal import Glibc

/// Colours that differ for most eyes, on white and on black.
private let colours = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#7f7f7f",
  "#bcbd22", "#9467bd",
]

/// One row a policy, a dot for each series, on a logarithmic axis.
struct DotPlot {
  struct Axis {
    /// What it shows, and in which unit.
    var name: String
    var least: Double
    var most: Double
    var ticks: [Double]
  }

  var title: String
  var axis: Axis
  /// Where a dashed line goes, and what it means.
  var line: (value: Double, name: String)
  var rows: [String]
  /// A value for each row; NaN has no dot.
  var series: [(name: String, values: [Double])]

  private static let (left, right, rowHeight) = (250.0, 880.0, 26.0)

  var svg: String {
    let legendRows = (series.count + 3) / 4
    let top = 64 + 20 * Double(legendRows)
    let bottom = top + Self.rowHeight * Double(rows.count)
    var picture = Picture(width: 900, height: bottom + 52)
    picture.text(title, x: 12, y: 22, size: 15, weight: "bold")
    for (index, one) in series.enumerated() {
      let (x, y) = (20 + 220 * Double(index % 4), 44 + 20 * Double(index / 4))
      picture.dot(x: x, y: y - 4, colour: Self.colour(index))
      picture.text(one.name, x: x + 10, y: y)
    }
    for tick in axis.ticks {
      let x = place(tick)
      picture.line(from: (x, top), to: (x, bottom), colour: "#ccc")
      picture.text(Self.label(tick), x: x, y: bottom + 18, anchor: "middle")
    }
    let x = place(line.value)
    picture.line(from: (x, top - 4), to: (x, bottom), colour: "#c00", dashes: "5 4")
    picture.text(line.name, x: x, y: top - 8, colour: "#c00", anchor: "middle")
    picture.text(
      axis.name, x: (Self.left + Self.right) / 2, y: bottom + 38, anchor: "middle")
    for (row, name) in rows.enumerated() {
      let y = top + Self.rowHeight * (Double(row) + 0.5)
      picture.text(name, x: Self.left - 12, y: y + 4, anchor: "end")
      picture.line(from: (Self.left, y), to: (Self.right, y), colour: "#eee")
      for (index, one) in series.enumerated() where row < one.values.count {
        guard one.values[row].isFinite else { continue }
        picture.dot(x: place(one.values[row]), y: y, colour: Self.colour(index))
      }
    }
    return picture.svg
  }

  private static func colour(_ index: Int) -> String { colours[index % colours.count] }

  private static func label(_ value: Double) -> String {
    value < 1 ? Figures.fixed(value, 1) : Figures.grouped(value)
  }

  private func place(_ value: Double) -> Double {
    let way = log(min(axis.most, max(axis.least, value)) / axis.least) / log(axis.most / axis.least)
    return Self.left + way * (Self.right - Self.left)
  }
}

/// Shares in percent over numbers of requests, the latter on a logarithmic axis.
struct LinePlot {
  var title: String
  var lines: [(name: String, points: [(x: Double, y: Double)])]

  var svg: String {
    let (left, right, top, bottom) = (60.0, 660.0, 40.0, 380.0)
    var picture = Picture(width: 900, height: 430)
    picture.text(title, x: 12, y: 22, size: 15, weight: "bold")
    func x(_ requests: Double) -> Double {
      left + log(max(100, requests) / 100) / log(1_100) * (right - left)
    }
    func y(_ percent: Double) -> Double { bottom - percent / 100 * (bottom - top) }
    for percent in stride(from: 0.0, through: 100, by: 20) {
      picture.line(from: (left, y(percent)), to: (right, y(percent)), colour: "#ccc")
      picture.text(Figures.grouped(percent), x: left - 8, y: y(percent) + 4, anchor: "end")
    }
    for requests in [100.0, 300, 1_000, 3_000, 10_000, 30_000, 100_000] {
      picture.line(from: (x(requests), top), to: (x(requests), bottom), colour: "#ccc")
      picture.text(Figures.grouped(requests), x: x(requests), y: bottom + 18, anchor: "middle")
    }
    picture.text(
      "canary requests served", x: (left + right) / 2, y: bottom + 38, anchor: "middle")
    for (index, line) in lines.enumerated() {
      let colour = colours[index % colours.count]
      picture.path(line.points.map { (x($0.x), y($0.y)) }, colour: colour)
      let height = top + 20 + 22 * Double(index)
      picture.line(from: (right + 12, height), to: (right + 32, height), colour: colour, width: 2)
      picture.text(line.name, x: right + 38, y: height + 4)
    }
    return picture.svg
  }
}

/// The little of SVG that plots need. White ground, so that it reads in dark pages too.
private struct Picture {
  private var body: [String]

  init(width: Double, height: Double) {
    let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    body = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) font-family=\"sans-serif\" "
        + "font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
    ]
  }

  var svg: String { (body + ["</svg>"]).joined(separator: "\n") + "\n" }

  mutating func line(
    from: (Double, Double), to: (Double, Double), colour: String, dashes: String = "",
    width: Double = 1
  ) {
    let dash = dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\""
    body.append(
      "<line x1=\"\(Self.number(from.0))\" y1=\"\(Self.number(from.1))\" "
        + "x2=\"\(Self.number(to.0))\" y2=\"\(Self.number(to.1))\" stroke=\"\(colour)\" "
        + "stroke-width=\"\(Self.number(width))\"\(dash)/>")
  }

  mutating func dot(x: Double, y: Double, colour: String) {
    body.append(
      "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"4.5\" fill=\"\(colour)\" "
        + "fill-opacity=\"0.85\"/>")
  }

  mutating func path(_ points: [(Double, Double)], colour: String) {
    let text = points.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
    body.append(
      "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>")
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 12, weight: String = "normal",
    colour: String = "#000", anchor: String = "start"
  ) {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    body.append(
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" "
        + "font-weight=\"\(weight)\" fill=\"\(colour)\" text-anchor=\"\(anchor)\">\(escaped)</text>"
    )
  }

  private static func number(_ value: Double) -> String {
    Figures.fixed(value, 1).replacingMinus
  }
}

extension String {
  /// SVG wants the hyphen where tables want the minus sign.
  fileprivate var replacingMinus: String { String(map { $0 == "−" ? "-" : $0 }) }
}
