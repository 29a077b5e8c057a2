import MetricModel
import PromQL
import Testing

/// What the passes make of plans; that answers stay the same, `LawTests` ask of random queries, and
/// here of those that the passes are meant for.
@Suite struct PlanPassTests {
  private var recording: Recording {
    var recording = Recording()
    for pod in ["1", "2", "3"] {
      for code in ["200", "500"] {
        let labels = [("code", code), ("pod", pod)]
        let slope = Double(Int(code) ?? 0) * 0.013 * Double(Int(pod) ?? 0)
        recording.add("requests_total", labels, (0..<40).map { Double($0) * slope })
        recording.add("failures_total", labels, (0..<40).map { Double($0 % 17) * slope })
      }
    }
    return recording
  }

  private func plan(_ text: String) throws -> String {
    try Query(text).explained(
      over: StepGrid(start: Recording.minute(10), step: .minutes(1), count: 20))
  }

  /// Answers of the optimised and of the plain plan.
  private func answers(_ text: String) throws -> (QueryAnswer, QueryAnswer) {
    var plain = QueryOptions()
    plain.optimises = false
    return (
      try recording.range(text, minutes: 10...29, options: QueryOptions()),
      try recording.range(text, minutes: 10...29, options: plain)
    )
  }

  @Test func `a part that is written twice is computed once`() throws {
    #expect(
      try plan("rate(requests_total[5m]) > on () group_left () avg(rate(requests_total[5m]))")
        == """
        join > on () group_left ()
          shared rows 0
            rate [5m], drop names
              series {__name__="requests_total"}
          avg by ()
            shared rows 0
              rate [5m], drop names
                series {__name__="requests_total"}
        """)
    #expect(
      try plan("sum(x) / count(x) + sum(x)") == """
        join + ignoring ()
          join / ignoring ()
            shared rows 0
              sum by ()
                newest sample [5m]
                  series {__name__="x"}
            count by ()
              newest sample [5m]
                series {__name__="x"}
          shared rows 0
            sum by ()
              newest sample [5m]
                series {__name__="x"}
        """)
  }

  @Test func `what a join asks of one side holds for the other`() throws {
    #expect(
      try plan(
        "sum by (pod) (rate(a_total{pod=\"1\", x!=\"y\"}[5m])) / sum by (pod) (rate(b_total[5m]))")
          == """
          join / ignoring ()
            sum by (pod)
              rate [5m]
                series {__name__="a_total", pod="1", x!="y"}
            sum by (pod)
              rate [5m]
                series {__name__="b_total", pod="1"}
          """)
    // Two elements of the right side with the same job are an error, whether asked for or not.
    #expect(
      try plan("a{job=\"x\"} / on (job) b") == """
        merge rows of equal labels
          join / on (job)
            newest sample [5m]
              series {__name__="a", job="x"}
            newest sample [5m]
              series {__name__="b"}
        """)
    #expect(
      try plan("a unless on (job) (b{job=~\"x|y\"} and on (job) c{job!=\"y\"})") == """
        unless on (job)
          newest sample [5m]
            series {__name__="a"}
          and on (job)
            newest sample [5m]
              series {__name__="b", job=~"x|y", job!="y"}
            newest sample [5m]
              series {__name__="c", job!="y", job=~"x|y"}
        """)
  }

  @Test func `a selection that is part of another one isn't read again`() throws {
    #expect(
      try plan("sum(rate(x_total{code=\"500\"}[5m])) / sum(rate(x_total[5m]))") == """
        join / ignoring ()
          sum by ()
            shared rows 0, only {code="500"}
              rate [5m]
                series {__name__="x_total"}
          sum by ()
            shared rows 0
              rate [5m]
                series {__name__="x_total"}
        """)
    // Neither of these holds the other.
    #expect(
      try !plan("sum(x{code=\"500\"}) / sum(x{pod=\"1\"})").contains("shared"))
  }

  @Test(arguments: [
    "rate(requests_total[5m]) > on () group_left () avg(rate(requests_total[5m]))",
    "sum(requests_total) / count(requests_total) + sum(requests_total)",
    "sum(rate(requests_total{code=\"500\"}[5m])) / sum(rate(requests_total[5m]))",
    "sum(rate(requests_total[5m])) / sum(rate(requests_total{code=\"500\"}[5m]))",
    "requests_total{pod=\"1\"} or requests_total{pod=\"1\", code=\"500\"} or requests_total",
    """
    sum by (pod) (rate(requests_total{pod="2", code="500"}[5m]))
    / sum by (pod) (rate(failures_total[5m]))
    """,
    "histogram_quantile(0.5, sum by (le, pod) (requests_total{pod=\"1\"}))",
    "requests_total and on (pod) failures_total{pod!=\"3\"}",
    "requests_total unless on (pod) failures_total{pod!=\"3\"}",
    "rate(requests_total[5m]) - on (pod, code) rate(requests_total[5m])",
  ])
  func `optimised answers are the plain ones to the bit`(text: String) throws {
    let (optimised, plain) = try answers(text)
    #expect(optimised == plain)
    #expect(optimised.lines.count > 0 || text.hasPrefix("histogram"))
  }

  @Test func `rows kept for later readers are bounded and counted`() throws {
    let text = "requests_total - on (pod, code) requests_total"
    #expect(throws: QueryError.self) {
      try recording.range(text, minutes: 10...29, limits: QueryLimits(bytesMax: 1500))
    }
    let answer = try recording.range(text, minutes: 10...29, limits: QueryLimits(bytesMax: 6000))
    #expect(answer.lines.count == 6)
  }
}
