import MetricModel
import PromQL
import Testing

@Suite struct JoinTests {
  private var recording = Recording()

  init() {
    recording.add("errors", [("job", "a"), ("code", "500")], [1, 2, 3])
    recording.add("errors", [("job", "a"), ("code", "404")], [10, 20, 30])
    recording.add("errors", [("job", "b"), ("code", "500")], [5, nil, 7])
    recording.add("requests", [("job", "a")], [100, 100, 100])
    recording.add("requests", [("job", "c")], [1, 1, 1])
    recording.add("owner", [("job", "a"), ("team", "red")], [1, nil, nil])
    recording.add("owner", [("job", "a"), ("team", "blue")], [nil, 1, 1])
  }

  @Test func `many elements may meet one where group_left says so`() throws {
    #expect(
      try recording.instant("errors / on (job) group_left requests", minute: 0).lines == [
        "{code=\"404\", job=\"a\"} 0.1", "{code=\"500\", job=\"a\"} 0.01",
      ])
    #expect(
      try recording.instant("requests * on (job) group_right errors", minute: 0).lines == [
        "{code=\"404\", job=\"a\"} 1000", "{code=\"500\", job=\"a\"} 100",
      ])
  }

  @Test func `labels of the one side may change from step to step`() throws {
    let text = "errors{code=\"500\"} * on (job) group_left (team) last_over_time(owner[30s])"
    #expect(
      try recording.range(text, minutes: 0...2).lines == [
        "{code=\"500\", job=\"a\", team=\"blue\"} 2 3",
        "{code=\"500\", job=\"a\", team=\"red\"} 1",
      ])
  }

  @Test func `without a grouping modifier the many have to be one`() {
    #expect(
      recording.failure("errors / on (job) requests", minute: 0)
        == "multiple matches for labels: many-to-one matching must be explicit "
        + "(group_left/group_right)")
    // Also where the comparison would drop all but one.
    #expect(
      recording.failure("errors > on (job) (requests - 95)", minute: 0)
        == "multiple matches for labels: many-to-one matching must be explicit "
        + "(group_left/group_right)")
  }

  @Test func `the one side has to be one, where the other has anything`() {
    let expected =
      "found duplicate series for the match group {job=\"a\"} on the right hand-side of the "
      + "operation: [{__name__=\"errors\", code=\"404\", job=\"a\"}, "
      + "{__name__=\"errors\", code=\"500\", job=\"a\"}];many-to-many matching not allowed: "
      + "matching labels must be unique on one side"
    #expect(recording.failure("requests / on (job) errors", minute: 0) == expected)
    #expect(recording.failure("requests / on (job) group_left errors", minute: 0) == expected)
    #expect(recording.failure("nosuch / on (job) errors", minute: 0) == "answered vector([])")
  }

  @Test func `results of a join must differ`() {
    let coded = "label_replace(requests, \"code\", \"x\", \"\", \"\")"
    #expect(
      recording.failure("errors * on (job) group_left (code) \(coded)", minute: 0)
        == "multiple matches for labels: grouping labels must ensure unique matches")
  }

  @Test func `a filter keeps the left side, name and all, unless on says otherwise`() throws {
    #expect(
      try recording.instant("requests{job=\"a\"} > ignoring (code) errors{code=\"404\"}", minute: 0)
        .lines == ["requests{job=\"a\"} 100"])
    #expect(
      try recording.instant("requests > on (job) errors{code=\"404\"}", minute: 0).lines == [
        "{job=\"a\"} 100"
      ])
    #expect(try recording.instant("50 < requests", minute: 0).lines == ["requests{job=\"a\"} 100"])
    #expect(
      try recording.instant("requests > bool 50", minute: 0).lines == [
        "{job=\"a\"} 1", "{job=\"c\"} 0",
      ])
  }

  @Test func `set operators decide step by step`() throws {
    let lately = "last_over_time(errors{code=\"500\"}[30s])"
    #expect(
      try recording.range("\(lately) or on (job) (requests * 0)", minutes: 0...2).lines == [
        "errors{code=\"500\", job=\"a\"} 1 2 3", "errors{code=\"500\", job=\"b\"} 5 7",
        "{job=\"c\"} 0 0 0",
      ])
    #expect(
      try recording.range("requests unless on (job) \(lately)", minutes: 0...2).lines == [
        "requests{job=\"c\"} 1 1 1"
      ])
    #expect(
      try recording.range("\(lately) and on (job) requests", minutes: 0...2).lines == [
        "errors{code=\"500\", job=\"a\"} 1 2 3"
      ])
  }
}
