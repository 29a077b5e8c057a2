import ArgumentParser
import Rules

/// `assay check …`: whether files are what they should be.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check files for faults without running anything.",
    subcommands: [CheckRules.self, CheckConfig.self])
}

/// `assay check rules FILE…`: recording and alerting rules.
struct CheckRules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Check Prometheus' rule files.",
    discussion: """
      Names every fault with its place. Ends with 0 when there are none and 1 when there are; \
      rules that write the same series are told, and end with 3 under --lint-fatal, as with \
      promtool.

        assay check rules rules/*.yml
      """)

  @Flag(name: .customLong("lint-fatal"), help: "Let duplicate rules end with 3.")
  var isLintFatal = false

  @Flag(name: .customLong("ignore-unknown-fields"), help: "Overlook fields nobody knows.")
  var ignoresUnknownFields = false

  @OptionGroup var features: FeatureOptions

  @ArgumentParser.Argument(help: "Rule files.")
  var files: [String]

  func run() throws {
    var (isBroken, hasDuplicates) = (false, false)
    for path in files {
      Terminal.print("Checking \(path)")
      do {
        let (file, errors) = try RuleFiles.read(
          path, ignoresUnknownFields: ignoresUnknownFields, queries: features.queryOptions)
        if !errors.isEmpty {
          isBroken = true
          Terminal.complain(
            "  FAILED:\n" + errors.map(\.description).joined(separator: "\n") + "\n")
        } else if file.duplicates.isEmpty {
          Terminal.print("  SUCCESS: \(file.ruleCount) rules found\n")
        } else {
          hasDuplicates = true
          Terminal.complain("  FAILED:\n" + Self.told(file.duplicates) + "\n")
        }
      } catch {
        isBroken = true
        Terminal.complain("  FAILED:\n\(error)\n")
      }
    }
    if isBroken { try Verdict.fail.end() }
    if hasDuplicates, isLintFatal { try Verdict.error.end() }
  }

  private static func told(_ duplicates: [(name: String, labels: [LabelPair])]) -> String {
    let rules = duplicates.map { rule in
      "Metric: \(rule.name)\nLabel(s):\n"
        + rule.labels.map { "\t\($0.name): \($0.value)\n" }.joined()
    }
    return "lint error \(duplicates.count) duplicate rule(s) found.\n" + rules.joined()
      + "Might cause inconsistency while recording expressions"
  }
}
