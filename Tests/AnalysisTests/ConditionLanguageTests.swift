import Analysis
import MetricModel
import Testing

@Suite struct ConditionLanguageTests {
  static let vector = ConditionInput(
    .list([.number(0.99), .number(0.1), .number(4)]), type: .list(.number))
  static let json = ConditionInput(
    .map([
      "verdict": .text("pass"), "score": .number(91),
      "items": .list([
        .map(["name": .text("a"), "size": .number(2)]),
        .map(["name": .text("b"), "size": .number(5)]),
      ]),
    ]))
  static let now = Timestamp(milliseconds: 1_763_879_400_000)  // 2025-11-23T06:30:00Z

  static let truths: [(String, ConditionInput)] = [
    // Precedence, as in expr-lang.
    ("1 + 2 * 3 == 7", vector), ("2 ** 3 ** 2 == 512", vector), ("-2 ^ 2 == -4", vector),
    ("not false == true", vector), ("1 < 2 and 2 < 3 or false", vector), ("7 % 4 == 3", vector),
    ("7 / 2 == 3.5", vector), ("true ? true : false", vector), ("(nil ?? 3) == 3", vector),
    ("nil ?? nil ?? true", vector), ("1 < 2 < 3", vector), ("0x1F == 31", vector),
    ("1_000 == 1e3", vector), ("!(3 in 1..2)", vector), ("3 not in [1, 2]", vector),
    ("'a' + \"b\" == `ab`", vector), ("'\\u00e9' == 'é'", vector),
    ("[1, 2] == [1.0, 2]", vector), ("{a: 1}.a == 1", vector), ("false ?: true", vector),
    ("1 == 1 // a comment", vector), ("/* one */ true", vector),
    // Members, slices, optional chains.
    ("result[-1] == 4", vector), ("result[0:2] == [0.99, 0.1]", vector),
    ("result[1:] == [0.1, 4]", vector), ("result[:-1] == [0.99, 0.1]", vector),
    ("'hello'[1:3] == 'el'", vector), ("result.verdict == 'pass'", json),
    ("result['score'] > 90", json), ("result.missing?.deeper.still == nil", json),
    ("result?.verdict == 'pass'", json), ("'score' in result", json),
    ("result.items[1].name == 'b'", json),
    // Texts.
    ("'abc' matches '^a.c$'", vector), ("'abc' contains 'bc'", vector),
    ("'abc' startsWith 'ab' and 'abc' endsWith 'bc'", vector),
    ("not ('abc' matches 'x')", vector), ("upper('a') == 'A' && lower('A') == 'a'", vector),
    ("trim('  a ') == 'a'", vector), ("split('a,b,c', ',') == ['a', 'b', 'c']", vector),
    ("join(['a', 'b'], '-') == 'a-b'", vector), ("replace('aXbX', 'X', '') == 'ab'", vector),
    ("hasPrefix('abc', 'a') && indexOf('abc', 'c') == 2", vector),
    ("repeat('ab', 2) == 'abab'", vector), ("trimPrefix('abc', 'a') == 'bc'", vector),
    // Lists.
    ("all(result, # > 0)", vector), ("any(result, # > 3)", vector), ("one(result, # > 3)", vector),
    ("none(result, # > 5)", vector), ("count(result, # < 1) == 2", vector),
    ("len(filter(result, # < 1)) == 2", vector), ("map(1..3, # * 2) == [2, 4, 6]", vector),
    ("sum(1..4) == 10", vector), ("mean(1..4) == 2.5", vector), ("median([3, 1, 2]) == 2", vector),
    ("max(result) == 4 && min(result) == 0.1", vector), ("max(1, 2, 3) == 3", vector),
    ("find(result, # > 1) == 4", vector), ("findIndex(result, # > 1) == 2", vector),
    ("findLast(1..5, # < 4) == 3", vector), ("sort([3, 1, 2]) == [1, 2, 3]", vector),
    ("sort([3, 1, 2], 'desc') == [3, 2, 1]", vector),
    ("map(sortBy(result.items, -.size), .name) == ['b', 'a']", json),
    ("reduce(1..4, #acc + #) == 10", vector), ("reduce(1..3, #acc + #, 10) == 16", vector),
    ("len(groupBy(result.items, .name)) == 2", json), ("uniq([1, 1, 2]) == [1, 2]", vector),
    ("concat([1], [2]) == [1, 2]", vector), ("flatten([[1], [2, [3]]]) == [1, 2, 3]", vector),
    ("reverse(1..3) == [3, 2, 1]", vector), ("first(result) == 0.99 && last(result) == 4", vector),
    ("take(result, 1) == [0.99]", vector), ("keys({b: 1, a: 2}) == ['a', 'b']", vector),
    ("values({b: 1, a: 2}) == [2, 1]", vector), ("toPairs({a: 1}) == [['a', 1]]", vector),
    ("fromPairs([['a', 1]]).a == 1", vector), ("get(result, 9) == nil", vector),
    ("result | filter(# > 3) | len() == 1", vector),
    ("all(result.items, {.size > 1})", json), ("all(1..3, #index == # - 1)", vector),
    ("any(result.items, .name == 'a' && .size == 2)", json),
    ("let x = result[0]; x > 0.9 && x < 1", vector),
    ("if result[0] > 0.9 { true } else { false }", vector),
    // Numbers and conversions.
    ("abs(-2) == 2 && ceil(1.2) == 2 && floor(1.8) == 1 && round(2.5) == 3", vector),
    ("int('5') + 1 == 6", vector), ("float('0.5') == 0.5", vector),
    ("string(1.5) == '1.5'", vector),
    ("type(result) == 'array' && type(1) == 'int'", vector), ("asInt('12') == 12", vector),
    ("asFloat('1e3') == 1000", vector), ("isNaN(asFloat('NaN'))", vector),
    ("toJSON({a: [1, 'x']}) == '{\"a\":[1,\"x\"]}'", vector),
    ("fromJSON('{\"a\": [1, true, null]}').a[1]", vector),
    // Times.
    ("now() - duration('1h') < now()", vector), ("duration('90s').Minutes() == 1.5", vector),
    ("now().Year() == 2025 && now().Hour() == 6 && now().Weekday() == 0", vector),
    ("date('2025-11-23T06:30:00Z') == now()", vector),
    ("date('2025-11-23T07:30:00+01:00') == now()", vector),
    ("(now() - date('2025-11-23')).Hours() == 6.5", vector),
  ]

  @Test(arguments: truths.indices)
  func `the language computes what expr-lang computes`(index: Int) throws {
    let (source, input) = Self.truths[index]
    #expect(try Condition(source).evaluate(input, at: Self.now), "\(source)")
  }

  static let refusals: [(String, String)] = [
    ("result[0 >= 0.95", "1:17: found the end of the condition, expected \"]\""),
    ("result[0] >", "1:12: found the end of the condition, expected a value"),
    ("result[0] > 1 )", "1:15: found \")\", expected an operator or the end"),
    ("'open", "1:1: text without end, expected '"),
    ("value == true", "1:1: unknown name \"value\", known is: result"),
    ("frob(1)", "1:1: unknown function \"frob\""),
    ("len()", "1:1: len() has 0 arguments, expected 1"),
    ("result ~ 1", "1:8: unexpected character"),
    ("# > 1", "1:1: found \"#\" outside of a predicate"),
    ("all(result)", "1:11: found \")\", expected a predicate such as \"# > 0\""),
    ("1 ?? 2 + 3", "1:8: \"??\" can't stand beside \"+\" without brackets"),
    ("'a' matches '('", "1:13: "),
    ("\n\n result &", "3:9: unexpected character"),
    ("", "condition is empty"),
    ("9223372036854775808 > 1", "1:1: integer too large"),
  ]

  @Test(arguments: refusals.indices)
  func `a condition that can't be read says where and what would do`(index: Int) {
    let (source, message) = Self.refusals[index]
    let error = #expect(throws: ConditionError.self) { try Condition(source) }
    #expect(error?.description.hasPrefix(message) == true, "\(source): \(error?.description ?? "")")
  }

  static let faults: [(String, ConditionInput, String)] = [
    ("result < 5", vector, "invalid operation: < (mismatched types []float64 and int)"),
    ("false && result < 5", vector, "invalid operation: < (mismatched types []float64 and int)"),
    ("result[0]", vector, "expected bool, but got float64"),
    ("result[7] > 1", vector, "index out of range: 7 (array length is 3)"),
    ("result.a > 1", vector, "type []float64 has no field a"),
    ("result.missing.deeper > 1", json, "cannot fetch deeper from nil"),
    ("all(result.verdict, # > 1)", json, "builtin all takes only array (got string)"),
    ("asInt('x') == 1", vector, "strconv.ParseInt: parsing \"x\": invalid syntax"),
    ("1 % 0 == 1", vector, "integer divide by zero"),
    ("filter(result, # + 1) == []", vector, "predicate should return boolean (got float64)"),
    ("len(5) > 1", vector, "len() takes a list, a map or a text as argument 1, found int"),
    ("len(1..99999999) > 1", vector, "a range of that length takes too much memory"),
    (
      "all(1..2000, all(1..2000, all(1..2000, # > 0)))", vector,
      "condition takes too much work or memory"
    ),
    (
      "len(reduce(1..999, #acc + #acc, 'x')) > 1", vector,
      "condition takes too much work or memory"
    ),
    ("len(reduce(1..999, [#acc], 1)) > 1", vector, "lists nested deeper than 100 levels"),
    (
      "let a = repeat('x', 999999); let b = repeat(a, 999999); true", vector,
      "condition takes too much work or memory"
    ),
  ]

  @Test(arguments: faults.indices)
  func `what can't be computed is an error with its reason`(index: Int) throws {
    let (source, input, message) = Self.faults[index]
    let condition = try Condition(source)
    let error = #expect(throws: ConditionError.self) {
      try condition.evaluate(input, at: Self.now)
    }
    #expect(error?.message == message, "\(source)")
  }

  @Test func `an error is drawn with a caret under its place`() {
    let error = #expect(throws: ConditionError.self) { try Condition("len(result) > > 1") }
    #expect(
      error?.illustrated == """
        1:15: found ">", expected a value
          len(result) > > 1
                        ^
        """)
  }

  @Test func `brackets and operators without end are refused, not followed`() {
    #expect(throws: ConditionError.self) {
      try Condition(String(repeating: "(", count: 5000) + "1")
    }
    #expect(throws: ConditionError.self) {
      try Condition(String(repeating: "!", count: 5000) + "true")
    }
    #expect(throws: ConditionError.self) {
      try Condition("true" + String(repeating: " && true", count: 1500))
    }
    #expect(throws: ConditionError.self) {
      try Condition(String(repeating: "a", count: 20_000))
    }
  }

  @Test func `random texts are read or refused, never more`() {
    var generator = SplitMix(seed: 20_251_123)
    let parts = [
      "result", "[0]", ".a", "?.", "(", ")", "[", "]", "{", "}", "#", "#acc", "all(", "map(",
      "reduce(", "1", "0.5", "'x'", "true", "nil", " and ", " or ", "not ", " in ", "..", "+", "-",
      "*", "/", "%", "**", "==", "<", ">=", "?", ":", "??", "|", "len(", ",", "let x = ", ";", "x",
      " matches ", "\"", "`", "\\", "\u{e9}", "now()", "duration('1h')", "if ", " else ", ".Year()",
      "9223372036854775807", "-9223372036854775808", "1e308", "sort(", "int(", "repeat('ab', ",
    ]
    for _ in 0..<4000 {
      let count = Int(generator.next() % 14)
      let source = (0..<count).map { _ in parts[Int(generator.next() % UInt64(parts.count))] }
        .joined()
      guard let condition = try? Condition(source) else { continue }
      for input in [Self.vector, Self.json, ConditionInput(.null), ConditionInput(.number(.nan))] {
        _ = try? condition.value(for: input, at: Self.now)
      }
    }
  }
}

/// A small seeded generator.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
