import Exposition
import MetricModel
import Testing

@Suite struct CreatedSamplesTests {
  /// Rows as `labels value start`, 0 where no start is known.
  private func rows(_ text: String) throws -> [String] {
    let batch = try OpenMetricsParser.parse(
      Array((text + "# EOF\n").utf8), untimedAt: Timestamp(milliseconds: 5)
    ).takingCreated
    return (0..<batch.count).map { row in
      let start = batch.startTimes.isEmpty ? 0 : batch.startTimes[row]
      let labels = batch.labels[Int(batch.series[row])]
      return "\(labels) \(NumberText.plain(batch.values[row])) \(start)"
    }
  }

  @Test func `a counter's start is that of its own labels`() throws {
    let found = try rows(
      """
      # TYPE a counter
      a_total{x="1"} 7 # {trace_id="t"} 1
      a_created{x="1"} 1520430000.1239
      a_total{x="2"} 8
      a_created{x="2"} 1520430001
      a_total{x="3"} 9

      """)
    #expect(
      found == [
        #"a_total{x="1"} 7 1520430000123"#, #"a_total{x="2"} 8 1520430001000"#,
        #"a_total{x="3"} 9 0"#,
      ])
  }

  @Test func `all series of a histogram and of a summary have its start`() throws {
    let found = try rows(
      """
      # TYPE h histogram
      h_created 3
      h_bucket{le="1.0"} 1
      h_bucket{le="+Inf"} 2
      h_count 2
      h_sum 3
      # TYPE s summary
      s{quantile="0.5"} 1
      s_count 2
      s_sum 3
      s_created 4

      """)
    #expect(
      found == [
        #"h_bucket{le="1.0"} 1 3000"#, #"h_bucket{le="+Inf"} 2 3000"#, "h_count 2 3000",
        "h_sum 3 3000", #"s{quantile="0.5"} 1 4000"#, "s_count 2 4000", "s_sum 3 4000",
      ])
  }

  @Test func `what others call created stays a series`() throws {
    let found = try rows(
      """
      # TYPE g gauge
      g 1
      # TYPE g_created gauge
      g_created 2
      # TYPE n_created counter
      n_created_total 3
      n_created_created 4
      plain_created 5

      """)
    #expect(found == ["g 1 0", "g_created 2 0", "n_created_total 3 4000", "plain_created 5 0"])
  }

  @Test(arguments: ["NaN", "+Inf", "1e300"])
  func `a start that is no time is none`(value: String) throws {
    #expect(try rows("# TYPE a counter\na_total 1\na_created \(value)\n") == ["a_total 1 0"])
  }
}
