import Analysis
import MetricModel
import Testing

@Suite struct LookChartTests {
  /// Looks at values with an interval, compared with 0 and 0.02.
  private static func chart(_ looks: [(value: Double, half: Double, AnalysisPhase)]) -> LookChart {
    var chart = LookChart(
      title: "a<b: difference", neutral: 0, limit: 0.02,
      points: looks.enumerated().map { number, look in
        LookChart.Point(
          time: Double(60 * number), label: "+\(number)m0s", value: look.value,
          lower: look.value - look.half, upper: look.value + look.half, phase: look.2)
      })
    chart.title += "\u{1}"
    return chart
  }

  @Test func `what a bar reaches is seen through it`() {
    let lines = Self.chart([(0.01, 0.03, .inconclusive), (-0.01, 0.005, .successful)]).lines
    #expect(
      lines[1] == "      +0m0s  ├───────────────┼───────●──────╳───────────────┤  0.01 Inconclusive"
    )
    #expect(lines[2].contains("├───●───┤   ┊  "))
    #expect(lines.last == "             ┊ no difference   ╳ margin")
  }

  @Test func `a picture has each look, scale and legend inside of its frame`() throws {
    let looks = (0..<30).map { (0.001 * Double($0), 0.004, AnalysisPhase.failed) }
    let svg = Self.chart(looks).svg
    #expect(svg.contains("a&lt;b: difference\u{fffd}</text>"))
    #expect(svg.components("<circle") == 30 + 1)
    #expect(svg.components(">+") == 8)
    #expect(svg.contains(">no difference</text>") && svg.contains(">margin</text>"))
    for match in svg.matches(of: /[ c]x[12]?="([0-9.-]+)"/) {
      let x = try #require(Double(match.1))
      #expect(x >= 4 && x <= 628)
    }
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int { split(separator: part).count - 1 }
}
