internal import MetricModel

extension LookChart {
  private enum Frame {
    /// Where values and times begin and end.
    static let (left, right, top, bottom) = (84.0, 596.0, 54.0, 220.0)
  }

  /// A picture for the web, 640 by 260, on a ground of its own, so that it reads in dark pages too.
  package var svg: String {
    let size = "width=\"640\" height=\"260\" viewBox=\"0 0 640 260\""
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) "
    text += "font-family=\"sans-serif\" font-size=\"11\">\n"
    text += "<rect width=\"640\" height=\"260\" fill=\"#fff\"/>\n"
    text += "<text x=\"12\" y=\"20\" font-size=\"13\">\(XMLText.escaped(title))</text>\n"
    text += legend
    for value in [range.lowerBound, range.upperBound] {
      text += line(at: value, colour: "#ddd", dashes: "")
    }
    for mark in marks { text += line(at: mark.value, colour: mark.colour, dashes: Self.dashes) }
    text += scale
    // No more times than there is room for.
    let every = (points.count + 7) / 8
    for (index, point) in points.enumerated() {
      text += drawn(point)
      guard index.isMultiple(of: every) else { continue }
      text += "<text x=\"\(x(point.time))\" y=\"246\" text-anchor=\"middle\">"
      text += "\(point.label)</text>\n"
    }
    return text + "</svg>\n"
  }

  private func drawn(_ point: Point) -> String {
    let (colour, x) = (Self.colour(of: point.phase), x(point.time))
    var text = ""
    if let lower = point.lower, let upper = point.upper {
      text += "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(y(lower))\" y2=\"\(y(upper))\" "
      text += "stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
    }
    text += "<circle cx=\"\(x)\" cy=\"\(y(point.value))\" r=\"4\" fill=\"\(colour)\">"
    return text
      + "<title>\(PlainNumber.short(point.value)) \(point.phase.rawValue)</title></circle>\n"
  }

  private func line(at value: Double, colour: String, dashes: String) -> String {
    "<line x1=\"70\" x2=\"628\" y1=\"\(y(value))\" y2=\"\(y(value))\" "
      + "stroke=\"\(colour)\"\(dashes)/>\n"
  }

  private static let dashes = " stroke-dasharray=\"4 3\""

  /// What the values are compared with.
  private var marks: [(value: Double, colour: String, words: String)] {
    let all = [(neutral, "#666", "no difference"), (limit, "#b3261e", "margin")]
    return all.compactMap { value, colour, words in value.map { ($0, colour, words) } }
  }

  /// The values at the ends, and those of the marks that don't come too near to them.
  private var scale: String {
    var (text, taken) = ("", [Double]())
    for value in [range.lowerBound, range.upperBound] + marks.map(\.value) {
      let height = height(value)
      guard taken.allSatisfy({ abs($0 - height) > 12 }) else { continue }
      taken.append(height)
      text += "<text x=\"64\" y=\"\(y(value))\" dy=\"4\" text-anchor=\"end\">"
      text += "\(PlainNumber.short(value))</text>\n"
    }
    return text
  }

  /// What colours and lines mean, of those that there are.
  private var legend: String {
    var (text, left) = ("", 12.0)
    func add(_ words: String, _ sign: (String) -> String) {
      text += sign(Self.coordinate(left + 4))
      text += "<text x=\"\(Self.coordinate(left + 16))\" y=\"38\">\(words)</text>\n"
      left += 34 + 6.5 * Double(words.count)
    }
    for phase in [AnalysisPhase.successful, .inconclusive, .failed, .error]
    where points.contains(where: { $0.phase == phase }) {
      add(phase.rawValue) {
        "<circle cx=\"\($0)\" cy=\"34\" r=\"4\" fill=\"\(Self.colour(of: phase))\"/>"
      }
    }
    for mark in marks {
      let stroke = "stroke=\"\(mark.colour)\"\(Self.dashes)"
      add(mark.words) { "<path d=\"M\($0) 34 m-7 0 h16\" \(stroke)/>" }
    }
    return text
  }

  private func x(_ time: Double) -> String {
    let last = max(points.map(\.time).max() ?? 1, 1)
    return Self.coordinate(Frame.left + time / last * (Frame.right - Frame.left))
  }

  private func y(_ value: Double) -> String {
    Self.coordinate(height(value))
  }

  private func height(_ value: Double) -> Double {
    let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return Frame.bottom - share * (Frame.bottom - Frame.top)
  }

  private static func coordinate(_ value: Double) -> String {
    NumberText.plain((value * 10).rounded() / 10)
  }

  private static func colour(of phase: AnalysisPhase) -> String {
    switch phase {
    case .successful: "#2a7d3f"
    case .failed: "#b3261e"
    case .error: "#7b1fa2"
    case .inconclusive, .pending, .running: "#8a6d00"
    }
  }
}
