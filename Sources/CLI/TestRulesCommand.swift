import ArgumentParser
import FoundationEssentials
import Manifest
import MetricModel
import Rules
import YAMLReader

/// `assay test rules FILE…`: promtool's unit tests for recording and alerting rules.
struct RuleUnitTests: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Run promtool's unit-test files for rules, unchanged.",
    discussion: """
      Prints what is not as expected, test by test, and closes with "N passed, N failed", counting \
      tests. Ends with 0 when all passed and 1 when not, or when a file can't be read, as promtool \
      does.

        assay test rules tests.yml
      """)

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Run only tests whose name matches; may be given again.", valueName: "pattern"))
  var patterns: [String] = []

  @Flag(name: .customLong("ignore-unknown-fields"), help: "Overlook fields nobody knows.")
  var ignoresUnknownFields = false

  @OptionGroup var features: FeatureOptions

  @ArgumentParser.Argument(help: "Unit-test files.")
  var files: [String]

  func run() throws {
    try reporting {
      let chosen = try patterns.map(RegexMatcher.init)
      var (passed, failed) = (0, 0)
      for path in files {
        Terminal.print("Unit Testing:  \(path)")
        let outcome = outcome(of: path, chosen)
        passed += outcome.passed
        failed += outcome.failed
        if outcome.failures.isEmpty {
          Terminal.print("  SUCCESS\n")
        } else {
          Terminal.complain("  FAILED:\n" + outcome.failures.joined(separator: "\n\n") + "\n")
        }
      }
      Terminal.print("\(passed) passed, \(failed) failed")
      try (failed == 0 ? Verdict.pass : .fail).end()
    }
  }

  private struct Outcome {
    var passed = 0
    var failed = 0
    var failures: [String] = []
  }

  /// A file that can't be read counts as one failed test.
  private func outcome(of path: String, _ chosen: [RegexMatcher]) -> Outcome {
    var outcome = Outcome()
    do {
      let (file, rules) = try read(path)
      for test in file.tests {
        guard chosen.isEmpty || chosen.contains(where: { $0.matchesPart(of: test.name) })
        else { continue }
        let failures = file.failures(of: test, rules: rules, queries: features.queryOptions)
        outcome.failures += failures
        if failures.isEmpty { outcome.passed += 1 } else { outcome.failed += 1 }
      }
    } catch {
      outcome.failed += 1
      outcome.failures.append("\(error)")
    }
    return outcome
  }

  private func read(_ path: String) throws -> (RuleTestFile, [RuleFile]) {
    let file: RuleTestFile
    let text = try Files.readText(path)
    do throws(ManifestError) {
      let documents = try YAMLReader.documents(in: text, scalars: .asWritten)
      let nothing = ManifestNode(.map([]))
      file = try RuleTestFile(
        documents.first ?? nothing, ignoresUnknownFields: ignoresUnknownFields)
    } catch {
      throw CommandError("\(path):\(error)")
    }
    let folder = URL(filePath: path).deletingLastPathComponent().path
    var rules: [RuleFile] = []
    for pattern in file.rulePatterns {
      let found = try GlobPaths.matching(pattern, from: folder)
      if found.isEmpty { Terminal.complain("  WARNING: no file match pattern \(pattern)") }
      for path in found {
        let (file, errors) = try RuleFiles.read(
          path, ignoresUnknownFields: ignoresUnknownFields, queries: features.queryOptions)
        guard errors.isEmpty else {
          throw CommandError(errors.map(\.description).joined(separator: "\n"))
        }
        rules.append(file)
      }
    }
    return (file, rules)
  }
}
