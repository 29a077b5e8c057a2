import MetricModel
import Rules
import Testing
import YAMLReader

/// A group fed by hand: what it writes, alert by alert.
struct RuleGroupStateTests {
  private func group(_ rules: String, limit: Int = 0) throws -> RuleGroup {
    let text = "groups: [{name: g, limit: \(limit), rules: [\(rules)]}]"
    let document = try YAMLReader.documents(in: text, scalars: .asWritten).first
    let (file, errors) = RuleFile.read(document, path: "r.yml")
    try #require(errors == [])
    return file.groups[0]
  }

  private func source(_ samples: [(String, [(Int64, Double)])]) -> InMemorySeries {
    InMemorySeries(
      samples.map { job, points in
        var columns = SampleColumns()
        for (minute, value) in points {
          columns.append(Timestamp(milliseconds: minute * 60_000), value)
        }
        return Series(labels: Labels([("__name__", "up"), ("job", job)]), samples: columns)
      })
  }

  private func minute(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: minute * 60_000) }

  /// `name{labels} value`, staleness markers as `stale`.
  private func texts(_ output: RuleOutput) -> [String] {
    output.samples.map { sample in
      let number = sample.value.number ?? .nan
      return "\(sample.labels) \(number.isStaleMarker ? "stale" : NumberText.plain(number))"
    }
  }

  @Test func `an alert is pending, fires after its time, keeps firing, and resolves`() throws {
    var state = RuleGroupState(
      try group("{alert: Down, expr: up == 0, for: 2m, keep_firing_for: 2m, labels: {s: p}}"))
    let down = source([("a", (0...9).map { ($0, $0 < 4 ? 0.0 : 1.0) })])
    var states: [String] = []
    for now in 0..<9 {
      _ = state.evaluate(0, at: minute(Int64(now)), from: down, in: RuleEnvironment())
      states.append(state.rules[0].activeAlerts.first?.state.rawValue ?? "-")
    }
    #expect(
      states == ["pending", "pending", "firing", "firing", "firing", "firing", "-", "-", "-"])
    #expect(state.rules[0].alertState == .inactive)
  }

  @Test func `series of alerts are written and end with markers`() throws {
    var state = RuleGroupState(try group("{alert: Down, expr: up == 0, for: 1m}"))
    let up = source([("a", [(1, 0), (2, 0), (3, 1)])])
    let outputs = (1...3).map {
      texts(state.evaluate(0, at: minute(Int64($0)), from: up, in: RuleEnvironment()))
    }
    #expect(
      outputs == [
        [
          #"ALERTS{alertname="Down", alertstate="pending", job="a"} 1"#,
          #"ALERTS_FOR_STATE{alertname="Down", job="a"} 60"#,
        ],
        [
          #"ALERTS{alertname="Down", alertstate="firing", job="a"} 1"#,
          #"ALERTS_FOR_STATE{alertname="Down", job="a"} 60"#,
          #"ALERTS{alertname="Down", alertstate="pending", job="a"} stale"#,
        ],
        [
          #"ALERTS{alertname="Down", alertstate="firing", job="a"} stale"#,
          #"ALERTS_FOR_STATE{alertname="Down", job="a"} stale"#,
        ],
      ])
  }

  @Test func `a failing rule says why and writes nothing`() throws {
    var state = RuleGroupState(
      try group("{record: r, expr: 'label_replace(up, \"job\", \"x\", \"\", \"\")'}", limit: 1))
    let two = source([("a", [(0, 1)]), ("b", [(0, 1)])])
    let output = state.evaluate(0, at: minute(0), from: two, in: RuleEnvironment())
    #expect(output.samples.isEmpty)
    #expect(state.rules[0].health == .err)
    #expect(!state.rules[0].lastError.isEmpty)
    var limited = RuleGroupState(try group("{record: r, expr: up}", limit: 1))
    _ = limited.evaluate(0, at: minute(0), from: two, in: RuleEnvironment())
    #expect(limited.rules[0].lastError == "exceeded limit of 1 with 2 series")
    var many = RuleGroupState(try group("{alert: r, expr: up}", limit: 1))
    _ = many.evaluate(0, at: minute(0), from: two, in: RuleEnvironment())
    #expect(many.rules[0].lastError == "exceeded limit of 1 with 2 alerts")
  }

  @Test func `alerts are sent when they fire, again after a delay, and when they resolve`() throws {
    var state = RuleGroupState(try group("{alert: Down, expr: up == 0}"))
    let up = source([("a", [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)])])
    let sent = (Int64(0)...4).map { now in
      _ = state.evaluate(0, at: minute(now), from: up, in: RuleEnvironment())
      let alerts = state.takeForSending(
        0, at: minute(now), resendDelay: .seconds(90), interval: .minutes(1))
      return alerts.map { $0.resolvedAt == nil ? "firing" : "resolved" }
    }
    #expect(sent == [["firing"], [], ["firing"], ["resolved"], []])
  }

  @Test func `a reload keeps alerts of rules that stay and ends series of those that go`() throws {
    let down = source([("a", [(0, 0), (1, 0)])])
    var state = RuleGroupState(
      try group("{alert: Down, expr: up == 0, for: 1m}, {record: gone, expr: up}"))
    for rule in 0...1 { _ = state.evaluate(rule, at: minute(0), from: down, in: RuleEnvironment()) }
    var reloaded = RuleGroupState(
      try group("{alert: Down, expr: up < 1, for: 1m}"), after: state)
    _ = reloaded.evaluate(0, at: minute(1), from: down, in: RuleEnvironment())
    #expect(reloaded.rules[0].activeAlerts.map(\.state) == [.firing])
    #expect(texts(reloaded.takeOrphans(at: minute(1))) == [#"gone{job="a"} stale"#])
    #expect(reloaded.takeOrphans(at: minute(2)).samples.isEmpty)
  }

  @Test func `after a restart an alert goes on where it was`() throws {
    let rule = "{alert: Down, expr: up == 0, for: 30m}"
    var columns = SampleColumns()
    columns.append(minute(40), 600)
    let past = InMemorySeries([
      Series(
        labels: Labels([("__name__", "ALERTS_FOR_STATE"), ("alertname", "Down"), ("job", "a")]),
        samples: columns),
      Series(
        labels: Labels([("__name__", "up"), ("job", "a")]),
        samples: SampleColumns(timestamps: [minute(50).milliseconds], values: [0])),
    ])
    var state = RuleGroupState(try group(rule), awaitsRestoration: true)
    let before = state.evaluate(0, at: minute(50), from: past, in: RuleEnvironment())
    #expect(before.samples.isEmpty)
    try state.restore(at: minute(50), from: past)
    // Active since minute 10 and seen last at 40, so 30 minutes were served: it fires.
    #expect(state.rules[0].activeAlerts.map(\.activeAt) == [minute(10)])
    _ = state.evaluate(0, at: minute(51), from: past, in: RuleEnvironment())
    #expect(state.rules[0].activeAlerts.map(\.state) == [.firing])
  }
}
