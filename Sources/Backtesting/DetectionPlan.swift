internal import Glibc
package import MetricModel
internal import Statistics

/// What each step of a rollout can detect, before it starts.
///
///     let plan = DetectionPlan(share: 0.004, requestsPerSecond: 100, errorBudget: 0.05)
///     plan.smallestRatio(for: DetectionPlan.Step(weight: 10, length: .minutes(5)))   // 3.4
///     plan.time(toSee: 2, weight: 10)                                               // 14m
///
/// Bad events are a share of all requests, and the verdict may be asked for after every scrape: an
/// e-process reaches its boundary with four chances of five when the log ratio is √(2 ln(1/α)) +
/// 0.84 of its standard errors, √((1 − p)/p (1/n₁ + 1/n₂)). Pods that differ of themselves add to
/// that; they aren't known before.
package struct DetectionPlan: Equatable, Sendable {
  /// What is bad without the change, between 0 and 1.
  package var share: Double
  /// Of the whole service.
  package var requestsPerSecond: Double
  /// What this metric may spend in a step.
  package var errorBudget: Double

  package struct Step: Equatable, Sendable {
    /// In percent.
    package var weight: Int
    /// Through the analysis, the pause before it included where that is counted.
    package var length: Milliseconds

    package init(weight: Int, length: Milliseconds) {
      self.weight = weight
      self.length = length
    }
  }

  package init(share: Double, requestsPerSecond: Double, errorBudget: Double) {
    self.share = share
    self.requestsPerSecond = requestsPerSecond
    self.errorBudget = errorBudget
  }

  /// Standard errors from no difference to a boundary that is crossed with four chances of five.
  private var reach: Double { (2 * log(1 / errorBudget)).squareRoot() + 0.8416212335729143 }

  /// The smallest ratio of bad shares that a step sees; infinite where it can see nothing.
  package func smallestRatio(for step: Step) -> Double {
    let weight = Double(step.weight) / 100
    let requests = requestsPerSecond * step.length.seconds
    guard weight > 0, weight < 1, requests > 0, share > 0, share < 1 else { return .infinity }
    let variance =
      (1 - share) / share * (1 / (requests * weight) + 1 / (requests * (1 - weight)))
    return exp(reach * variance.squareRoot())
  }

  /// How long a step at a weight must last to see a ratio; nil where it never does.
  package func time(toSee ratio: Double, weight: Int) -> Milliseconds? {
    let weight = Double(weight) / 100
    guard ratio > 1, weight > 0, weight < 1, requestsPerSecond > 0, share > 0, share < 1 else {
      return nil
    }
    let perSecond =
      (1 - share) / share * (1 / weight + 1 / (1 - weight)) / requestsPerSecond
    let needed = reach / log(ratio)
    return Milliseconds(seconds: (needed * needed * perSecond).rounded(.up))
  }

  /// What to think of a step; nil where it is fine.
  package func warning(for step: Step) -> String? {
    let ratio = smallestRatio(for: step)
    let canaryBad =
      requestsPerSecond * step.length.seconds * Double(step.weight) / 100 * share
    if ratio == .infinity { return "can detect nothing: no traffic or no weight" }
    if canaryBad < 1 {
      return "can hardly detect anything: \(short(canaryBad)) bad events of the canary are "
        + "expected in the whole step"
    }
    if ratio > 5 { return "sees only a canary that is \(short(ratio)) times as bad" }
    return nil
  }

  /// The table for the terminal.
  package func lines(for steps: [Step], ratios: [Double] = [1.5, 2, 5]) -> [String] {
    let header =
      ["weight", "length", "canary requests", "smallest ratio seen"]
      + ratios.map { "time to see \(short($0))x" } + [""]
    let rows = steps.map { step -> [String] in
      let requests = requestsPerSecond * step.length.seconds * Double(step.weight) / 100
      let ratio = smallestRatio(for: step)
      return [
        "\(step.weight) %", step.length.description, NumberText.plain(requests.rounded()),
        ratio == .infinity ? "none" : "\(short(ratio))x",
      ]
        + ratios.map { time(toSee: $0, weight: step.weight)?.description ?? "never" }
        + [warning(for: step).map { "warning: \($0)" } ?? ""]
    }
    return BacktestSummary.aligned([header] + rows)
  }

  private func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return NumberText.plain(value) }
    let scale = pow(10, max(0, 2 - log10(value.magnitude).rounded(.down)))
    return NumberText.plain((value * scale).rounded() / scale)
  }
}
