import MetricModel
import Testing

@Suite struct TimeTests {
  @Test(arguments: [
    ("1h30m", 5_400_000), ("250ms", 250), ("1y", 31_536_000_000), ("0", 0), ("1d", 86_400_000),
  ])
  func `durations are read`(text: String, milliseconds: Int64) {
    #expect(Milliseconds(parsing: text)?.count == milliseconds)
  }

  @Test(arguments: ["", "30m1h", "1m1m", "1.5h", "-5m", "5", "m", "99999999999999999999y"])
  func `what is not a duration is refused`(text: String) {
    #expect(Milliseconds(parsing: text) == nil)
  }

  @Test(arguments: [(5_400_000, "1h30m"), (0, "0s"), (1500, "1s500ms"), (86_400_000, "1d")])
  func `durations are spelled as Prometheus spells them`(milliseconds: Int64, text: String) {
    #expect(Milliseconds(milliseconds).description == text)
  }

  @Test func `a grid includes its end when a step falls on it`() {
    let start = Timestamp(milliseconds: 0)
    let grid = StepGrid.range(
      from: start, through: Timestamp(milliseconds: 120_000), step: .minutes(1))
    #expect(grid?.count == 3)
    #expect(StepGrid.range(from: start, through: start, step: .zero) == nil)
  }
}
