import Exposition
import MetricModel
import Testing

@Suite struct TextParserTests {
  private let now = Timestamp(milliseconds: 5)

  private func parse(_ text: String) throws -> SampleBatch {
    try TextParser.parse(Array(text.utf8), untimedAt: now)
  }

  @Test(arguments: [
    ("up 1", "up 1 5"),
    ("up 1 1700000000123\n", "up 1 1700000000123"),
    ("  up\t1 \t -7  \n", "up 1 -7"),
    (##"a:b{c="d", e = "f",} 2.5e3"##, ##"a:b{c="d", e="f"} 2500 5"##),
    (##"a {b="}"} 3"##, ##"a{b="}"} 3 5"##),
    (##"a{b="x\\y\"z\nw\q"} 3"##, ##"a{b="x\\y\"z\nw\\q"} 3 5"##),
    (##"{"my.metric", "l.x"="v"} 1"##, ##"{"my.metric", "l.x"="v"} 1 5"##),
    (##"{"my.metric"} +Inf"##, ##"{"my.metric"} +Inf 5"##),
    (##"a{b=""} -Inf"##, "a -Inf 5"),
    ("a{} NaN", "a NaN 5"),
    ("a +1.5", "a 1.5 5"),
    ("# TYPE a counter\n# HELP a b c\n#\n# whatever\n\na 1", "a 1 5"),
    ("# TYPE \"my.metric\" gauge\n{\"my.metric\"} 1", ##"{"my.metric"} 1 5"##),
  ])
  func `a line is read`(_ text: String, _ expected: String) throws {
    #expect(try lines(of: parse(text)) == [expected])
  }

  @Test(arguments: [
    ("up", ##"1:3: unexpected end of input in a sample, expected a value"##),
    ("up one", ##"1:4: "one" is not a value, expected a number"##),
    ("up 1_0", ##"1:4: "1_0" is not a value, expected a number"##),
    ("up 0x1F", ##"1:4: "0x1F" is not a value, expected a number"##),
    ("up 1 1.5", ##"1:6: "1.5" is not a timestamp, expected whole milliseconds"##),
    ("up 1 1 x", ##"1:8: unexpected "x" in a sample, expected the end of the line"##),
    ("ok 1\n9up 1", ##"2:1: unexpected "9" in a sample, expected a metric name, "{" or "#""##),
    ("é 1", ##"1:1: unexpected "é" in a sample, expected a metric name, "{" or "#""##),
    (##"a{b} 1"##, ##"1:4: unexpected "}" in a label set, expected "=""##),
    (##"a{b=c} 1"##, ##"1:5: unexpected "c" in a label value, expected "\"""##),
    (
      "a{b=\"c\n\"} 1",
      ##"1:5: a label value is not closed, expected a second "\"" on the same line"##
    ),
    (##"a{b="c" d="e"} 1"##, ##"1:9: unexpected "d" in a label set, expected "," or "}""##),
    (##"a{b="c",b="d"} 1"##, ##"1:9: label "b" appears twice, expected each once"##),
    (##"a{b="c""##, ##"1:8: unexpected end of input in a label set, expected "," or "}""##),
    (
      ##"{b="c"} 1"##,
      ##"1:1: a sample has no metric name, expected one before "{" or quoted in it"##
    ),
    (##"a{"b"} 1"##, ##"1:3: a second metric name "b", expected one only"##),
    (
      "# TYPE a wrong\n",
      ##"1:10: "wrong" is not a metric type, "##
        + "expected counter, gauge, histogram, summary or untyped"
    ),
  ])
  func `an offence is named with its place`(_ text: String, _ message: String) {
    let error = #expect(throws: TextFormatError.self) { try parse(text) }
    #expect(error?.description == message)
  }

  @Test func `text that is not UTF-8 is refused`() {
    let text = Array("a{b=\"".utf8) + [0xff] + Array("\"} 1".utf8)
    let error = #expect(throws: TextFormatError.self) {
      try TextParser.parse(text, untimedAt: nil)
    }
    #expect(error?.description == "1:5: a label value is not valid UTF-8")
  }

  @Test func `a line without a timestamp needs one from the caller`() {
    let error = #expect(throws: TextFormatError.self) {
      try TextParser.parse(Array("a 1 7\na 2\n".utf8), untimedAt: nil)
    }
    #expect(
      error?.description
        == "2:1: the sample has no timestamp, expected milliseconds after the value")
  }

  @Test func `a series is named once however often it occurs`() throws {
    let batch = try parse(
      "a{b=\"1\"} 1 1\na{b=\"2\"} 1 1\na{b=\"1\"} 2 2\na 9 3\na {b=\"1\"} 3 3\n")
    #expect(batch.series.prefix(3) == [0, 1, 0])
    #expect(lines(of: batch).last == ##"a{b="1"} 3 3"##)
  }

  @Test func `NaN has the bits that Prometheus stores`() throws {
    #expect(try parse("a NaN").values.map(\.bitPattern) == [0x7ff8_0000_0000_0001])
  }

  @Test(arguments: 0..<40)
  func `damaged text is an error or a batch, never a crash`(_ seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let text = Array(
      "# TYPE a counter\na{b=\"c\\n\",d=\"\u{e9}\"} 1.5e-3 17\n{\"x.y\",\"z\"=\"w\"} NaN\n# EOF\n"
        .utf8)
    for _ in 0..<200 {
      let changed = damaged(text, using: &generator)
      do {
        let batch =
          Bool.random(using: &generator)
          ? try TextParser.parse(changed, untimedAt: now)
          : try OpenMetricsParser.parse(changed, untimedAt: now)
        #expect(batch.series.allSatisfy { Int($0) < batch.labels.count })
      } catch {
        #expect(error.line >= 1 && error.column >= 1, "seed \(seed)")
      }
    }
  }
}
