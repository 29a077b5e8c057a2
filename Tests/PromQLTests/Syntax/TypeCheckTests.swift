import PromQL
import Testing

@Suite struct TypeCheckTests {
  private func type(_ text: String) throws(ParseError) -> ValueType {
    try TypeCheck.type(of: try Parser.parse(text), in: text)
  }

  @Test(arguments: [
    ("1", ValueType.scalar), ("\"a\"", .string), ("x", .vector), ("x[5m]", .matrix),
    ("x[5m:]", .matrix), ("1 + x", .vector), ("1 + 1", .scalar), ("-x", .vector),
    ("scalar(x)", .scalar), ("vector(1)", .vector), ("time()", .scalar), ("hour()", .vector),
    ("(((\"a\")))", .string), ("1 > bool 2", .scalar), ("round(x)", .vector),
    ("round(x, 5)", .vector), ("label_join(x, \"a\", \"b\")", .vector),
    ("label_join(x, \"a\", \"b\", \"c\", \"d\")", .vector), ("sum(x) by (a)", .vector),
    ("quantile(0.5, x)", .vector), ("count_values(\"a\", x)", .vector),
    ("rate(x[5m])[10m:1m]", .matrix), ("pi()", .scalar), ("{a!=\"\"}", .vector),
  ])
  func `every expression has one type`(text: String, expected: ValueType) throws {
    #expect(try type(text) == expected)
  }

  @Test(arguments: [
    (
      "rate(x)",
      #"1:6: parse error: expected type range vector in call to function "rate", got instant "#
        + #"vector"#
    ),
    (
      "abs(x[5m])",
      #"1:5: parse error: expected type instant vector in call to function "abs", got range vector"#
    ),
    ("1 + abs()", #"1:5: parse error: expected 1 argument(s) in call to "abs", got 0"#),
    ("round()", #"1:1: parse error: expected at least 1 argument(s) in call to "round", got 0"#),
    ("hour(x, y)", #"1:1: parse error: expected at most 1 argument(s) in call to "hour", got 2"#),
    ("RATE(x[5m])", #"1:1: parse error: unknown function with name "RATE""#),
    ("1 > 2", "1:1: parse error: comparisons between scalars must use BOOL modifier"),
    (
      "x + fill(0) 1",
      "1:1: parse error: filling in missing series only allowed between instant vectors"
    ),
    ("x or fill(0) y", "1:1: parse error: filling in missing series not allowed for set operators"),
    (
      "info(x, y)",
      "1:9: parse error: expected label selectors only, got vector selector instead"
    ),
    ("info(x, sum(y))", "1:9: parse error: expected label selectors only"),
    (
      "info(x, 1)",
      #"1:9: parse error: expected type instant vector in call to function "info", got scalar"#
    ),
    ("1 and x", #"1:1: parse error: set operator "and" not allowed in binary scalar expression"#),
    (
      "x + \"a\"",
      "1:5: parse error: binary expression must contain only scalar and instant vector types"
    ),
    (
      "x[5m] + 1",
      "1:1: parse error: binary expression must contain only scalar and instant vector types"
    ),
    ("x + on (a) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
    (
      "-\"a\"",
      #"1:1: parse error: unary expression only allowed on expressions of type scalar or "#
        + #"instant vector, got "string""#
    ),
    (
      "sum(1)",
      "1:5: parse error: expected type instant vector in aggregation expression, got scalar"
    ),
    (
      "topk(x, x)",
      "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"
    ),
    (
      "count_values(1, x)",
      "1:14: parse error: expected type string in aggregation parameter, got scalar"
    ),
    ("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
    (
      "x[5m:][5m:]",
      "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"
    ),
    ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ("{a=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    (
      "{__name__=~\".*\"}",
      "1:1: parse error: vector selector must contain at least one non-empty matcher"
    ),
    ("x{__name__=\"y\"}", #"1:1: parse error: metric name must not be set twice: "x" or "y""#),
  ])
  func `what does not fit together is refused in Prometheus' words`(
    text: String, message: String
  ) {
    let error = #expect(throws: ParseError.self) { try type(text) }
    #expect(error?.description == message)
  }

  @Test func `functions are listed once`() {
    let names = FunctionSignature.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(FunctionSignature.named("rate")?.feature == nil)
    #expect(FunctionSignature.named("mad_over_time")?.feature == .experimentalFunctions)
  }
}
