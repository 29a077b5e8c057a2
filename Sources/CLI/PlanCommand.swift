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

      Traffic and share can come from what was recorded, and steps from a Rollout; then steps are \
      also judged by the traffic of the quietest tenth of the time.

        assay plan queries/rollouts/model-rollout.yaml \\
          queries/analysis/ml-model-compare.yaml \\
          --recording queries/recordings/healthy \\
          --requests 'sum(rate(model_predictions_total[5m]))' \\
          --bad 'sum(rate(model_predictions_errors_total[5m]))'
      """)

  @ArgumentParser.Argument(help: "A Rollout with its AnalysisTemplates, for the steps.")
  var manifests: [String] = []

  @Option(help: ArgumentHelp("Requests a second of the whole service.", valueName: "number"))
  var rate: Double?

  @Option(help: ArgumentHelp("The share that is bad without any change.", valueName: "share"))
  var share: Double?

  @Option(help: ArgumentHelp("A data directory that assay wrote.", valueName: "directory"))
  var data: String?

  @Option(help: ArgumentHelp("A recording.", valueName: "path"))
  var recording: String?

  @Option(help: ArgumentHelp("PromQL that gives the requests a second.", valueName: "query"))
  var requests: String?

  @Option(help: ArgumentHelp("PromQL that gives the bad ones a second.", valueName: "query"))
  var bad: String?

  @Option(
    help: ArgumentHelp("A weight in percent and how long it lasts.", valueName: "weight=duration"))
  var step: [WeightedStep] = []

  @Option(help: "The chance of a false alarm that the whole rollout may spend.")
  var errorBudget = 0.05

  @Option(help: "How many metrics share the budget.")
  var metrics = 1

  @Option(help: "Ratios of bad shares to tell the time for.")
  var ratio: [Double] = [1.5, 2, 5]

  func validate() throws {
    if let share, !(0.0..<1).contains(share) || share == 0 {
      throw ValidationError("--share is a share between 0 and 1, such as 0.004")
    }
    if let rate, rate < 0 || !rate.isFinite {
      throw ValidationError("--rate can't be negative")
    }
    guard errorBudget > 0, errorBudget < 0.5 else {
      throw ValidationError("--error-budget is a probability below 0.5")
    }
    guard metrics > 0 else { throw ValidationError("--metrics is at least 1") }
    guard !step.isEmpty || !manifests.isEmpty else {
      throw ValidationError("give at least one --step, or a Rollout")
    }
    let isRecorded = data != nil || recording != nil
    guard (data == nil) || (recording == nil) else {
      throw ValidationError("the metrics are either in --data or in --recording")
    }
    guard isRecorded == (requests != nil), isRecorded || rate != nil else {
      throw ValidationError("give --rate, or --requests with --data or --recording")
    }
    guard share != nil || bad != nil else { throw ValidationError("give --share or --bad") }
  }

  func run() throws {
    try reporting {
      let traffic = try recordedTraffic()
      guard let rate = rate ?? traffic?.usual, let share = share ?? traffic?.badShare else {
        throw CommandError("the recording has no requests to count")
      }
      let steps = try self.steps()
      let budget = errorBudget / Double(metrics * steps.count)
      let plan = DetectionPlan(share: share, requestsPerSecond: rate, errorBudget: budget)
      if let traffic {
        Terminal.print(
          "\(PlanText.short(traffic.usual)) requests a second (median), "
            + "\(PlanText.short(traffic.quiet)) in the quietest tenth, "
            + "\(PlanText.short(share * 100)) % of them bad")
      }
      plan.lines(for: steps, ratios: ratio).forEach(Terminal.print)
      var isDoubtful = steps.contains { plan.warning(for: $0) != nil }
      if let traffic {
        let quiet = DetectionPlan(
          share: share, requestsPerSecond: traffic.quiet, errorBudget: budget)
        for step in steps {
          guard plan.warning(for: step) == nil, let warning = quiet.warning(for: step) else {
            continue
          }
          isDoubtful = true
          Terminal.print("in quiet hours \(step.weight) % for \(step.length) \(warning)")
        }
      }
      try (isDoubtful ? Verdict.inconclusive : .pass).end()
    }
  }

  private func recordedTraffic() throws -> RecordedTraffic? {
    guard let requests else { return nil }
    let opened =
      try recording.map { try OpenedSource(recording: $0) }
      ?? OpenedSource(directory: data ?? "")
    let queries = RecordedQueries(snapshot: opened.snapshot)
    // Rates need a window of data before their first value.
    let step = Milliseconds(
      max(Milliseconds.seconds(15).count, opened.span.end.since(opened.span.start).count / 5_000))
    func answer(_ text: String) throws -> QueryValue {
      try queries.answer(
        QueryRequest(
          text: text,
          evaluation: .range(start: opened.span.start, end: opened.span.end, step: step)))
    }
    return RecordedTraffic(requests: try answer(requests), bad: try bad.map(answer))
  }

  private func steps() throws -> [DetectionPlan.Step] {
    guard step.isEmpty else {
      return step.map { DetectionPlan.Step(weight: $0.weight, length: $0.length) }
    }
    let files = try ManifestFiles(manifests)
    let steps = WeightedStep.held(in: try files.rollout(), files.templates)
    guard !steps.isEmpty else {
      throw CommandError("the Rollout holds no weight for any time: nothing could be detected")
    }
    return steps
  }
}

/// Numbers of plans for people.
private enum PlanText {
  static func short(_ value: Double) -> String {
    NumberText.plain((value * 1000).rounded() / 1000)
  }
}

extension WeightedStep {
  /// How long a canary has each weight: its pauses, and analyses that have a count.
  fileprivate static func held(
    in plan: RolloutPlan, _ templates: [AnalysisTemplate]
  ) -> [DetectionPlan.Step] {
    guard case .canary(let canary) = plan.strategy else { return [] }
    var steps: [DetectionPlan.Step] = []
    for step in canary.steps {
      switch step {
      case .setWeight(let weight):
        steps.append(DetectionPlan.Step(weight: weight, length: .zero))
      case .pause(let duration): add(duration ?? .zero, to: &steps)
      case .analysis(let use):
        let names = use.templates.map(\.name)
        let metrics = templates.filter { names.contains($0.name) }.flatMap(\.spec.metrics)
        add(metrics.compactMap(length).max() ?? .zero, to: &steps)
      default: break
      }
    }
    return steps.filter { $0.weight > 0 && $0.weight < 100 && $0.length > .zero }
  }

  private static func length(of metric: MetricSpec) -> Milliseconds? {
    guard let count = metric.effectiveCount, let interval = metric.interval?.value else {
      return nil
    }
    let seconds = interval.milliseconds.seconds * Double(max(0, count - 1))
    return Milliseconds(seconds: min(max(seconds, 0), 1e9))
  }

  private static func add(_ length: Milliseconds, to steps: inout [DetectionPlan.Step]) {
    guard let last = steps.indices.last else { return }
    steps[last].length = Milliseconds(steps[last].length.count + length.count)
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
