import MetricModel
import PromQL
import Testing

@Suite struct ExplainTests {
  private func plan(_ text: String) throws -> String {
    try Query(text, options: .everything).explained(
      over: StepGrid(start: Recording.minute(10), step: .minutes(1), count: 5))
  }

  @Test func `names are left alone below an aggregation that forgets them`() throws {
    #expect(
      try plan("sum by (pod) (rate(requests_total[5m] offset 1h))") == """
        sum by (pod)
          rate [5m] offset 1h
            series {__name__="requests_total"}
        """)
    #expect(
      try plan("sum without (pod) (abs(x))") == """
        sum without (pod)
          abs, drop names
            newest sample [5m]
              series {__name__="x"}
        """)
  }

  @Test func `rows merge only where labels may collide`() throws {
    #expect(
      try plan("rate({job=~\"a.*\"}[5m])") == """
        refuse rows of equal labels
          rate [5m], drop names
            series {job=~"a.*"}
        """)
    #expect(
      try plan("a / on (job) group_left (team) b") == """
        merge rows of equal labels
          join / on (job) group_left (team)
            newest sample [5m]
              series {__name__="a"}
            newest sample [5m]
              series {__name__="b"}
        """)
  }

  @Test func `an extended window is read wider by the lookback`() throws {
    let text = try plan("sum(increase(x[2m] smoothed offset 1h) + fill(0) info(y))")
    #expect(
      text == """
        sum by ()
          merge rows of equal labels
            join + ignoring () fill (0)
              smoothed increase [12m] offset 55m, drop names
                series {__name__="x"}
              merge rows of equal labels
                info {__name__="target_info"} [5m]
                  newest sample [5m]
                    series {__name__="y"}
        """)
  }

  @Test func `what is the same at every step is evaluated once`() throws {
    #expect(
      try plan("x * (2 + 3) > sum(x @ end())") == """
        join > ignoring ()
          each * scalar, drop names
            newest sample [5m]
              series {__name__="x"}
            5
          once for all steps
            sum by ()
              newest sample [5m] @ 840
                series {__name__="x"}
        """)
    #expect(
      try plan("max_over_time(vector(time())[1h:5m] @ 60)") == """
        once for all steps
          max [1h] @ 60, drop names
            every 5m
              evaluation time
        """)
  }
}
