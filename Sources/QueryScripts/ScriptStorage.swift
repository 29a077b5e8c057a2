import MetricModel
import PromQL

/// The series that a script has loaded so far.
struct ScriptStorage {
  /// What the engine can't hold and a script may load.
  enum Lack: String {
    case histograms = "native histograms are not supported"
    case startTimes = "start timestamps are not supported"
  }

  private(set) var source = InMemorySeries([])
  /// The first load that went wrong; no evaluation after it means anything.
  private(set) var problem: String?
  private var columns: [Labels: SampleColumns] = [:]
  private var lacking: [(labels: Labels, lack: Lack)] = []

  mutating func load(_ load: SeriesLoad, line: Int) {
    if let reason = load.problem { fail("the load at line \(line) is broken: \(reason)") }
    for series in load.series {
      append(series, step: load.step, line: line)
      if series.holdsHistograms { lacking.append((series.labels, .histograms)) }
      if series.hasStartTimes { lacking.append((series.labels, .startTimes)) }
      if load.makesHistograms, let histogram = Self.histogramLabels(series.labels) {
        lacking.append((histogram, .histograms))
      }
    }
    source = InMemorySeries(columns.map { Series(labels: $0.key, samples: $0.value) })
  }

  /// What stands between the engine and the right answer to a query; nil when nothing does.
  func lack(for expression: QueryExpression) -> Lack? {
    let selectors = expression.selectors
    return lacking.first { series, _ in
      selectors.contains { selector in selector.matchers.allSatisfy { $0.matches(series) } }
    }?.lack
  }

  private mutating func fail(_ reason: String) {
    problem = problem ?? reason
  }

  private mutating func append(_ series: NotatedSeries, step: Milliseconds, line: Int) {
    var samples = columns[series.labels] ?? SampleColumns()
    for (index, value) in series.values.enumerated() {
      guard case .number(let number) = value else { continue }
      let (time, overflow) = step.count.multipliedReportingOverflow(by: Int64(index))
      guard !overflow else { return fail("the load at line \(line) goes past the end of time") }
      if let last = samples.timestamps.last, time <= last {
        let isRepeated = samples.timestamps.lastIndex(of: time).map {
          samples.values[$0].bitPattern == number.bitPattern
        }
        guard isRepeated == true else {
          return fail("the load at line \(line) has samples before those of an earlier load")
        }
      } else {
        samples.append(Timestamp(milliseconds: time), number)
      }
    }
    columns[series.labels] = samples
  }

  /// Under which labels `load_with_nhcb` makes a native histogram of a classic one.
  private static func histogramLabels(_ labels: Labels) -> Labels? {
    let name = labels.metricName
    for suffix in ["_bucket", "_count", "_sum"] where name.hasSuffix(suffix) {
      var builder = LabelsBuilder(labels)
      builder.set(Labels.metricName, String(name.dropLast(suffix.count)))
      builder.remove("le")
      return builder.labels
    }
    return nil
  }
}
