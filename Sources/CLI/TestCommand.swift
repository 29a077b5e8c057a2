import ArgumentParser
import QueryScripts

/// `assay test …`: runs what people write to hold their queries to.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run test scripts.",
    subcommands: [
      PromQLScripts.self, RuleUnitTests.self, AnalysisUnitTests.self, StatisticsVectorFiles.self,
      RolloutScripts.self,
    ])
}

/// `assay test promql SCRIPT…`: scripts in the language of Prometheus' own PromQL tests.
struct PromQLScripts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promql",
    abstract: "Run scripts of load and eval commands against the evaluator.",
    discussion: """
      Prints each failure with its line, what was got and what was wanted, and closes with \
      "N passed, N failed", counting evals. Ends with 0 when all passed, 1 when some failed, 3 \
      when a script can't be read. Every feature of PromQL is enabled, as Prometheus' own scripts \
      assume.

        assay test promql queries/conformance/*.test
      """)

  @Argument(help: "Scripts.")
  var scripts: [String]

  func run() throws {
    try reporting {
      let runner = ScriptRunner(evaluator: EngineEvaluator())
      var total = ScriptReport()
      for path in scripts {
        let report = runner.run(ScriptParser.parse(try Files.readText(path)))
        for failure in report.failures { Terminal.print("\(path): \(failure)") }
        total.entries += report.entries
      }
      Terminal.print(total.summary)
      try (total.failures.isEmpty ? Verdict.pass : .fail).end()
    }
  }
}
