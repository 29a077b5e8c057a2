import Simulation
import Testing

@Suite struct TextPlotTests {
  private func points(_ values: [Double]) -> [TextPlot.Point] {
    values.enumerated().map { TextPlot.Point(x: Double($0), y: $1) }
  }

  @Test(arguments: [
    ([1.0, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"), ([5, 5], "▅▅"), ([], ""), ([.nan, 1], "·▅"),
    ([.infinity], "·"), ([-1e308, 1e308], "▁█"),
  ])
  func `sparklines`(values: [Double], text: String) {
    #expect(TextPlot.sparkline(values) == text)
  }

  @Test(arguments: [
    (0.0, "░░░░░░░░░░"), (0.1, "█░░░░░░░░░"), (0.25, "██▌░░░░░░░"), (1, "██████████"),
    (7, "██████████"), (-1, "░░░░░░░░░░"), (.nan, "··········"),
  ])
  func `bars`(share: Double, text: String) {
    #expect(TextPlot.bar(share, width: 10) == text)
  }

  @Test func `canary and stable with a limit`() {
    let plot = TextPlot(
      title: "accuracy",
      series: [
        TextPlot.Line(name: "stable", mark: "○", points: points([0.95, 0.951, 0.949, 0.95])),
        TextPlot.Line(name: "canary", mark: "●", points: points([0.95, 0.94, 0.92, 0.91])),
      ],
      limit: .init(name: "threshold", y: 0.9), width: 40, height: 6,
      xText: { "R+\(Int($0))m" })
    let expected = """
      accuracy
       0.951 ┤●         ○          ○         ○
             │          ●
             │
             │                     ●
             │                               ●
         0.9 ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
             └R+0m────────────────────────R+3m
              ○ stable   ● canary   ╌ threshold
      """
    let text = plot.lines.joined(separator: "\n")
    #expect(text == expected, "\n\(text)")
  }

  @Test(arguments: [
    [Double](), [.nan], [.infinity, -.infinity], [0], [1e308, -1e308], [.leastNonzeroMagnitude, 0],
    [-5, -5, -5],
  ])
  func `odd numbers are drawn or left out`(values: [Double]) {
    let plot = TextPlot(
      title: "odd", series: [.init(name: "a", mark: "*", points: points(values))], width: 500,
      height: 900)
    let widest = plot.lines.map(\.count).max() ?? 0
    #expect(widest <= 100)
    #expect(plot.lines.count <= 43)
  }

  @Test(arguments: [
    (0.9132, "0.913"), (150.25, "150.3"), (12345.6, "12346"), (0, "0"), (0.00412, "0.00412"),
    (-2.5, "-2.5"), (.nan, "NaN"), (.infinity, "+Inf"), (1e300, "1e+300"), (-0.00001, "-0.00001"),
  ])
  func `short numbers`(value: Double, text: String) {
    #expect(ShortNumber.text(value) == text)
  }
}
