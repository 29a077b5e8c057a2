import MetricModel
import PromQL
import TimeSeriesStore

/// Shows that a query costs in proportion to series × steps: from a thousand series to a hundred
/// thousand, and five times the steps over the same ten minutes.
enum Linearity {
  private static let scrapes = 60
  private static let seriesOfPod = 10
  private static let buckets = "model_inference_duration_seconds_bucket"
  private static let queries = [
    ("sum of rates", "sum by (le) (rate(\(buckets)[5m]))"),
    ("p99 by version", "histogram_quantile(0.99, sum by (version, le) (rate(\(buckets)[5m])))"),
    ("greatest", "max by (le) (\(buckets))"),
    ("join", "sum by (le) (\(buckets) - \(buckets) offset 1m)"),
  ]

  struct Row {
    let name: String
    let series: Int
    let steps: Int
    /// CPU seconds, the median of the rounds.
    let seconds: Double

    /// Nanoseconds for each series and step.
    var cost: Double { seconds * 1e9 / Double(series * steps) }
  }

  static func rows() throws -> [Row] {
    var rows: [Row] = []
    for pods in [100, 1000, 10_000] {
      let generated = try GeneratedStore(pods: pods, scrapes: scrapes, seed: 2)
      try generated.store.seal()
      let snapshot = generated.store.snapshot()
      for (name, text) in queries {
        let query = try Query(text)
        for (steps, step) in [(60, 10), (300, 2)] {
          let first = generated.end.advanced(by: .seconds(Int64(1 - steps) * Int64(step)))
          let grid = StepGrid(start: first, step: .seconds(Int64(step)), count: steps)
          let seconds = try ProcessorClock.measure(rounds: 5) {
            _ = try query.range(over: grid, from: snapshot)
          }
          rows.append(
            Row(
              name: name, series: pods * seriesOfPod, steps: steps,
              seconds: seconds[seconds.count / 2]))
        }
      }
      try generated.remove()
    }
    return rows
  }
}
