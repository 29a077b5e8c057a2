import ArgumentParser

/// `assay lint FILE…`: what is wrong with manifests, and what to change.
struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Say what is wrong with Rollouts and AnalysisTemplates, and what to change.",
    discussion: """
      Reads the files together, as a controller would meet them, and prints a line for each fault \
      with its place and remedy: "refused" and "error" for what can't be carried out, "advice" and \
      "warning" for what will surprise. Ends with 3 when something is refused, else with 0.

        assay lint queries/rollouts/model-rollout-analysis.as-written.yaml
      """)

  @ArgumentParser.Argument(help: "Files with manifests.")
  var manifests: [String]

  func run() throws {
    try reporting {
      let files = try ManifestFiles(manifests)
      for remark in files.remarks + files.advice { Terminal.print(remark) }
      try (files.isRefused ? Verdict.error : .pass).end()
    }
  }
}
