import MetricModel
import QueryScripts
import Testing

@Suite struct SeriesNotationTests {
  private func spelled(_ values: [NotatedSeries.Value]) -> String {
    values.map { value in
      switch value {
      case .omitted: "_"
      case .histogram(let histogram, let isHintWritten):
        histogram.expression + (isHintWritten ? "!" : "")
      case .number(let number): number.isStaleMarker ? "stale" : NumberText.general(number)
      }
    }.joined(separator: " ")
  }

  @Test(arguments: [
    ("x 1 2 3", "1 2 3"), ("x 1x2", "1 1 1"), ("x 1+2x3", "1 3 5 7"), ("x 5-1x2", "5 4 3"),
    ("x -2-3x1", "-2 -5"), ("x _ 1 _x3 2", "_ 1 _ _ _ 2"), ("x 1 stale 2", "1 stale 2"),
    ("x 0x10", "0 0 0 0 0 0 0 0 0 0 0"), ("x NaN Inf -inf +5", "NaN +Inf -Inf 5"),
    ("x 1e3 1e-3 1e+3x1 1.5e2+5e1x1", "1000 0.001 1000 1000 150 200"), ("x 5m 1_000", "300 1000"),
    ("x 7x0", "7"), ("x", ""), ("x 0.1+0.1x2", "0.1 0.2 0.30000000000000004"),
    ("x .5e-3 5.", "0.0005 5"),
  ])
  func `values have a notation`(line: String, expected: String) throws {
    #expect(spelled(try SeriesNotation.parse(line).values) == expected)
  }

  @Test(arguments: [
    ("{{}} {{ }}x1", "{{}} {{}} {{}}"), ("{{sum:1}}x0 _ 2", "{{sum:1}} _ 2"),
    ("{{sum:-1e3 count:.5}}", "{{count:0.5 sum:-1000}}"),
    ("{{sum:1}}+{{sum:2}}x2", "{{sum:1}} {{sum:3}} {{sum:5}}"),
    ("{{sum:1}}-{{sum:2}}x1", "{{sum:1}} {{sum:-1}}"),
    ("{{schema:-4 buckets:[1 0 2] offset:-3}}", "{{schema:-4 offset:-3 buckets:[1 0 2]}}"),
    (
      "{{n_buckets: [ 1 ] n_offset:2 z_bucket:3 z_bucket_w:0.5}}",
      "{{z_bucket:3 z_bucket_w:0.5 n_offset:2 n_buckets:[1]}}"
    ),
    (
      "{{schema:-53 custom_values:[1 2] buckets:[1 1]}}",
      "{{schema:-53 custom_values:[1 2] buckets:[1 1]}}"
    ),
    ("{{counter_reset_hint:gauge}}", "{{counter_reset_hint:gauge}}!"),
    (
      "{{counter_reset_hint:reset}}+{{sum:1}}x1",
      "{{counter_reset_hint:reset}} {{sum:1}}"
    ),
    (
      "{{schema:1 buckets:[4]}}+{{schema:2 buckets:[1 1 1]}}x1",
      "{{schema:1 buckets:[4]}} {{schema:1 buckets:[5 2]}}"
    ),
  ])
  func `histograms have a notation`(values: String, expected: String) throws {
    #expect(spelled(try SeriesNotation.parse("x \(values)").values) == expected)
  }

  @Test(arguments: [
    ("x{a=\"b\"}@st -30s", #"x{a="b"}"#, "-30s"), ("x@st _ 1m _x2 -1mx1", "x", "_ 1m _ _ -1m -1m"),
    ("x@st -1m+10sx2", "x", "-1m -50s -40s"), ("x@st 1s-2sx1 -59999ms", "x", "1s -1s -59s999ms"),
  ])
  func `start times have a notation`(line: String, labels: String, expected: String) throws {
    let read = try #require(try SeriesNotation.parseStartTimes(line))
    #expect(read.labels.description == labels)
    #expect(read.offsets.map { $0.map(\.description) ?? "_" }.joined(separator: " ") == expected)
    let samples = try SeriesNotation.parseStartTimes("x 1 2")
    #expect(samples == nil)
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
    "1xx2", "+", "1++2x3", "{{", "{{sum:1", "{{sum:1}", "{{sum:1 sum:2}}", "{{sum}}", "{{sum:}}",
    "{{bad:1}}", "{{schema:1.5}}", "{{buckets:1}}", "{{buckets:[1}}", "{{buckets:[1 x]}}",
    "{{offset:99999999999}}", "{{counter_reset_hint:maybe}}", "{{}}+{{}}", "{{}}+1x2",
    "{{schema:2}}+{{schema:1}}x1", "{{schema:-53}}+{{schema:1}}x1", "{{}}{{}}",
  ])
  func `what is no value is refused`(values: String) {
    #expect(throws: NotationError.self) { try SeriesNotation.parse("x \(values)") }
  }

  @Test(arguments: ["x{a!=\"b\"} 1", "x{a=\"b\" 1", "x{a=\"b} 1", "5x 1", ""])
  func `what is no series is refused`(line: String) {
    #expect(throws: NotationError.self) { try SeriesNotation.parse(line) }
  }
}
