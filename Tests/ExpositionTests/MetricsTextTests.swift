import Exposition
import MetricModel
import Testing

@Suite struct MetricsTextTests {
  @Test func `families have their help and type above their samples`() {
    var text = MetricsText()
    text.gauge("up", 1, "Whether it runs.")
    text.family("requests_total", "counter", "Requests\nanswered, \"all\" of them.")
    text.sample("requests_total", 7e9, [("code", "200"), ("path", "/")])
    text.sample("requests_total", .infinity, rendered: MetricsText.rendered([("code", "500")]))
    let expected = #"""
      # HELP up Whether it runs.
      # TYPE up gauge
      up 1
      # HELP requests_total Requests\nanswered, "all" of them.
      # TYPE requests_total counter
      requests_total{code="200",path="/"} 7e+09
      requests_total{code="500"} +Inf

      """#
    #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
  }

  @Test(arguments: [#"C:\new"#, "two\nlines", #"a "quoted" \" word"#, "tab\t and é", "\u{7}"])
  func `a label's value is read back as it was`(_ value: String) throws {
    var text = MetricsText()
    text.sample("a", 1, [("b", value), ("c", "d")])
    let batch = try TextParser.parse(text.bytes, untimedAt: Timestamp(milliseconds: 5))
    #expect(batch.labels == [Labels([("__name__", "a"), ("b", value), ("c", "d")])])
  }
}
