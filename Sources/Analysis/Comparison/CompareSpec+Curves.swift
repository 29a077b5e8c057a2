package import MetricModel

extension CompareSpec {
  /// A quantity of both arms over time, for people to look at; verdicts rest on counts instead.
  package struct Curves: Equatable, Sendable {
    /// `share of bad events`.
    package var title: String
    /// PromQL, one series or none each.
    package var canary: String
    package var stable: String
  }

  /// What to draw beside a verdict, over windows of `window`: the share of bad events, the 99th
  /// percentile of a histogram, or the mean of a gauge.
  package func curves(over window: Milliseconds) -> Curves {
    func query(_ arm: String) -> String {
      func rate(_ selector: String) -> String {
        "rate(\(SelectorText.narrowed(selector, to: arm))[\(window)])"
      }
      func quantile(_ q: Double, _ histogram: Histogram) -> String {
        let sum = if case .classic = histogram { "sum by (le)" } else { "sum" }
        return "histogram_quantile(\(NumberText.json(q)), \(sum) (\(rate(histogram.selector))))"
      }
      switch measure {
      case .proportion(let events, let total, let isBad):
        let share = "sum(\(rate(events))) / sum(\(rate(total)))"
        return isBad ? share : "1 - \(share)"
      case .distribution(let histogram): return quantile(0.99, histogram)
      case .mean(let value): return "avg(\(SelectorText.narrowed(value, to: arm)))"
      case .rate(let events): return "avg(\(rate(events)))"
      case .quantile(let histogram, let q): return quantile(q, histogram)
      case .ratio(let numerator, let denominator):
        return "sum(\(rate(numerator))) / sum(\(rate(denominator)))"
      }
    }
    let title =
      switch measure {
      case .proportion: "share of bad events"
      case .distribution: "99th percentile"
      case .mean: "mean over pods"
      case .rate: "events a second and pod"
      case .quantile(_, let q): "quantile \(NumberText.json(q))"
      case .ratio: "ratio of sums"
      }
    return Curves(title: "\(title) over \(window)", canary: query(canary), stable: query(stable))
  }
}
