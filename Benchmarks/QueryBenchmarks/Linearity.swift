import MetricModel
import PromQL
import TimeSeriesStore

/// Shows that a query costs in proportion to series × steps: from a thousand series to a hundred
/// thousand, and four times the steps.
enum Linearity {
  private static let scrapes = 40
  private static let query =
    "sum by (version) (rate({__name__=~\"model_.*\",app=\"model-server\"}[5m]))"

  struct Row {
    let series: Int
    let steps: Int
    /// CPU seconds, the median of the rounds.
    let seconds: Double

    /// Nanoseconds for each series and step.
    var cost: Double { seconds * 1e9 / Double(series * steps) }
  }

  static func rows() throws -> [Row] {
    var rows: [Row] = []
    for pods in [77, 770, 7700] {
      let generated = try GeneratedStore(pods: pods, scrapes: scrapes, seed: 2)
      try generated.store.seal()
      let snapshot = generated.store.snapshot()
      let query = try Query(query)
      for (steps, step) in [(60, 5), (240, 1)] {
        let first = generated.end.advanced(by: .seconds(Int64(1 - steps) * Int64(step)))
        let grid = StepGrid(start: first, step: .seconds(Int64(step)), count: steps)
        let seconds = try ProcessorClock.measure(rounds: 5) {
          _ = try query.range(over: grid, from: snapshot)
        }
        rows.append(Row(series: pods * 13, steps: steps, seconds: seconds[seconds.count / 2]))
      }
      try generated.remove()
    }
    return rows
  }
}
