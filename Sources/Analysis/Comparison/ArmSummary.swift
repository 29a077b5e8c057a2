internal import MetricModel
internal import Statistics

/// One arm of a comparison of proportions.
struct ProportionArm: Equatable {
  /// Bad events of all trials, by stratum.
  var strata: [Int: Proportion] = [:]
  var total = Proportion()
  /// By pod, in the order of labels.
  var pods: [PodCount] = []
  /// How many series of trials were found.
  var seriesCount = 0

  /// Sums increases of events and trials; `isBad` tells whether the events are the bad ones.
  init(
    events: [Series], trials: [Series], isBad: Bool, _ increases: CounterIncreases
  ) throws(NotComputable) {
    seriesCount = trials.count
    var counts: [Labels: [Int: (events: Double, trials: Double)]] = [:]
    for series in trials {
      for (stratum, amount) in increases.increments(of: series) {
        counts[CounterIncreases.pod(of: series.labels), default: [:]][stratum, default: (0, 0)]
          .trials += amount
      }
    }
    for series in events {
      for (stratum, amount) in increases.increments(of: series) {
        counts[CounterIncreases.pod(of: series.labels), default: [:]][stratum, default: (0, 0)]
          .events += amount
      }
    }
    for pod in counts.keys.sorted() {
      var podTotal = Proportion()
      for (stratum, count) in (counts[pod] ?? [:]).sorted(by: { $0.key < $1.key }) {
        // A scrape isn't atomic: events may run ahead of trials by a few.
        let events = min(count.events, count.trials)
        let bad = isBad ? events : count.trials - events
        let proportion = try Proportion(events: bad, trials: count.trials)
        strata[stratum, default: Proportion()].merge(proportion)
        podTotal.merge(proportion)
      }
      pods.append(PodCount(pod: pod.description, events: podTotal.events, trials: podTotal.trials))
      total.merge(podTotal)
    }
  }

  /// The counts by pod as proportions.
  var podProportions: [Proportion] {
    pods.compactMap { try? Proportion(events: $0.events, trials: $0.trials) }
  }
}

/// One arm of a comparison of distributions: cumulative bucket counts.
struct HistogramArm {
  /// Ascending, the last one infinite.
  var bounds: [Double] = []
  /// As many counts as bounds.
  var strata: [Int: [Double]] = [:]
  var total: [Double] = []
  /// Cumulative counts by pod, in the order of labels.
  var pods: [(pod: String, counts: [Double])] = []
  var seriesCount = 0

  /// Why buckets can't be read.
  enum Fault: Error, Equatable, CustomStringConvertible {
    case noBound(series: String)
    case noInfiniteBucket
    case boundsDiffer

    var description: String {
      switch self {
      case .noBound(let series):
        "\(series) has no readable label le, expected the _bucket series of a histogram"
      case .noInfiniteBucket:
        "the histogram has no bucket le=\"+Inf\", so its total isn't known"
      case .boundsDiffer:
        "pods of one arm have different bucket bounds, expected the same everywhere"
      }
    }
  }

  init(buckets: [Series], _ increases: CounterIncreases) throws(Fault) {
    seriesCount = buckets.count
    guard !buckets.isEmpty else { return }
    var boundOf: [Double] = []
    for series in buckets {
      guard let text = series.labels["le"], let bound = NumberText.parse(text), !bound.isNaN else {
        throw .noBound(series: series.labels.description)
      }
      boundOf.append(bound)
    }
    bounds = Set(boundOf).sorted()
    guard bounds.last == .infinity else { throw .noInfiniteBucket }
    let place = Dictionary(uniqueKeysWithValues: bounds.enumerated().map { ($1, $0) })
    var bySeries: [Labels: Int] = [:]
    let empty = [Double](repeating: 0, count: bounds.count)
    total = empty
    var byPod: [Labels: [Double]] = [:]
    for (series, bound) in zip(buckets, boundOf) {
      bySeries[series.labels.removing(["le"]), default: 0] += 1
      let index = place[bound] ?? 0
      let pod = CounterIncreases.pod(of: series.labels)
      for (stratum, amount) in increases.increments(of: series) {
        strata[stratum, default: empty][index] += amount
        byPod[pod, default: empty][index] += amount
      }
    }
    guard bySeries.values.allSatisfy({ $0 == bounds.count }) else { throw .boundsDiffer }
    for stratum in strata.keys.sorted() {
      let counts = Self.rising(strata[stratum] ?? [])
      strata[stratum] = counts
      for index in counts.indices { total[index] += counts[index] }
    }
    pods = byPod.sorted { $0.key < $1.key }
      .map { ($0.key.description, Self.rising($0.value)) }
  }

  /// The number of observations.
  var count: Double { total.last ?? 0 }

  /// The 99th percentile by Prometheus' interpolation, to show; never what is tested.
  var percentile99: Double { quantile(0.99) }

  func quantile(_ q: Double) -> Double {
    guard let counts = try? BucketCounts(upperBounds: bounds, cumulative: total) else {
      return .nan
    }
    return HistogramQuantile(of: counts).value(at: q)
  }

  func quantileInterval(
    _ q: Double, level: Double
  ) throws(NotComputable) -> ConfidenceInterval {
    try HistogramQuantile(of: BucketCounts(upperBounds: bounds, cumulative: total))
      .interval(at: q, level: level)
  }

  /// Cumulative counts never fall from bound to bound; rounding and torn scrapes may say so.
  private static func rising(_ counts: [Double]) -> [Double] {
    var highest = 0.0
    return counts.map { count in
      highest = max(highest, count)
      return highest
    }
  }

  /// The observations above a bound: the tail that the bound cuts off.
  static func exceedance(
    _ cumulative: [Double], above index: Int
  ) throws(NotComputable) -> Proportion {
    let trials = cumulative.last ?? 0
    return try Proportion(events: max(0, trials - cumulative[index]), trials: trials)
  }
}

/// What one pod contributed.
package struct PodCount: Equatable, Sendable {
  package var pod: String
  package var events: Double
  package var trials: Double
}
