import ArgumentParser
import Rules
import Scraping

/// `assay check config FILE…`: Prometheus' configuration.
struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Check Prometheus' configuration files, and the rules they name.",
    discussion: """
      Ends with 0 when nothing is wrong and 1 otherwise. What Prometheus knows and Assay doesn't \
      is told, and isn't wrong unless --strict is given.

        assay check config prometheus.yml
      """)

  @Flag(help: "Let fields without effect here end with 1.")
  var strict = false

  @OptionGroup var features: FeatureOptions

  @ArgumentParser.Argument(help: "Configuration files.")
  var files: [String]

  func run() throws {
    var isBroken = false
    for path in files {
      Terminal.print("Checking \(path)")
      do {
        if try !check(path) { isBroken = true }
      } catch {
        isBroken = true
        Terminal.complain("  FAILED:\n\(error)\n")
      }
    }
    if isBroken { try Verdict.fail.end() }
  }

  /// Whether all is well; throws for what makes the file itself unusable.
  private func check(_ path: String) throws -> Bool {
    let configuration = try PrometheusConfiguration(path)
    let missing = configuration.missingFiles
    guard missing.isEmpty else {
      throw CommandError(missing.map { "\($0): no such file" }.joined(separator: "\n"))
    }
    for note in configuration.notes { Terminal.complain("  \(note)") }
    let rules = try configuration.scraping.ruleFiles.flatMap { pattern in
      try GlobPaths.matching(pattern, from: ".")
    }
    let count = rules.count
    Terminal.print(
      "  SUCCESS: \(path) is valid prometheus config file syntax"
        + (count > 0 ? ", \(count) rule files found" : ""))
    Terminal.print("")
    var isWhole = !strict || configuration.notes.isEmpty
    for file in rules {
      Terminal.print("Checking \(file)")
      let (read, errors) = try RuleFiles.read(
        file, ignoresUnknownFields: false, queries: features.queryOptions)
      if errors.isEmpty {
        Terminal.print("  SUCCESS: \(read.ruleCount) rules found\n")
      } else {
        isWhole = false
        Terminal.complain("  FAILED:\n" + errors.map(\.description).joined(separator: "\n") + "\n")
      }
    }
    return isWhole
  }
}
