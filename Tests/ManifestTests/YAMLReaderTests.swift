import Manifest
import Testing
import YAMLReader

@Suite struct YAMLReaderTests {
  @Test func `scalars keep their kinds`() throws {
    let text = "a: 1\nb: '1'\nc: 1.5\nd: true\ne: yes\nf: null\ng: \nh: 10m\ni: 007\n"
    let node = try #require(YAMLReader.documents(in: text).first)
    #expect(node["a"]?.content == .integer(1))
    #expect(node["b"]?.content == .text("1"))
    #expect(node["c"]?.content == .number(1.5))
    #expect(node["d"]?.content == .bool(true))
    #expect(node["e"]?.content == .text("yes"))
    #expect(node["f"]?.content == .null)
    #expect(node["g"]?.content == .null)
    #expect(node["h"]?.content == .text("10m"))
  }

  @Test func `values know their places`() throws {
    let node = try #require(YAMLReader.documents(in: "spec:\n  metrics:\n  - name: x\n").first)
    let name = try #require(node[path: "spec", "metrics"]?.asList?.first?["name"])
    #expect(name.line == 3)
    #expect(name.column == 11)
  }

  @Test func `an unknown field is named with its place`() throws {
    let node = try #require(YAMLReader.documents(in: "name: x\nIntervall: 1m\n").first)
    var object = try node.object(at: "spec")
    _ = try object.text("name")
    _ = object.optional("interval")
    let error = try #require(object.unknownFields.first)
    #expect(error.description == "2:1: spec.Intervall: unknown field, known here: interval, name")
  }

  @Test(arguments: [
    ("a: [1, 2", 1), ("a: b: c\n", 1), ("x: 1\ny: *a\n", 2), ("a: 1\na: 2\n", 0),
  ])
  func `bad text is an error with a place`(text: String, line: Int) {
    #expect { try YAMLReader.documents(in: text) } throws: { error in
      guard let error = error as? ManifestError else { return false }
      return error.line >= line && !error.message.isEmpty
    }
  }

  @Test func `aliases cannot blow a document up`() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(items)]\n"
    }
    #expect(throws: ManifestError.self) { try YAMLReader.documents(in: text) }
  }

  @Test func `a field of the wrong kind is refused with what would be right`() throws {
    let node = try #require(YAMLReader.documents(in: "spec:\n  count: [1]\n").first)
    var spec = try #require(node["spec"]).object(at: "spec")
    #expect {
      try spec.optionalInteger("count")
    } throws: {
      "\($0)" == "2:10: spec.count: found a list, expected an integer"
    }
  }
}
