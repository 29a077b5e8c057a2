import AnalysisScripts
import ArgumentParser
import Manifest

/// `assay lint FILE…`: what is wrong with manifests, and what to change.
struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Say what is wrong with Rollouts and AnalysisTemplates, and what to change.",
    discussion: """
      Reads the files together, as a controller would meet them, and prints a line for each fault \
      with its place and remedy: an error is what can't be carried out, a warning what will \
      surprise. Ends with 3 when there is an error, else with 0; with --strict with 1 when there \
      is a warning.

        assay lint queries/rollouts/model-rollout-analysis.as-written.yaml
        assay lint --format sarif manifests/*.yaml > lint.sarif
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif
  }

  @ArgumentParser.Argument(help: "Files with manifests.")
  var manifests: [String]

  @Option(help: "How to print: text, json, or sarif for code scanning.")
  var format = Format.text

  @Flag(help: "End with 1 when there are warnings.")
  var strict = false

  func run() throws {
    try reporting {
      let files = try ManifestFiles(manifests)
      let report = LintReport(findings: files.faults + files.advice)
      switch format {
      case .text: report.lines.forEach(Terminal.print)
      case .json: Terminal.print(report.json.indented)
      case .sarif: Terminal.print(report.sarif.indented)
      }
      if report.hasErrors { try Verdict.error.end() }
      try (strict && !report.findings.isEmpty ? Verdict.fail : .pass).end()
    }
  }
}
