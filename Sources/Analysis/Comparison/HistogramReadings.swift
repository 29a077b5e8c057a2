internal import MetricModel
internal import Statistics

/// The histograms of both arms on one grid of bounds, ready for judges.
struct HistogramReadings {
  /// Ascending, the last one infinite.
  private(set) var bounds: [Double] = []
  private(set) var canary = ArmReadings<[Double]>([:], isCanary: true)
  private(set) var stable = ArmReadings<[Double]>([:], isCanary: false)

  /// Why buckets can't be read.
  enum Fault: Error, Equatable, CustomStringConvertible {
    case noBound(series: String)
    case noInfiniteBucket
    case boundsDiffer
    case boundsDifferBetweenArms
    case notReconcilable

    var description: String {
      switch self {
      case .noBound(let series):
        "\(series) has no readable label le, expected the _bucket series of a histogram"
      case .noInfiniteBucket:
        "the histogram has no bucket le=\"+Inf\", so its total isn't known"
      case .boundsDiffer:
        "pods of one arm have different bucket bounds, expected the same everywhere"
      case .boundsDifferBetweenArms:
        "canary and stable have different bucket bounds, expected the same `le`"
      case .notReconcilable:
        "some of the native histograms have exponential buckets and some custom ones"
      }
    }
  }

  /// One arm's series with how they grow.
  typealias Arm = (series: [Series], increases: CounterIncreases)

  /// The counts in each bucket, all arms' bounds being the same.
  init(classic canary: Arm, stable: Arm) throws(Fault) {
    let (first, second) = (try Self.classic(canary), try Self.classic(stable))
    // An arm without series has no bounds.
    guard first.bounds == second.bounds || first.bounds.isEmpty || second.bounds.isEmpty else {
      throw .boundsDifferBetweenArms
    }
    bounds = first.bounds.isEmpty ? second.bounds : first.bounds
    self.canary = ArmReadings(first.readings, isCanary: true)
    self.stable = ArmReadings(second.readings, isCanary: false)
  }

  private static func classic(
    _ arm: Arm
  ) throws(Fault) -> (bounds: [Double], readings: [Labels: [Int: [Double]]]) {
    guard !arm.series.isEmpty else { return ([], [:]) }
    var boundOf: [Double] = []
    for series in arm.series {
      guard let text = series.labels["le"], let bound = NumberText.parse(text), !bound.isNaN else {
        throw .noBound(series: series.labels.description)
      }
      boundOf.append(bound)
    }
    let bounds = Set(boundOf).sorted()
    guard bounds.last == .infinity else { throw .noInfiniteBucket }
    let place = Dictionary(uniqueKeysWithValues: bounds.enumerated().map { ($1, $0) })
    let empty = [Double](repeating: 0, count: bounds.count)
    var bySeries: [Labels: Int] = [:]
    var readings: [Labels: [Int: [Double]]] = [:]
    for (series, bound) in zip(arm.series, boundOf) {
      bySeries[series.labels.removing(["le"]), default: 0] += 1
      let (pod, index) = (CounterIncreases.pod(of: series.labels), place[bound] ?? 0)
      for (stratum, amount) in arm.increases.increments(of: series) {
        readings[pod, default: [:]][stratum, default: empty][index] += amount
      }
    }
    guard bySeries.values.allSatisfy({ $0 == bounds.count }) else { throw .boundsDiffer }
    return (bounds, readings.mapValues { $0.mapValues(Self.differences) })
  }

  /// The counts of each bucket out of cumulative ones, which never fall from bound to bound;
  /// rounding and torn scrapes may say so.
  private static func differences(_ cumulative: [Double]) -> [Double] {
    var highest = 0.0
    return cumulative.map { count in
      defer { highest = max(highest, count) }
      return max(0, count - highest)
    }
  }

  /// Native histograms on the finest grid that all of them can take, of a hundred bounds or so.
  init(native canary: Arm, stable: Arm) throws(Fault) {
    var (first, second) = (try Self.native(canary), try Self.native(stable))
    let all = (Array(first.values) + Array(second.values)).flatMap(\.values)
    guard Set(all.map(\.usesCustomBounds)).count < 2 else { throw .notReconcilable }
    var schema = all.map(\.schema).min() ?? 0
    func reduced(_ arm: [Labels: [Int: NativeHistogram]]) -> [Labels: [Int: NativeHistogram]] {
      arm.mapValues {
        $0.mapValues { histogram in
          var histogram = histogram
          histogram.reduceResolution(to: schema)
          return histogram
        }
      }
    }
    (first, second) = (reduced(first), reduced(second))
    var bounds = Self.bounds(first, second)
    while bounds.count > Self.boundsMax, schema > NativeHistogram.exponentialSchemas.lowerBound {
      schema -= 1
      (first, second) = (reduced(first), reduced(second))
      bounds = Self.bounds(first, second)
    }
    self.bounds = bounds
    self.canary = ArmReadings(Self.counts(first, bounds), isCanary: true)
    self.stable = ArmReadings(Self.counts(second, bounds), isCanary: false)
  }

  /// Judges ask more of finer grids than they give.
  private static let boundsMax = 120

  private static func native(
    _ arm: Arm
  ) throws(Fault) -> [Labels: [Int: NativeHistogram]] {
    var result: [Labels: [Int: NativeHistogram]] = [:]
    for series in arm.series {
      let pod = CounterIncreases.pod(of: series.labels)
      for (stratum, amount) in arm.increases.increments(ofHistograms: series) {
        guard var sum = result[pod]?[stratum] else {
          result[pod, default: [:]][stratum] = amount
          continue
        }
        do {
          try sum.add(amount)
        } catch {
          throw .notReconcilable
        }
        result[pod]?[stratum] = sum
      }
    }
    return result
  }

  /// Both ends of all buckets, so that gaps between them are known to be empty.
  private static func bounds(_ arms: [Labels: [Int: NativeHistogram]]...) -> [Double] {
    var ends: Set<Double> = [.infinity]
    for arm in arms {
      for histogram in arm.values.flatMap(\.values) {
        for bucket in histogram.buckets {
          ends.insert(bucket.upper)
          if bucket.lower.isFinite { ends.insert(bucket.lower) }
        }
      }
    }
    return ends.sorted()
  }

  private static func counts(
    _ arm: [Labels: [Int: NativeHistogram]], _ bounds: [Double]
  ) -> [Labels: [Int: [Double]]] {
    let place = Dictionary(uniqueKeysWithValues: bounds.enumerated().map { ($1, $0) })
    return arm.mapValues {
      $0.mapValues { histogram in
        var counts = [Double](repeating: 0, count: bounds.count)
        for bucket in histogram.buckets {
          counts[place[bucket.upper] ?? bounds.count - 1] += max(0, bucket.count)
        }
        return counts
      }
    }
  }
}

extension ArmReadings<[Double]> {
  /// The counts in each bucket of the whole arm, and the number of observations of each pod.
  func bucketTotals(_ bounds: Int) -> (pods: [PodCount], counts: [Double]) {
    let empty = [Double](repeating: 0, count: bounds)
    let totals = totals { readings in
      readings.reduce(empty) { sum, counts in zip(sum, counts).map { $0 + $1 } }
    }
    let counts = zip(pods, totals.pods).map { pod, counts in
      PodCount(pod: pod.description, events: 0, trials: counts.reduce(0, +))
    }
    return (counts, totals.arm)
  }

  /// The observations above a bound: the tail that the bound cuts off.
  func tail(above place: Int, _ stratum: Int) throws(NotComputable) -> [Scrape<Proportion>.Pod] {
    var result: [Scrape<Proportion>.Pod] = []
    for pod in strata[stratum] ?? [] {
      let above = pod.reading[(place + 1)...].reduce(0, +)
      let all = pod.reading[...place].reduce(above, +)
      guard all > 0 else { continue }
      result.append(.init(id: pod.id, reading: try Proportion(events: above, trials: all)))
    }
    return result
  }
}
