import MetricModel
import PromQL
import Testing

@Suite struct PlanExplanationTests {
  private var recording: Recording {
    var recording = Recording()
    for pod in ["1", "2"] {
      for code in ["200", "500"] {
        recording.add(
          "requests_total", [("code", code), ("pod", pod)], (0..<20).map { Double($0) })
      }
    }
    recording.add("limit", [("pod", "1")], (0..<20).map { _ in 100 })
    return recording
  }

  private let times = QueryTimes.range(
    StepGrid(start: Recording.minute(10), step: .minutes(1), count: 5))

  @Test func `estimates come from the index alone`() throws {
    let query = try Query("sum by (pod) (rate(requests_total[5m])) / on (pod) limit")
    let explanation = try query.explained(at: times, from: InMemorySeries(recording.series))
    #expect(
      explanation.text == """
        merge rows of equal labels   rows 1 estimated
          join / on (pod)   rows 1 estimated
            sum by (pod)   rows 2 estimated
              rate [5m]   rows 4 estimated
                series {__name__="requests_total"}
            newest sample [5m]   rows 1 estimated
              series {__name__="limit"}
        """)
  }

  @Test func `a query that ran says what each operator did`() throws {
    let query = try Query("sum by (pod) (rate(requests_total{code=~\"2..|5..\"}[5m])) * 2")
    // A clock that goes on by a hundredth of a millisecond each time it is looked at.
    let clock = TickingClock(step: 10_000)
    let source = InMemorySeries(recording.series)
    let (answer, explanation) = try query.analysed(at: times, from: source) { clock.now() }
    guard case .range(let grid) = times else { return }
    #expect(answer == (try query.range(over: grid, from: source)))
    #expect(
      explanation.text == """
        each * scalar, drop names   rows 2 (estimated 2), 0.10 ms
          sum by (pod)   rows 2 (estimated 2), 0.06 ms, 0.15 KiB kept
            rate [5m]   rows 4 (estimated 4), 0.02 ms
              series {__name__="requests_total", code=~"2..|5.."}
          2
        """)
  }

  @Test func `an instant query and a range vector can be explained too`() throws {
    let source = InMemorySeries(recording.series)
    let instant = QueryTimes.instant(Recording.minute(10))
    let (answer, _) = try Query("limit").analysed(at: instant, from: source) { 0 }
    #expect(answer.lines == ["limit{pod=\"1\"} 100"])
    let (samples, explanation) = try Query("limit[3m]").analysed(at: instant, from: source) { 0 }
    #expect(samples.lines == ["limit{pod=\"1\"} 100 100 100"])
    #expect(explanation.text == "series {__name__=\"limit\"}")
  }
}

private final class TickingClock: @unchecked Sendable {
  private var ticks: UInt64 = 0
  private let step: UInt64

  init(step: UInt64) {
    self.step = step
  }

  func now() -> UInt64 {
    ticks += step
    return ticks
  }
}
