import Manifest
import MetricModel
import Rules
import Testing
import YAMLReader

struct RuleFileTests {
  private func read(_ text: String) throws -> (file: RuleFile, errors: [RuleFileError]) {
    RuleFile.read(
      try YAMLReader.documents(in: text, scalars: .asWritten).first, path: "r.yml")
  }

  @Test func `groups and rules are read with what they inherit`() throws {
    let (file, errors) = try read(
      """
      groups:
        - name: g
          interval: 30s
          query_offset: 1m
          limit: 10
          labels: {team: a, tier: "1"}
          rules:
            - record: job:up:sum
              expr: sum by (job) (up)
              labels: {team: b}
            - alert: Down
              expr: up == 0
              for: 5m
              keep_firing_for: 10m
              labels: {severity: 1}
              annotations: {summary: "{{ $labels.job }} is down"}
      """)
    #expect(errors == [])
    let group = try #require(file.groups.first)
    #expect(group.interval == .seconds(30))
    #expect(group.queryOffset == .minutes(1))
    #expect(group.limit == 10)
    #expect(
      group.rules.map { $0.labels.map { "\($0.name)=\($0.value)" } } == [
        ["team=b", "tier=1"], ["severity=1", "team=a", "tier=1"],
      ])
    #expect(file.duplicates.isEmpty)
  }

  @Test(arguments: [
    (
      "{record: a, alert: b, expr: up}",
      #"r.yml: 1:40: group "g", rule 1, "b": only one of 'record' and 'alert' must be set"#
    ),
    ("{expr: up}", #"r.yml: 0:0: group "g", rule 1, "": one of 'record' or 'alert' must be set"#),
    ("{record: a}", #"r.yml: group "g", rule 1, "a": field 'expr' must be set in rule"#),
    (
      "{record: a, expr: sum(}",
      #"r.yml: 1:49: group "g", rule 1, "a": could not parse expression: 1:5: parse error: "#
        + #"unclosed left parenthesis"#
    ),
    (
      "{record: a, expr: up, for: 5m}",
      #"r.yml: 1:40: group "g", rule 1, "a": invalid field 'for' in recording rule"#
    ),
    (
      "{record: 'a{b=\"c\"}', expr: up}",
      #"r.yml: 1:40: group "g", rule 1, "a{b="c"}": braces present in the recording rule "#
        + #"name; should it be in expr?: a{b="c"}"#
    ),
    (
      "{record: a, expr: up, labels: {__name__: x}}",
      #"r.yml: group "g", rule 1, "a": invalid label name: __name__"#
    ),
    (
      "{alert: a, expr: up, annotations: {s: '{{ $x }}'}}",
      #"r.yml: group "g", rule 1, "a": annotation "s": template: __alert_a:1: undefined "#
        + #"variable "$x""#
    ),
    (
      "{alert: a, expr: up, for: soon}",
      #"r.yml: 1:57: groups[0].rules[0].for: not a valid duration string: "soon", expected "#
        + #"one such as 5m"#
    ),
    (
      "{alert: a, expr: up, four: 5m}",
      "r.yml: 1:52: groups[0].rules[0].four: unknown field, known here: alert, annotations, "
        + "expr, for, "
        + "keep_firing_for, labels, record"
    ),
  ])
  func `each fault is named with its place`(rule: String, message: String) throws {
    let (file, errors) = try read("groups: [{name: g, rules: [   \(rule)]}]")
    #expect(errors.map(\.description) == [message])
    #expect(file.ruleCount == 0)
  }

  @Test func `a group's name may not be repeated, rules with the same labels are found`() throws {
    let (file, errors) = try read(
      """
      groups:
        - {name: g, rules: [{record: a, expr: up}, {record: a, expr: down}]}
        - {name: g, rules: [{record: a, expr: up, labels: {x: "1"}}]}
      """)
    #expect(
      errors.map(\.description) == [
        #"r.yml: 3:5: groupname: "g" is repeated in the same file"#
      ])
    #expect(file.duplicates.map(\.name) == ["a"])
  }

  @Test func `merge keys bring in what an anchor holds`() throws {
    let (file, errors) = try read(
      """
      groups:
        - name: g
          rules:
            - &first {alert: A, expr: up == 0, for: 5m}
            - <<: *first
              alert: B
      """)
    #expect(errors == [])
    #expect(file.groups[0].rules.map(\.name) == ["A", "B"])
  }

  @Test func `an empty file has no groups`() throws {
    let (file, errors) = try read("# nothing\n")
    #expect(file.groups.isEmpty)
    #expect(errors.isEmpty)
  }
}
