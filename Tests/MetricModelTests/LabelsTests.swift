import MetricModel
import Testing

@Suite struct LabelsTests {
  @Test func `labels are sorted, unique, and without empty values`() {
    let labels = Labels([("b", "2"), ("a", "1"), ("c", ""), ("b", "3")])
    #expect(labels.pairs.map(\.name) == ["a", "b"])
    #expect(labels["b"] == "3")
    #expect(labels["c"] == nil)
    #expect(labels == Labels([("a", "1"), ("b", "3")]))
  }

  @Test func `canonically equivalent texts are different labels`() {
    #expect(Labels([("a", "\u{e9}")]) != Labels([("a", "e\u{301}")]))
  }

  @Test func `order compares name then value, label by label`() {
    let ordered = [
      Labels.empty, Labels([("a", "1")]), Labels([("a", "1"), ("b", "1")]), Labels([("a", "10")]),
      Labels([("a", "2")]), Labels([("b", "1")]),
    ]
    #expect(Array(ordered.reversed()).sorted() == ordered)
  }

  @Test func `text is Prometheus' notation`() {
    #expect(Labels([("__name__", "up"), ("job", "a\"b")]).description == #"up{job="a\"b"}"#)
    #expect(
      Labels([("__name__", "my.metric"), ("x.y", "1")]).description == #"{"my.metric", "x.y"="1"}"#)
    #expect(Labels.empty.description == "{}")
  }
}

@Suite struct LabelTextsTests {
  private static let bytes = Array("abcjobapi__name__up".utf8)
  private static let (name, up, job, api) = (9..<17, 17..<19, 3..<6, 6..<9)

  @Test func `labels are made of texts where they stand`() {
    let texts = [Self.name, Self.up, Self.job, Self.api]
    let labels = Labels(sortedTexts: texts, in: Self.bytes.span)
    #expect(labels == Labels([("__name__", "up"), ("job", "api")]))
    #expect(Labels(sortedTexts: [], in: Self.bytes.span) == .empty)
  }

  @Test(arguments: [
    [job, api, name, up], [name, up, name, up], [name, 3..<3], [name],
  ])
  func `what isn't sorted and unique with values is refused`(texts: [Range<Int>]) {
    #expect(Labels(sortedTexts: texts, in: Self.bytes.span) == nil)
  }
}
