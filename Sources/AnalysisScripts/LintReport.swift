package import Manifest
internal import MetricModel

/// What is wrong with manifests, for people and for CI systems.
///
///     var report = LintReport(findings: findings)
///     report.lines                    // file:12:5: error: ...
///     report.sarif.indented           // for code scanning
package struct LintReport: Equatable, Sendable {
  package enum Level: String, Sendable, Hashable {
    /// A controller refuses it.
    case error
    /// Legal, and not what one wants.
    case warning
  }

  package struct Finding: Equatable, Sendable, CustomStringConvertible {
    /// As it was named.
    package var file: String
    /// From 1; 0 where the fault has no place.
    package var line: Int
    package var column: Int
    package var level: Level
    /// A stable name: `versions-mixed`.
    package var rule: String
    /// What it is about: `spec.metrics[0].count`; "" for the whole file.
    package var subject: String
    package var message: String
    /// "" where the message says it.
    package var remedy: String

    package init(
      file: String, line: Int, column: Int, level: Level, rule: String, subject: String,
      message: String, remedy: String = ""
    ) {
      self.file = file
      self.line = line
      self.column = column
      self.level = level
      self.rule = rule
      self.subject = subject
      self.message = message
      self.remedy = remedy
    }

    /// `templates.yaml:31:5: warning: spec.metrics[0]: <message>; <remedy> [rule]`
    package var description: String {
      let place = line > 0 ? ":\(line):\(column)" : ""
      return "\(file)\(place): \(level.rawValue): \(text) [\(rule)]"
    }

    fileprivate var text: String {
      (subject.isEmpty ? "" : "\(subject): ") + message + (remedy.isEmpty ? "" : "; \(remedy)")
    }
  }

  package var findings: [Finding]

  package init(findings: [Finding] = []) {
    self.findings = findings
  }

  package var hasErrors: Bool { findings.contains { $0.level == .error } }

  /// One line each.
  package var lines: [String] { findings.map(\.description) }

  /// One object each.
  package var json: JSONValue {
    .array(
      findings.map { finding in
        .object([
          "file": .string(finding.file), "line": .integer(Int64(finding.line)),
          "column": .integer(Int64(finding.column)), "level": .string(finding.level.rawValue),
          "rule": .string(finding.rule), "subject": .string(finding.subject),
          "message": .string(finding.message), "remedy": .string(finding.remedy),
        ])
      })
  }

  /// The Static Analysis Results Interchange Format, version 2.1.0 (OASIS).
  package var sarif: JSONValue {
    let rules = Set(findings.map(\.rule)).sorted()
    return .object([
      "$schema": .string("https://json.schemastore.org/sarif-2.1.0.json"),
      "version": .string("2.1.0"),
      "runs": .array([
        .object([
          "tool": .object([
            "driver": .object([
              "name": .string("assay"),
              "rules": .array(rules.map { .object(["id": .string($0)]) }),
            ])
          ]),
          "columnKind": .string("utf16CodeUnits"),
          "results": .array(findings.map { Self.result($0, rules) }),
        ])
      ]),
    ])
  }

  private static func result(_ finding: Finding, _ rules: [String]) -> JSONValue {
    var place: [String: JSONValue] = [
      "artifactLocation": .object([
        "uri": .string(PercentEncoding.escaped(finding.file, keeping: "/"))
      ])
    ]
    if finding.line > 0 {
      place["region"] = .object([
        "startLine": .integer(Int64(finding.line)),
        "startColumn": .integer(Int64(max(1, finding.column))),
      ])
    }
    var location: [String: JSONValue] = ["physicalLocation": .object(place)]
    if !finding.subject.isEmpty {
      location["logicalLocations"] = .array([
        .object(["fullyQualifiedName": .string(finding.subject)])
      ])
    }
    return .object([
      "ruleId": .string(finding.rule),
      "ruleIndex": .integer(Int64(rules.firstIndex(of: finding.rule) ?? 0)),
      "level": .string(finding.level.rawValue),
      "message": .object(["text": .string(finding.text)]),
      "locations": .array([.object(location)]),
    ])
  }
}
