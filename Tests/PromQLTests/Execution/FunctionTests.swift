import Foundation
import MetricModel
import PromQL
import Testing

@Suite struct FunctionTests {
  private func scalar(_ text: String) throws -> String {
    try Recording().instant("scalar(\(text))", minute: 0).lines[0]
  }

  @Test(arguments: [
    ("abs(vector(-3))", "3"), ("round(vector(-0.5))", "0"), ("round(vector(2.5))", "3"),
    ("round(vector(7), 0)", "NaN"), ("round(vector(13), 5)", "15"), ("sgn(vector(-0.1))", "-1"),
    ("sgn(vector(NaN))", "NaN"), ("ln(vector(0))", "-Inf"), ("ln(vector(-1))", "NaN"),
    ("sqrt(vector(-1))", "NaN"), ("clamp(vector(5), 1, 3)", "3"), ("clamp(vector(5), 3, 1)", "NaN"),
    ("clamp(vector(5), NaN, 6)", "NaN"), ("clamp_min(vector(NaN), 1)", "NaN"),
    ("clamp_max(vector(5), -Inf)", "-Inf"), ("vector(-2 ^ 2)", "-4"), ("vector(2 ^ 3 ^ 2)", "512"),
    ("vector(-7 % 3)", "-1"), ("vector(1 / 0)", "+Inf"), ("vector(0 / 0)", "NaN"),
    ("vector(1 atan2 0)", "1.5707963267948966"), ("vector(max_of(1, NaN))", "NaN"),
    ("vector(max_of(+Inf, NaN))", "+Inf"), ("deg(vector(pi()))", "180"),
    ("vector(scalar(vector(1) or vector(2)))", "1"), ("floor(vector(-1.5))", "-2"),
  ])
  func `a function of a number`(text: String, expected: String) throws {
    #expect(try scalar(text) == expected)
  }

  @Test(arguments: [
    ("minute(vector(NaN))", "30"), ("year(vector(1e300))", "292277026596"),
    ("day_of_month(vector(1456790399.9))", "29"), ("days_in_month(vector(1454284800))", "29"),
    ("day_of_year(vector(1483228799))", "366"), ("day_of_week(vector(-86400))", "3"),
    ("year(vector(-62198755200))", "-1"), ("month()", "1"), ("hour(vector(-1))", "23"),
  ])
  func `a date has the parts that Go gives it`(text: String, expected: String) throws {
    #expect(try scalar(text) == expected)
  }

  @Test func `dates agree with a calendar`() throws {
    var random = RandomSeries(seed: 5)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    for _ in 0..<200 {
      let seconds = Int64.random(in: -2_000_000_000..<8_000_000_000, using: &random)
      let date = Date(timeIntervalSince1970: Double(seconds))
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .weekday, .dayOfYear], from: date)
      let wanted = [
        parts.year, parts.month, parts.day, parts.hour, parts.minute,
        parts.weekday.map { $0 - 1 }, parts.dayOfYear,
      ].map { $0.map { "\($0)" } ?? "" }
      let functions = [
        "year", "month", "day_of_month", "hour", "minute", "day_of_week", "day_of_year",
      ]
      let found = try functions.map { try scalar("\($0)(vector(\(seconds)))") }
      #expect(found == wanted, "second \(seconds)")
    }
  }

  @Test(arguments: [
    ("$1-$2", "web-7"), ("${1}x", "webx"), ("$1x", ""), ("$$1", "$1"), ("$name", "7"),
    ("$9", ""), ("$", "$"), ("${1", "${1"), ("a${}b", "a${}b"), ("$1é", ""),
  ])
  func `a template of label_replace`(template: String, expected: String) throws {
    var recording = Recording()
    recording.add("x", [("pod", "web/7")], [1])
    let quoted = GoText.quoted(template)
    let text = "label_replace(x, \"new\", \(quoted), \"pod\", \"([a-z]+)/(?P<name>[0-9])\")"
    guard case .vector(let samples) = try recording.instant(text, minute: 0).value else {
      Issue.record("label_replace answers a vector")
      return
    }
    #expect(samples.map { $0.labels["new"] ?? "" } == [expected])
  }

  @Test func `relabelling reports what cannot be`() {
    var recording = Recording()
    recording.add("x", [("pod", "a")], [1])
    recording.add("x", [("pod", "b")], [2])
    #expect(
      recording.failure("label_replace(x, \"pod\", \"\", \"pod\", \".*\")", minute: 0)
        == "vector cannot contain metrics with the same labelset")
    #expect(
      recording.failure("label_replace(nosuch, \"a\", \"\", \"pod\", \"(\")", minute: 0)
        == "invalid regular expression in label_replace(): (")
    #expect(
      recording.failure("label_join(x, \"\", \"-\", \"pod\")", minute: 0)
        == "invalid destination label name in label_join(): ")
  }

  @Test func `classic histograms are interpolated, checked and mended`() throws {
    var recording = Recording()
    for (bound, count) in [("0.1", 10.0), ("0.5", 40), ("1", 35), ("+Inf", 50)] {
      recording.add("latency_bucket", [("le", bound)], [count])
    }
    recording.add("latency_bucket", [("le", "much")], [1])
    let answer = try recording.instant("histogram_quantile(0.5, latency_bucket)", minute: 0)
    #expect(answer.lines == ["{} 0.30000000000000004"])
    #expect(
      answer.annotations.map(\.text) == [
        "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
          + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
          + ", from buckets 1 to 1, with a max diff of 5, over 1 samples from "
          + "1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)",
        "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"much\" "
          + "(1:25)",
      ])
    #expect(
      try recording.instant("histogram_fraction(0.1, 0.5, latency_bucket)", minute: 0).lines == [
        "{} 0.6"
      ])
    #expect(
      try recording.instant("histogram_quantile(2, latency_bucket)", minute: 0).lines == [
        "{} +Inf"
      ])
  }

  @Test func `parameters out of range are errors in Prometheus' words`() {
    var recording = Recording()
    recording.add("x", [], [1, 2, 3])
    #expect(recording.failure("topk(NaN, nosuch)", minute: 0) == "Parameter value is NaN")
    #expect(
      recording.failure("topk(scalar(x) * 1e30, x)", minute: 0)
        == "Scalar value 1e+30 overflows int64")
    #expect(
      recording.failure("double_exponential_smoothing(x[3m], 1, 0.5)", minute: 2)
        == "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000")
    #expect(recording.failure("count_values(\"\", x)", minute: 0) == "invalid label name \"\"")
  }

  @Test func `several quantiles come with a label each`() throws {
    var recording = Recording()
    for (bound, count) in [("1", 10.0), ("2", 20), ("+Inf", 20)] {
      recording.add("latency_bucket", [("le", bound)], [count])
    }
    #expect(
      try recording.instant("histogram_quantiles(latency_bucket, \"q\", 0.5, 1)", minute: 0).lines
        == ["{q=\"0.5\"} 1", "{q=\"1.0\"} 2"])
  }

  @Test func `every function of the language is built`() throws {
    let arguments: [ValueType: String] = [
      .scalar: "0.5", .vector: "x", .matrix: "x[5m]", .string: "\"a\"",
    ]
    for signature in FunctionSignature.all {
      let texts =
        signature.name == "info"
        ? ["x", "{a=~\".*\"}"]
        : signature.parameters.prefix(signature.comparesGroups ? signature.minimumCount : 9)
          .compactMap { arguments[$0] }
      let query = try Query(
        "\(signature.name)(\(texts.joined(separator: ", ")))", options: .everything)
      #expect(throws: Never.self, "\(signature.name)") {
        try query.instant(at: Recording.minute(0), from: InMemorySeries([]))
      }
    }
  }
}
