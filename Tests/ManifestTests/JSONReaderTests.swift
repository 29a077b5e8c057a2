import Manifest
import Testing

struct JSONReaderTests {
  @Test func `members are read one by one, or skipped`() throws {
    var reader = JSONReader(bytes: Array(#" {"a": [1, {"b": [[]]}, "c"], "d": {} , "e":2} "#.utf8))
    var members = try reader.enter(.object)
    #expect(try reader.key(in: &members) == "a")
    var elements = try reader.enter(.array)
    #expect(try reader.hasMember(in: &elements))
    #expect(try reader.value() == 1)
    #expect(try reader.hasMember(in: &elements))
    #expect(reader.container() == .object)
    try reader.skipValue()
    #expect(try reader.hasMember(in: &elements))
    #expect(reader.container() == nil)
    #expect(try reader.value() == "c")
    #expect(try !reader.hasMember(in: &elements))
    #expect(try reader.key(in: &members) == "d")
    #expect(try reader.value() == [:])
    #expect(try reader.key(in: &members) == "e")
    try reader.skipValue()
    #expect(try reader.key(in: &members) == nil)
    try reader.end()
  }

  @Test(arguments: [("[1,}", 3), ("[1 2]", 3), ("{\"a\":1,}", 7), ("[", 1), ("[\"a]", 4)])
  func `what is skipped must be right as well`(text: String, offset: Int) {
    var reader = JSONReader(bytes: Array(text.utf8))
    #expect { try reader.skipValue() } throws: { ($0 as? JSONError)?.offset == offset }
  }

  @Test func `what is skipped is nested within bounds`() {
    var reader = JSONReader(bytes: [UInt8](repeating: 0x5b, count: 100_000))
    #expect { try reader.skipValue() } throws: { "\($0)".contains("deeper than 200 levels") }
  }
}
