import AnalysisScripts
import Manifest
import Testing

@Suite struct LintReportTests {
  private static let report = LintReport(findings: [
    LintReport.Finding(
      file: "my dir/t.yaml", line: 3, column: 5, level: .error, rule: "no-metrics",
      subject: "spec.metrics", message: "no metrics specified", remedy: "add one"),
    LintReport.Finding(
      file: "t.yaml", line: 0, column: 0, level: .warning, rule: "loose", subject: "",
      message: "matches too much"),
  ])

  @Test func `lines name file, place and rule`() {
    #expect(
      Self.report.lines == [
        "my dir/t.yaml:3:5: error: spec.metrics: no metrics specified; add one [no-metrics]",
        "t.yaml: warning: matches too much [loose]",
      ])
    #expect(Self.report.hasErrors && !LintReport().hasErrors)
  }

  @Test func `a sarif log has a rule, a place and a level for each result`() throws {
    let sarif = Self.report.sarif
    #expect(sarif["version"]?.asString == "2.1.0")
    let run = try #require(sarif["runs"]?[0])
    let rules = run[path: "tool", "driver", "rules"]?.asArray ?? []
    #expect(rules.map { $0["id"]?.asString } == ["loose", "no-metrics"])
    let results = run["results"]?.asArray ?? []
    #expect(results.count == 2)
    for result in results {
      let index = Int(result["ruleIndex"]?.asNumber ?? -1)
      #expect(rules[index]["id"] == result["ruleId"])
    }
    let place = try #require(results[0]["locations"]?[0]?["physicalLocation"])
    #expect(place["artifactLocation"]?["uri"]?.asString == "my%20dir/t.yaml")
    #expect(place["region"]?["startLine"]?.asNumber == 3)
    #expect(results[0]["level"]?.asString == "error")
    // A finding without a place has none, not line 0, which SARIF forbids.
    #expect(results[1]["locations"]?[0]?["physicalLocation"]?["region"] == nil)
    #expect(Self.report.json[1]?["rule"]?.asString == "loose")
  }
}
