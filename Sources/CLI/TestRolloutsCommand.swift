import ArgumentParser
import Manifest
import Simulation
import YAMLReader

/// `assay test rollouts FILE…`: what happens to a rollout, and what must follow.
struct RolloutScripts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollouts",
    abstract: "Play scenarios of rollouts against the decisions of the controller.",
    discussion: """
      Each document with a "scenario" is played: a Rollout, a script of events, and what the \
      status, pods, Services, weights and writes must be in between; queries/rollouts/README.md \
      tells the format. Tables of replica counts count each row. After every write the laws of \
      rollouts are checked too. Prints each failure and closes with "N passed, N failed". Ends \
      with 0 when all passed, 1 when some failed, 3 when a file can't be read.

        assay test rollouts queries/rollouts/*.yaml
        assay test rollouts --trace queries/rollouts/strategy-canary.yaml
      """)

  @Flag(help: "Play each scenario also once for each of its writes, killed before it.")
  var kill = false

  @Flag(help: "Show what happens in each scenario, a line for each event.")
  var trace = false

  @ArgumentParser.Argument(help: "Files with scenarios, or tables of replica counts.")
  var files: [String]

  func run() throws {
    try reporting {
      var total = ScenarioRunner.Report()
      for path in files {
        let documents = try YAMLReader.documents(in: try Files.readText(path))
        if trace {
          for line in try ScenarioRunner.trace(documents) { Terminal.print(line) }
        }
        let report = ScenarioRunner.run(documents, killing: kill)
        for failure in report.failures { Terminal.print("\(path): \(failure)") }
        total.passed += report.passed
        total.failures += report.failures
      }
      Terminal.print(total.summary)
      try (total.failures.isEmpty ? Verdict.pass : .fail).end()
    }
  }
}
