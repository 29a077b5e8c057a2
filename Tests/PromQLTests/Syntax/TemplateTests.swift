import PromQL
import Testing

/// `WITH (...)`: what is left of it after parsing, and what it refuses.
@Suite struct TemplateTests {
  @Test(arguments: [
    ("WITH (a = b + c) a * 2", "((b + c) * 2)"),
    ("WITH (a = -1) a ^ 2", "((-1) ^ 2)"),
    ("WITH (f(q, w) = rate(q[5m]) / w) f(x, y + 1)", "(rate(x[5m]) / (y + 1))"),
    ("WITH (f = {a=\"1\", b!=\"2\"}) x{f, c=\"3\"}", "x{a=\"1\",b!=\"2\",c=\"3\"}"),
    ("WITH (s = x{a=\"1\"}) s{b=\"2\"}[5m] offset 1m", "x{a=\"1\",b=\"2\"}[5m] offset 1m"),
    ("WITH (f(n) = x{job=~n}) f(\"a.*\")", "x{job=~\"a.*\"}"),
    (
      "WITH (f(n) = label_replace(x, n, \"\", \"\", \"\")) f(\"a\")",
      "label_replace(x, \"a\", \"\", \"\", \"\")"
    ),
    ("WITH (a = x, b = a + a,) b", "(x + x)"),
    ("WITH (a = x) WITH (a = a * 2) a", "(x * 2)"),
    ("WITH (f(a) = a + 1, a = 7) f(a)", "(7 + 1)"),
    ("sum by (f) (WITH (f = x) f)", "sum by (f) (x)"),
  ])
  func `a template is gone after parsing`(text: String, plain: String) throws {
    let tree = try Parser.parse(text)
    #expect(Printer.text(of: tree) == plain)
    // The print means the same without templates.
    let printed = try Parser.parse(plain, options: ParserOptions(readsTemplates: false))
    #expect(Printer.text(of: printed) == plain)
  }

  @Test(arguments: [
    (
      "WITH (f(a) = a) f()",
      "1:17: parse error: WITH template \"f\" has 1 parameter(s), got 0 argument(s)"
    ),
    (
      "WITH (a b) a",
      "1:9: parse error: unexpected identifier \"b\" in WITH templates, expected \"=\""
    ),
    (
      "WITH (1 = b) a", "1:7: parse error: unexpected number \"1\" in WITH templates, expected name"
    ),
    ("WITH (f(x) = f(x)) f(1)", "1:14: parse error: unknown function with name \"f\""),
  ])
  func `what is wrong with a template is told`(text: String, message: String) {
    #expect {
      _ = try Query(text, options: QueryOptions(features: [.metricsQL]))
    } throws: {
      "\($0)" == message
    }
  }

  @Test func `templates that double each other are stopped`() {
    let lines = (1..<60).map { "a\($0) = a\($0 - 1) + a\($0 - 1)" }
    let text = "WITH (a0 = x, \(lines.joined(separator: ", "))) a59"
    #expect { try Parser.parse(text) } throws: {
      "\($0)".contains("make the query too large, expected at most 100000 parts")
    }
    let functions = (1..<60).map { "f\($0)(q) = f\($0 - 1)(q) + f\($0 - 1)(q)" }
    #expect {
      try Parser.parse("WITH (f0(q) = q, \(functions.joined(separator: ", "))) f59(x)")
    } throws: { "\($0)".contains("too large") }
  }

  @Test func `without the feature nothing is different from Prometheus`() {
    for text in ["WITH (a = b) a", "x default 0", "keep_last_value(x)", "welch_t(x, y)"] {
      #expect(throws: ParseError.self) { try Query(text) }
    }
    #expect { _ = try Query("x default 0") } throws: {
      "\($0)".hasPrefix("1:1: parse error: operator \"default\" is not enabled (use --enable-f")
    }
  }

  @Test(arguments: [
    "welch_t on (job) (a, b)", "welch_t ignoring (pod, version) (a[5m], b[5m], \"p\")",
    "two_proportions on () (a, b, c, d)", "quantile_ratio(0.9, a, b)", "a default b",
    "a default on (x) b", "a default 0 default 1",
  ])
  func `what is printed is parsed again`(text: String) throws {
    #expect(Printer.text(of: try Parser.parse(text)) == text)
  }

  @Test(arguments: [
    (
      "welch_t(a, b[5m])",
      "1:12: parse error: expected type instant vector in call to function \"welch_t\", got "
        + "range vector"
    ),
    (
      "welch_t(a, b, \"q\")",
      "1:15: parse error: no such stat of welch_t, expected one of \"p\", \"estimate\", \"low\", "
        + "\"high\", \"n_a\", \"n_b\""
    ),
    ("rate on (job) (a[5m])", "1:6: parse error: unexpected <on>, expected an operator"),
    ("1 default 2", "1:1: parse error: a scalar has no gaps that \"default\" could fill"),
    (
      "a default on (x) group_left b",
      "1:18: parse error: no grouping allowed for \"default\" operation"
    ),
  ])
  func `what doesn't fit is told`(text: String, message: String) {
    let all = QueryOptions(features: QueryFeature.language)
    #expect { _ = try Query(text, options: all) } throws: { "\($0)" == message }
  }
}
