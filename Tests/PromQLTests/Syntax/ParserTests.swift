import MetricModel
import PromQL
import Testing

@Suite struct ParserTests {
  private func parse(_ text: String) throws -> QueryExpression {
    let expression = try Parser.parse(text)
    _ = try TypeCheck.type(of: expression, in: text)
    return expression
  }

  /// The tree with every binary operation, sign and modifier made visible by parentheses.
  private func structure(_ expression: QueryExpression) -> String {
    switch expression {
    case .binary(let binary):
      "(\(structure(binary.left)) \(binary.operation.rawValue) \(structure(binary.right)))"
    case .unary(let isNegation, let operand, _):
      "(\(isNegation ? "-" : "+")\(structure(operand)))"
    case .parenthesised(let inner, _): structure(inner)
    default: Printer.text(of: expression)
    }
  }

  @Test(arguments: [
    ("-2^2", "(-(2 ^ 2))"), ("2^3^2", "(2 ^ (3 ^ 2))"), ("-x^2", "(-(x ^ 2))"),
    ("-x*y", "((-x) * y)"), ("2^-3*4", "((2 ^ -3) * 4)"), ("1 - -1", "(1 - -1)"),
    ("a or b and c", "(a or (b and c))"), ("a and b unless c", "((a and b) unless c)"),
    ("a + b * c == d", "((a + (b * c)) == d)"), ("a - b - c", "((a - b) - c)"),
    ("a * b atan2 c", "((a * b) atan2 c)"), ("-x offset 5m", "(-x offset 5m)"),
    ("x ^ y offset 5m", "(x ^ y offset 5m)"), ("foo offset -2^2", "(foo offset -2s ^ 2)"),
    ("-x[5m:1m]", "(-x[5m:1m])"), ("+-+x", "(+(-(+x)))"), ("a < b > c", "((a < b) > c)"),
    ("1 + 2 # sum\n + 3", "((1 + 2) + 3)"), ("((a))", "a"),
  ])
  func `operators bind as in Prometheus`(text: String, expected: String) throws {
    #expect(structure(try Parser.parse(text)) == expected)
  }

  @Test(arguments: [
    ("1_000", 1000.0), ("0x1F", 31), ("0x_1f", 31), (".5", 0.5), ("5.", 5), ("1e3", 1000),
    ("1E-3", 0.001), ("5e+2", 500), ("010", 8), ("09", 9), ("5m", 300), ("1h30m", 5400),
    ("inF", .infinity), ("-Inf", -.infinity), ("+5", 5), ("-1.5", -1.5), ("1m40s500ms", 100.5),
  ])
  func `numbers and durations are scalars`(text: String, value: Double) throws {
    guard case .number(let literal, let range) = try parse(text) else {
      Issue.record("\(text) is a number")
      return
    }
    #expect(literal.value == value)
    #expect(range == SourceRange(0, text.utf8.count))
  }

  @Test(arguments: [
    "1__0", "1_", "0x1.8", "0b1", "0o7", "30m1h", "1m1m", "1.5h", "5mm", "1.2.3", "0x", "3e",
  ])
  func `broken numbers are refused`(text: String) {
    #expect(throws: ParseError.self) { try Parser.parse(text) }
  }

  @Test(arguments: [
    (#""a\"b""#, "a\"b"), (#"'it\'s'"#, "it's"), ("`raw\\n`", "raw\\n"),
    (#""\x41\102\u00e9\U0001F600""#, "AB\u{e9}\u{1F600}"),
    (#""\a\b\f\n\r\t\v\\""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\"),
    ("\"# no comment\"", "# no comment"),
  ])
  func `strings know Go's escapes`(text: String, value: String) throws {
    #expect(try parse(text) == .string(StringLiteral(value), SourceRange(0, text.utf8.count)))
  }

  @Test(arguments: [
    ("x offset 5m @ 10", TimeShift(offset: .minutes(5), pin: .at(Timestamp(milliseconds: 10_000)))),
    ("x @ 10 offset 5m", TimeShift(offset: .minutes(5), pin: .at(Timestamp(milliseconds: 10_000)))),
    ("x @ -1.5", TimeShift(pin: .at(Timestamp(milliseconds: -1500)))),
    ("x @ 1m40s", TimeShift(pin: .at(Timestamp(milliseconds: 100_000)))),
    ("x @ start() offset -1m", TimeShift(offset: .minutes(-1), pin: .queryStart)),
    ("x OFFSET 60 @ END()", TimeShift(offset: .minutes(1), pin: .queryEnd)),
    ("x[5m] offset 0.5", TimeShift(offset: Milliseconds(500))),
    ("x[300] @ +3", TimeShift(pin: .at(Timestamp(milliseconds: 3000)))),
    ("sum(x)[5m:] offset 1m", TimeShift(offset: .minutes(1))),
  ])
  func `offset and @ come in any order`(text: String, shift: TimeShift) throws {
    #expect(try parse(text).shift == shift)
  }

  @Test func `a quoted name is a name like any other`() throws {
    guard case .selector(let selector) = try parse(#"{"http.requests", "l.x"=~"v"}"#) else {
      Issue.record("expected a selector")
      return
    }
    #expect(selector.name == "http.requests")
    #expect(selector.matchers.map(\.description) == [#"__name__="http.requests""#, #""l.x"=~"v""#])
  }

  @Test(arguments: [
    "sum", "by", "offset", "and", "start", "step", "fill", "avg{job=\"x\"}", "sum + by",
    "sum(sum) by (by, sum, on, bool, group_left, offset, and,)", "and and and", "foo:bar:rate5m",
    "SUM by (job) (x)", "x And y", "x > BOOL 0", "x * ON (a) GROUP_LEFT () y",
    "{inf=\"a\", nan=\"b\", on=\"c\"}", "count_values without () (\"v\", x)", ":x",
  ])
  func `keywords name metrics and labels, in any case`(text: String) throws {
    let expression = try parse(text)
    let printed = Printer.text(of: expression)
    #expect(Printer.text(of: try parse(printed)) == printed)
  }

  @Test func `a hundred thousand parentheses are refused, not followed`() {
    for unit in ["(", "-", "sum(", "x[1m:1m][", "1+", "a or ", "f(", "{", "1^"] {
      #expect(throws: ParseError.self) {
        try Parser.parse(String(repeating: unit, count: 100_000) + "x")
      }
    }
    let chain = String(repeating: "x[1m:1m]", count: 1) + String(repeating: "[1m:1m]", count: 9999)
    #expect(throws: ParseError.self) { try Parser.parse(chain) }
  }

  @Test func `a query of the greatest depth passes through everything`() throws {
    let depth = ParserOptions().maximumDepth - 10
    let nested = String(repeating: "(", count: depth) + "x" + String(repeating: ")", count: depth)
    let chain = "x" + String(repeating: " or x", count: depth)
    for text in [nested, chain] {
      #expect(Printer.text(of: try parse(text)) == text)
    }
  }

  @Test func `long texts are refused unread`() {
    let error = #expect(throws: ParseError.self) {
      try Parser.parse(String(repeating: " ", count: 2_000_000))
    }
    #expect(
      error?.description
        == "1:1: parse error: query has 2000000 bytes, expected at most 1048576")
  }
}
