import Foundation
import Manifest
import Testing

struct JSONValueTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "-0.5", "9223372036854775807", "\"\\u0001é\\\"\"",
    "[1,2.5,\"a\",{\"b\":[null]}]", "1e+300",
  ])
  func `what is written reads back as it was`(text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(try JSONValue(parsing: value.spelled) == value)
    #expect(try JSONValue(parsing: value.indented) == value)
    let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    let ours = try JSONSerialization.jsonObject(
      with: Data(value.spelled.utf8), options: .fragmentsAllowed)
    #expect(theirs as? NSObject == ours as? NSObject)
  }

  @Test(arguments: [
    ("", 0), ("[1,}", 3), ("{\"a\" 1}", 5), ("01", 2), ("1.", 2), ("\"\\x\"", 2), ("nul", 0),
    ("[1] 2", 4), ("\"abc", 4), ("{a:1}", 1), ("1e", 2), ("\"\u{1}\"", 1), ("-", 0),
    ("1e999", 5), ("\"\\u12g4\"", 3),
  ])
  func `a broken text is refused at its place`(text: String, offset: Int) {
    #expect { try JSONValue(parsing: text) } throws: { ($0 as? JSONError)?.offset == offset }
    #expect(throws: (any Error).self) {
      try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }
  }

  @Test func `nesting is bounded and bytes that are no UTF-8 are refused`() {
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: String(repeating: "[", count: 100_000))
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
  }

  @Test func `surrogate pairs become one character, halves the replacement`() throws {
    #expect(try JSONValue(parsing: #""\ud83d\ude00""#) == "😀")
    #expect(try JSONValue(parsing: #""\ud83dx""#) == "\u{fffd}x")
  }

  @Test func `setting at a path makes the objects on the way`() {
    var value: JSONValue = ["spec": ["routes": [["weight": 100]]]]
    value[path: "spec", "routes", 0, "weight"] = 80
    value[path: "metadata", "annotations", "a/b"] = "c"
    value[path: "status", "gone"] = nil
    #expect(
      value.spelled
        == #"{"metadata":{"annotations":{"a/b":"c"}},"spec":{"routes":[{"weight":80}]}}"#)
    value[path: "metadata", "annotations", "a/b"] = nil
    #expect(value[path: "metadata", "annotations"] == [:])
  }

  @Test func `numbers keep their kind`() throws {
    #expect(try JSONValue(parsing: "1") == .integer(1))
    #expect(try JSONValue(parsing: "1.0") == .number(1))
    #expect(JSONValue.number(1).spelled == "1")
    #expect(try JSONValue(parsing: "9223372036854775808").asNumber == 9_223_372_036_854_775_808)
  }
}
