import ArgumentParser
import Simulation

/// `assay study-rollouts`: many rollouts with everything going wrong.
struct StudyRolloutsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study-rollouts",
    abstract: "Play seeded rollouts under faults and check the laws after every write.",
    discussion: """
      Conflicts, answers lost after the write, watches cut, late or refused, leaders changed, \
      controllers killed and replaced in between, skewed clocks, an API server that is away, \
      crashes, autoscalers, hands in the cluster, edits half way: each is counted. A violation \
      names the seed that replays it. Ends with 1 when there is one.

        assay study-rollouts --runs 100000 --seed 1
        assay study-rollouts --trace --seed 3141
      """)

  @Option(help: "How many rollouts.")
  var runs = 2000
  @Option(help: "The first seed; each rollout has the next.")
  var seed: UInt64 = 1

  @Flag(help: "Show the one rollout of the seed, line by line.")
  var trace = false

  func run() throws {
    try reporting {
      if trace {
        for line in RolloutStudy.trace(seed: seed) { Terminal.print(line) }
        return
      }
      var total = RolloutStudy.Report()
      let block = 1000
      for start in stride(from: 0, to: max(0, runs), by: block) {
        let report = RolloutStudy.run(
          runs: min(block, runs - start), seed: seed &+ UInt64(start))
        for violation in report.violations {
          Terminal.print("seed \(violation.seed): \(violation.text)")
        }
        total.merge(report)
      }
      Terminal.print(total.summary(seed: seed))
      try (total.violations.isEmpty ? Verdict.pass : .fail).end()
    }
  }
}
