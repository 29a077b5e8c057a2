import MetricModel
import PromQL
import TimeSeriesStore

/// Times the tutorial's queries, against one plain pass over the same samples in the same run: the
/// ratio says what the engine adds to decoding, on any machine.
@main
enum QueryBenchmarks {
  private static let queries = [
    (
      "accuracy",
      #"sum(rate(model_predictions_correct_total{app="model-server"}[5m])) / "#
        + #"sum(rate(model_predictions_total{app="model-server"}[5m]))"#
    ),
    (
      "p99",
      "histogram_quantile(0.99, "
        + #"sum(rate(model_inference_duration_seconds_bucket{app="model-server"}[5m])) by (le))"#
    ),
    (
      "error ratio",
      #"sum(rate(model_predictions_errors_total{app="model-server"}[5m])) / "#
        + #"sum(rate(model_predictions_total{app="model-server"}[5m]))"#
    ),
    ("rate by version", "sum by (version) (rate(model_predictions_total[5m]))"),
    ("selector", "model_predictions_total"),
  ]

  static func main() throws {
    let start = ProcessorClock.now
    let generated = try GeneratedStore(pods: 400, scrapes: 480, seed: 1)
    let filled = ProcessorClock.now
    try generated.store.seal()
    let sealed = ProcessorClock.now
    let samples = generated.sampleCount
    let size = generated.store.snapshot().statistics.blockSizeBytes
    let millions = Double(samples) / 1e6
    print("store: \(samples) samples in \(400 * 13) series, 2 hours, 15 s apart")
    print("  appended with   \(fixed((filled - start) / millions, 2)) CPU s a million samples")
    print("  sealed with     \(fixed((sealed - filled) / millions, 2)) CPU s a million samples")
    print("  sealed size     \(fixed(Double(size) / Double(samples), 2)) bytes a sample")
    print("")
    print(row("query", "CPU ms", "min..max", "× a plain pass", "M samples/s"))
    let snapshot = generated.store.snapshot()
    let grid = StepGrid(
      start: generated.end.advanced(by: .hours(-1)), step: .seconds(15), count: 241)
    for (name, text) in queries {
      let query = try Query(text)
      let range = try ProcessorClock.measure(rounds: 9) {
        _ = try query.range(over: grid, from: snapshot)
      }
      let (plain, touched) = try plainPass(query.expression, over: grid, snapshot)
      report("\(name), 241 steps", range, plain: plain, samples: touched)
      let instant = try ProcessorClock.measure(rounds: 9) {
        _ = try query.instant(at: generated.end, from: snapshot)
      }
      let one = StepGrid.instant(generated.end)
      let (plainOne, touchedOne) = try plainPass(query.expression, over: one, snapshot)
      report("\(name), instant", instant, plain: plainOne, samples: touchedOne)
    }
    try generated.remove()
    print("")
    print(row("query", "CPU ms", "series × steps", "ns each"))
    for point in try Linearity.rows() {
      print(
        row(
          point.name, fixed(point.seconds * 1e3, 2), "\(point.series) × \(point.steps)",
          fixed(point.cost, 1)))
    }
  }

  /// Selects and decodes once whatever the query reads, and adds the values up: CPU seconds
  /// (median) and samples.
  private static func plainPass(
    _ expression: QueryExpression, over grid: StepGrid, _ source: StoreSnapshot
  ) throws -> (seconds: Double, samples: Int) {
    let selectors = selectors(in: expression)
    let range = TimeRange(after: grid.start.advanced(by: .minutes(-5)), through: grid.end)
    var columns = SampleColumns()
    var samples = 0
    var sum = 0.0
    let seconds = try ProcessorClock.measure(rounds: 9) {
      samples = 0
      for selector in selectors {
        let selection = try source.select(selector.matchers, in: range)
        for index in selection.labels.indices {
          try selection.read(index, in: range, into: &columns)
          samples += columns.count
          for value in columns.values { sum += value }
        }
      }
    }
    precondition(sum.isFinite, "the generated values are finite")
    return (seconds[seconds.count / 2], samples)
  }

  private static func selectors(in expression: QueryExpression) -> [VectorSelector] {
    switch expression {
    case .selector(let selector), .rangeSelector(let selector, _, _): [selector]
    default: expression.children.flatMap(selectors)
    }
  }

  private static func report(_ name: String, _ seconds: [Double], plain: Double, samples: Int) {
    let median = seconds[seconds.count / 2]
    print(
      row(
        name, fixed(median * 1e3, 2),
        "\(fixed(seconds[0] * 1e3, 2))..\(fixed(seconds[seconds.count - 1] * 1e3, 2))",
        fixed(median / plain, 1), fixed(Double(samples) / median / 1e6, 1)))
  }

  private static func row(_ cells: String...) -> String {
    let widths = [26, 10, 18, 16, 14]
    return zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return index == 0 ? cell.0 + padding : padding + cell.0
    }.joined()
  }

  /// A number with so many digits after the point.
  private static func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    let scaled = (value * scale).rounded()
    guard let whole = Int(exactly: scaled) else { return NumberText.json(value) }
    let text = String(whole)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return "\(padded.dropLast(digits)).\(padded.suffix(digits))"
  }
}
