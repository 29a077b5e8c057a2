import MetricModel
import Testing

@Suite struct PercentEncodingTests {
  @Test(arguments: [
    ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b/é", "a%20b%2F%C3%A9"), ("@[`{", "%40%5B%60%7B"),
    ("\u{0}\u{7f}", "%00%7F"), ("%41", "%2541"),
  ])
  func `unreserved characters stay and other bytes are spelled`(text: String, escaped: String) {
    #expect(PercentEncoding.escaped(text) == escaped)
    #expect(PercentEncoding.decoded(escaped) == text)
  }

  @Test func `characters asked for stay too`() {
    #expect(PercentEncoding.escaped("queries/a b.yaml", keeping: "/") == "queries/a%20b.yaml")
  }

  @Test(arguments: ["%", "%4", "a%zz", "%ff", "%c3"])
  func `broken escapes and bytes that are not UTF-8 have no text`(escaped: String) {
    #expect(PercentEncoding.decoded(escaped) == nil)
  }

  @Test func `a form keeps the order of its fields`() {
    #expect(
      PercentEncoding.form([("query", "up == 1"), ("time", "0")]) == "query=up%20%3D%3D%201&time=0")
  }
}
