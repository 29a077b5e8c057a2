import Analysis
import ArgumentParser
import Backtesting
import MetricModel
import Rollouts

/// `assay plan`: what each step of a rollout will be able to detect.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what regression each step weight can detect, and how long it takes.",
    discussion: """
      For a share of bad events and the traffic of the whole service: the smallest ratio of bad \
      shares that a step sees with four chances of five, and the time that a step must last to see \
      a given one. Warns of steps that can't see anything. The same holds for latencies: requests \
      slower than the stable 95th percentile are a share of 0.05. Ends with 2 where there is a \
      warning.

        assay plan --rate 100 --share 0.004 --step 10=5m --step 25=8m --step 50=8m
      """)

  @Option(help: ArgumentHelp("Requests a second of the whole service.", valueName: "number"))
  var rate: Double

  @Option(help: ArgumentHelp("The share that is bad without any change.", valueName: "share"))
  var share: Double

  @Option(
    help: ArgumentHelp("A weight in percent and how long it lasts.", valueName: "weight=duration"))
  var step: [WeightedStep]

  @Option(help: "The chance of a false alarm that the whole rollout may spend.")
  var errorBudget = 0.05

  @Option(help: "How many metrics share the budget.")
  var metrics = 1

  @Option(help: "Ratios of bad shares to tell the time for.")
  var ratio: [Double] = [1.5, 2, 5]

  func validate() throws {
    guard (0.0..<1).contains(share), share > 0 else {
      throw ValidationError("--share is a share between 0 and 1, such as 0.004")
    }
    guard rate >= 0, rate.isFinite else { throw ValidationError("--rate can't be negative") }
    guard errorBudget > 0, errorBudget < 0.5 else {
      throw ValidationError("--error-budget is a probability below 0.5")
    }
    guard metrics > 0 else { throw ValidationError("--metrics is at least 1") }
    guard !step.isEmpty else { throw ValidationError("give at least one --step") }
  }

  func run() throws {
    try reporting {
      let plan = DetectionPlan(
        share: share, requestsPerSecond: rate,
        errorBudget: errorBudget / Double(metrics * step.count))
      let steps = step.map { DetectionPlan.Step(weight: $0.weight, length: $0.length) }
      plan.lines(for: steps, ratios: ratio).forEach(Terminal.print)
      try (steps.contains { plan.warning(for: $0) != nil } ? Verdict.inconclusive : .pass).end()
    }
  }
}

/// `25=8m`.
struct WeightedStep: ExpressibleByArgument {
  let weight: Int
  let length: Milliseconds

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let weight = Int(parts[0]), (1..<100).contains(weight),
      let length = Milliseconds(parsing: parts[1]), length > .zero
    else { return nil }
    self.weight = weight
    self.length = length
  }
}
