import PromQL
import Testing

@Suite struct ParseErrorTests {
  @Test(arguments: [
    ("", "1:1: parse error: no expression found in input"),
    ("# only a comment", "1:17: parse error: no expression found in input"),
    ("(1", "1:3: parse error: unclosed left parenthesis"),
    ("1)", "1:2: parse error: unexpected right parenthesis ')'"),
    ("x[5m", "1:5: parse error: unclosed left bracket"),
    ("x{", "1:3: parse error: unexpected end of input inside braces"),
    ("x}", "1:2: parse error: unexpected right brace '}'"),
    ("x]", "1:2: parse error: unexpected right bracket ']'"),
    ("x{{", "1:3: parse error: unexpected left brace '{'"),
    ("1 +", "1:4: parse error: unexpected end of input, expected an expression"),
    ("1 + *", "1:5: parse error: unexpected <op:*>, expected an expression"),
    ("x y", #"1:3: parse error: unexpected identifier "y", expected an operator"#),
    ("x\n  y", #"2:3: parse error: unexpected identifier "y", expected an operator"#),
    ("x $", "1:3: parse error: unexpected character: '$'"),
    ("x !", "1:3: parse error: unexpected character after '!': end of input"),
    ("\"abc", "1:1: parse error: unterminated quoted string"),
    ("`abc", "1:1: parse error: unterminated raw string"),
    (#""\q""#, #"1:2: parse error: unknown escape sequence "\\q""#),
    ("1.5h", #"1:1: parse error: bad number or duration syntax: "1.5h""#),
    (
      "x{a}",
      #"1:4: parse error: unexpected "}" in label matching, expected label matching operator"#
    ),
    ("x{a=b}", #"1:5: parse error: unexpected identifier "b" in label matching, expected string"#),
    (
      "x{a=\"b\" c=\"d\"}",
      #"1:9: parse error: unexpected identifier "c" in label matching, expected "," or "}""#
    ),
    ("x{,}", #"1:3: parse error: unexpected "," in label matching, expected identifier or "}""#),
    ("x{\"y\"}", #"1:3: parse error: metric name must not be set twice: "x" or "y""#),
    (
      "sum by (1) (x)", #"1:9: parse error: unexpected number "1" in grouping opts, expected label"#
    ),
    ("sum by x", #"1:8: parse error: unexpected identifier "x" in grouping opts, expected "(""#),
    ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
    (
      "topk(x)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, "
        + "expected 2, got 1"
    ),
    (
      "sum(1, x)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, "
        + "expected 1, got 2"
    ),
    ("sum by (a) (x) by (b)", "1:16: parse error: unexpected <by>, expected an operator"),
    ("abs(x,)", "1:7: parse error: trailing commas not allowed in function call args"),
    ("abs(x y)", #"1:7: parse error: unexpected identifier "y" in function call, expected ",""#),
    (
      "a:b(x)",
      #"1:1: parse error: unexpected metric identifier "a:b", expected a function, whose name "#
        + #"holds no colon"#
    ),
    ("on", "1:1: parse error: unexpected <on>, expected an expression"),
    ("x[-5m]", "1:3: parse error: duration must be greater than 0"),
    (
      "x[]",
      #"1:3: parse error: unexpected "]" in subquery or range selector, expected number, "#
        + "duration, step(), or range()"
    ),
    (
      "x[5m:step]",
      #"1:6: parse error: unexpected identifier "step" in subquery selector, expected number, "#
        + "duration, step(), or range()"
    ),
    (
      "x offset y",
      #"1:10: parse error: unexpected identifier "y" in offset, expected number, duration, "#
        + "step(), or range()"
    ),
    ("x[step() / 0d]", "1:10: parse error: division by zero"),
    ("x offset (4d % 0)", "1:14: parse error: modulo by zero"),
    ("x offset 1e10", "1:10: parse error: duration out of range"),
    (
      "x[max_of(1m)]",
      #"1:12: parse error: unexpected ")" in subquery or range selector, expected ",""#
    ),
    ("x[0]", "1:3: parse error: duration must be greater than 0"),
    ("x[5m:0s]", "1:6: parse error: duration must be greater than 0"),
    ("x[Inf]", "1:3: parse error: duration out of range"),
    (
      "x[5m 1m]",
      #"1:6: parse error: unexpected duration "1m" in subquery or range, expected ":" or "]""#
    ),
    ("sum(x)[5m]", "1:7: parse error: ranges only allowed for vector selectors"),
    ("x offset 1m [5m]", "1:13: parse error: no offset modifiers allowed before range"),
    ("x @ 1 [5m]", "1:7: parse error: no @ modifiers allowed before range"),
    (
      "sum(x) offset 5m",
      "1:8: parse error: offset modifier must be preceded by an instant vector selector or "
        + "range vector selector or a subquery"
    ),
    (
      "(x) @ 1",
      "1:5: parse error: @ modifier must be preceded by an instant vector selector or range "
        + "vector selector or a subquery"
    ),
    ("x offset 1m offset 2m", "1:13: parse error: offset may not be set multiple times"),
    ("x @ 1 @ 2", "1:7: parse error: @ <timestamp> may not be set multiple times"),
    ("x @ Inf", "1:5: parse error: timestamp out of bounds for @ modifier: +Inf"),
    (
      "x @ y",
      #"1:5: parse error: unexpected identifier "y" in @, expected timestamp, start() or end()"#
    ),
    ("x + bool y", "1:5: parse error: bool modifier can only be used on comparison operators"),
    (
      "x and on (a) group_left () y", #"1:14: parse error: no grouping allowed for "and" operation"#
    ),
    (
      "x + on (a) group_left (a) y",
      #"1:12: parse error: label "a" must not occur in ON and GROUP clause at once"#
    ),
    ("x + group_left () y", "1:5: parse error: unexpected <group_left>, expected an expression"),
    (
      "x + fill(y) z",
      #"1:10: parse error: unexpected identifier "y" in fill value, expected number or duration"#
    ),
    (
      "x + fill(1 + 1) y", #"1:12: parse error: unexpected <op:+> in fill value, expected ")""#
    ),
    (
      "x[5m:1m] anchored", "1:1: parse error: anchored modifier is not supported for subqueries"
    ),
    ("1 + sum(x) smoothed", "1:5: parse error: smoothed modifier not implemented"),
    (
      "rate(x[5m] anchored smoothed)",
      "1:6: parse error: anchored and smoothed modifiers cannot be used together"
    ),
    ("h < / 5", "1:5: parse error: unexpected <op:/>, expected an expression"),
    ("x =~ y", "1:3: parse error: unexpected character after '=': '~'"),
    ("x = y", #"1:3: parse error: unexpected "=", expected an operator"#),
  ])
  func `errors say what was found, where, and what was expected`(text: String, message: String) {
    let error = #expect(throws: ParseError.self) { try Parser.parse(text) }
    #expect(error?.description == message)
  }

  @Test func `a broken regular expression is an error at its matcher`() throws {
    let error = try #require(throws: ParseError.self) { try Parser.parse("x{a=\"b\", c=~\"(\"}") }
    #expect(error.description.hasPrefix("1:10: parse error: "))
  }
}
