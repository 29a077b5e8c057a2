import Exposition
import MetricModel
import Testing

@Suite struct OpenMetricsParserTests {
  private func parse(_ text: String) throws -> SampleBatch {
    try OpenMetricsParser.parse(
      Array(text.utf8), untimedAt: Timestamp(milliseconds: 5))
  }

  @Test func `a recording is read`() throws {
    let batch = try parse(
      """
      # HELP a text with \\n and "quotes"
      # TYPE a counter
      a_total{b="c"} 1 1700000000.123
      a_total{b="c"} 2 1.700000015e9
      a_created{b="c"} 1.5
      # TYPE s_seconds gauge
      # UNIT s_seconds seconds
      s_seconds 7 1700000000
      # TYPE h histogram
      h_bucket{le="1.0"} 3 1700000000 # {trace="x",span="y"} 0.7 1700000000.5
      h_bucket{le="+Inf"} 4 # {} 9
      {"x.y","z"="w"} 1 0.001
      # EOF

      """)
    #expect(
      lines(of: batch) == [
        ##"a_total{b="c"} 1 1700000000123"##, ##"a_total{b="c"} 2 1700000015000"##,
        ##"a_created{b="c"} 1.5 5"##, "s_seconds 7 1700000000000",
        ##"h_bucket{le="1.0"} 3 1700000000000"##, ##"h_bucket{le="+Inf"} 4 5"##,
        ##"{"x.y", z="w"} 1 1"##,
      ])
  }

  @Test func `the end may lack its line end`() throws {
    #expect(try parse("# EOF").isEmpty)
  }

  @Test(arguments: [
    (
      "a 1 1\n",
      ##"2:1: the text ends without "# EOF", so it has been cut short; expected that as last line"##
    ),
    (
      "a 1 1",
      ##"1:6: the text ends within a sample, so it has been cut short; "##
        + ##"expected "# EOF" as last line"##
    ),
    ("a", ##"1:2: unexpected end of input in a sample, expected a space and the value"##),
    (
      "a 1 1\n\n# EOF\n",
      ##"2:1: unexpected end of line in a sample, expected a metric name, "{" or "#""##
    ),
    ("a 1 x\n# EOF", ##"1:5: "x" is not a timestamp, expected seconds such as 1700000000.123"##),
    (
      "a 1 1e300\n# EOF",
      ##"1:5: "1e300" is not a timestamp, expected seconds such as 1700000000.123"##
    ),
    ("a  1\n# EOF", ##"1:3: unexpected " " in a sample, expected a value"##),
    ("# EOF\na 1\n", ##"2:1: unexpected "a" in the text after # EOF, expected nothing"##),
    ("#EOF", ##"1:2: unexpected "E" in a # line, expected a space, then HELP, TYPE, UNIT or EOF"##),
    ("# EOF ", ##"1:6: unexpected " " in the # EOF line, expected the end of the line"##),
    ("# note\n# EOF", ##"1:3: unexpected "note" after "#", expected HELP, TYPE, UNIT or EOF"##),
    (
      "# TYPE a untyped\n# EOF",
      ##"1:10: "untyped" is not a metric type, expected counter, gauge, histogram, "##
        + "gaugehistogram, summary, info, stateset or unknown"
    ),
    (
      "# UNIT a_bytes seconds\n# EOF",
      ##"1:16: unit "seconds" is not the end of the name "a_bytes", "##
        + ##"expected a name that ends in "_seconds""##
    ),
    (
      "a 1 # {b} 1\n# EOF",
      ##"1:9: unexpected "}" in a label set, expected "=""##
    ),
    ("a 1 # b 1\n# EOF", ##"1:7: unexpected "b" in an exemplar, expected a label set in braces"##),
    ("a 1 # {} x\n# EOF", ##"1:10: "x" is not a value, expected a number"##),
  ])
  func `an offence is named with its place`(_ text: String, _ message: String) {
    let error = #expect(throws: TextFormatError.self) { try parse(text) }
    #expect(error?.description == message)
  }
}
