import MetricModel
import QueryScripts
import Testing

@Suite struct SeriesNotationTests {
  private func spelled(_ values: [NotatedSeries.Value]) -> String {
    values.map { value in
      switch value {
      case .omitted: "_"
      case .histogram: "h"
      case .number(let number): number.isStaleMarker ? "stale" : NumberText.general(number)
      }
    }.joined(separator: " ")
  }

  @Test(arguments: [
    ("x 1 2 3", "1 2 3"), ("x 1x2", "1 1 1"), ("x 1+2x3", "1 3 5 7"), ("x 5-1x2", "5 4 3"),
    ("x -2-3x1", "-2 -5"), ("x _ 1 _x3 2", "_ 1 _ _ _ 2"), ("x 1 stale 2", "1 stale 2"),
    ("x 0x10", "0 0 0 0 0 0 0 0 0 0 0"), ("x NaN Inf -inf +5", "NaN +Inf -Inf 5"),
    ("x 1e3 1e-3 1e+3x1 1.5e2+5e1x1", "1000 0.001 1000 1000 150 200"), ("x 5m 1_000", "300 1000"),
    ("x 7x0", "7"), ("x {{schema:0 count:1}} 1 {{}}x1", "h 1 h h"),
    ("x {{sum:1}}+{{sum:2}}x2", "h h h"), ("x", ""), ("x 0.1+0.1x2", "0.1 0.2 0.30000000000000004"),
    ("x .5e-3 5.", "0.0005 5"),
  ])
  func `values have a notation`(line: String, expected: String) throws {
    #expect(spelled(try SeriesNotation.parse(line).values) == expected)
  }

  @Test(arguments: [
    (#"x{a="b",} 1"#, #"x{a="b"}"#), (#"{a="b"} 1"#, #"{a="b"}"#), ("{} 1", "{}"),
    (#"{"a.b", "c.d"="e"} 1"#, #"{"a.b", "c.d"="e"}"#), (#"x{a="} {"} 1"#, #"x{a="} {"}"#),
    (#"x {a='b"'} 1"#, #"x{a="b\""}"#), (#"{__name__="x"} 1"#, "x"), ("sum 1", "sum"),
    (#"x{a=""} 1"#, "x"), ("a:b:c 1", "a:b:c"), ("x {{}}", "x"),
  ])
  func `labels are written as in queries`(line: String, labels: String) throws {
    #expect(try SeriesNotation.parse(line).labels.description == labels)
  }

  @Test(arguments: [
    "stalex3", "NaNx3", "Infx3", "1+2", "1x", "1x-1", "1x99999999999", "_1", "abc", "1,2", "{{",
    "1xx2", "+", "1++2x3",
  ])
  func `what is no value is refused`(values: String) {
    #expect(throws: NotationError.self) { try SeriesNotation.parse("x \(values)") }
  }

  @Test(arguments: ["x{a!=\"b\"} 1", "x{a=\"b\" 1", "x{a=\"b} 1", "5x 1", ""])
  func `what is no series is refused`(line: String) {
    #expect(throws: NotationError.self) { try SeriesNotation.parse(line) }
  }
}
