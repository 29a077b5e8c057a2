import PromQL
import Testing

@Suite struct FeatureCheckTests {
  @Test(arguments: [
    (
      "1 + sum(mad_over_time(x[5m]))",
      #"1:9: parse error: function "mad_over_time" is not enabled"#
    ),
    (
      "limitk(2, x)",
      "1:1: parse error: limitk() is experimental and must be enabled with "
        + "--enable-feature=promql-experimental-functions"
    ),
    (
      "sum(x) + (a - fill(0) b)",
      "1:11: parse error: binop fill modifiers are experimental and not enabled"
    ),
    (
      "1 + rate(x[5m] anchored)",
      "1:10: parse error: anchored modifier is experimental and not enabled"
    ),
    ("sum(x smoothed)", "1:5: parse error: smoothed modifier is experimental and not enabled"),
  ])
  func `what is experimental has to be enabled`(text: String, message: String) throws {
    let error = #expect(throws: ParseError.self) { try Query(text) }
    #expect(error?.description == message)
    _ = try Query(text, options: .everything)
  }

  @Test func `one feature doesn't enable another`() throws {
    let options = QueryOptions(features: [.fillModifiers])
    _ = try Query("a + fill(0) b", options: options)
    #expect(throws: ParseError.self) { try Query("limitk(1, a)", options: options) }
  }

  @Test func `durations are computed and first_over_time is there without a flag`() throws {
    _ = try Query("first_over_time(x[step() * 4 + 1m] offset (1h / 2))")
  }
}
