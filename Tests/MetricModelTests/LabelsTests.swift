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
