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

  @Test(arguments: [
    ("0", 0), ("1435781430.781", 1_435_781_430_781), ("1970-01-01T00:00:00Z", 0),
    ("2015-07-01T20:10:30.781Z", 1_435_781_430_781),
    ("2024-02-29T12:00:00.5+01:00", 1_709_204_400_500),
    ("1969-12-31T23:59:59.999Z", -1), ("-1.5", -1500),
  ])
  func `times are read as Prometheus' API reads them`(text: String, milliseconds: Int64) {
    #expect(Timestamp(parsing: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "noon", "2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00", "1e400",
  ])
  func `what is not a time is refused`(text: String) {
    #expect(Timestamp(parsing: text) == nil)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (1_709_204_400_500, "2024-02-29T11:00:00.5Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
  ])
  func `times are written in RFC 3339`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test func `a grid includes its end when a step falls on it`() {
    let start = Timestamp(milliseconds: 0)
    let grid = StepGrid.range(
      from: start, through: Timestamp(milliseconds: 120_000), step: .minutes(1))
    #expect(grid?.count == 3)
    #expect(StepGrid.range(from: start, through: start, step: .zero) == nil)
  }
}
