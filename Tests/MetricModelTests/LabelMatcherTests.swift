import MetricModel
import Testing

@Suite struct LabelMatcherTests {
  @Test(arguments: [
    ("=~", "5..|404", "500", true), ("=~", "5..|404", "4041", false), ("=~", "a|b", "b", true),
    ("=~", ".*", "", true), ("=~", "a.b", "a\nb", true), ("!~", "x.*", "abc", true),
    ("=", "", "", true), ("!=", "", "", false), ("=~", "(?<year>[0-9]+)", "2024", true),
  ])
  func `patterns are anchored and missing labels are empty`(
    operation: String, pattern: String, value: String, expected: Bool
  ) throws {
    let kind = try #require(LabelMatcher.Operation(rawValue: operation))
    let matcher = try LabelMatcher("l", kind, pattern)
    #expect(matcher.matches(Array(value.utf8)) == expected)
  }

  @Test func `a pattern with look-ahead is refused with the reason`() {
    #expect(throws: RegexError.self) { try RegexMatcher("a(?=b)") }
  }

  @Test func `captures give byte ranges`() throws {
    let regex = try RegexMatcher("(.*)-([0-9]+)(x)?")
    let groups = try #require(regex.captures(in: Array("api-12".utf8)))
    #expect(groups == [0..<6, 0..<3, 4..<6, nil])
  }
}
