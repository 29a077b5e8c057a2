import Glibc

/// Count, mean and sum of squared deviations of one arm's values.
///
/// ```swift
/// let latency = Moments(of: [0.120, 0.135, 0.128])
/// latency.mean      // 0.1276…
/// latency.variance  // with the divisor n − 1
/// ```
///
/// Values are taken relative to the first one seen, so a small spread on a large offset keeps its
/// digits (data near 1e9 with a spread of 1 give a t statistic good to 1e-11). A run of values is
/// summarised in two passes with compensated sums; summaries are merged by Chan's update
/// (T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37,
/// 1983, eq. 2.1): M2 = M2a + M2b + δ² na nb / n with δ the difference of the means.
///
/// NaN and infinite values are counted in `nanCount` and `infiniteCount` and otherwise left out;
/// tests refuse arms that contain any.
package struct Moments: Accumulator, Hashable, Codable {
  /// The number of finite values.
  package private(set) var count: Double
  /// The number of NaN values, which are not part of the moments.
  package private(set) var nanCount = 0.0
  /// The number of infinite values, which are not part of the moments.
  package private(set) var infiniteCount = 0.0
  /// The value that offsets are relative to: the first finite value seen.
  private var origin: Double
  /// The mean minus `origin`.
  private var offset: Double
  /// The sum of squared deviations from the mean.
  package private(set) var squaredDeviations: Double

  package init() {
    count = 0
    origin = 0
    offset = 0
    squaredDeviations = 0
  }

  /// An arm that is known only by its summary: n values with a mean and a variance (divisor n − 1).
  package init(count: Double, mean: Double, variance: Double) {
    self.count = count
    origin = mean
    offset = 0
    squaredDeviations = variance * max(0, count - 1)
  }

  /// The mean; NaN when nothing was added.
  package var mean: Double { count > 0 ? origin + offset : .nan }

  /// The sample variance with the divisor n − 1; NaN for fewer than two values.
  package var variance: Double { count > 1 ? squaredDeviations / (count - 1) : .nan }

  /// The sample standard deviation; NaN for fewer than two values.
  package var standardDeviation: Double { variance.squareRoot() }

  package var result: Moments { self }

  /// This mean minus the other's, without the cancellation of subtracting two rounded means.
  package func meanDifference(from other: Moments) -> Double {
    let origins = exactSum(origin, -other.origin)
    return origins.high + (origins.low + (offset - other.offset))
  }

  package mutating func add(_ values: Span<Double>) {
    merge(Moments(summarising: values))
  }

  package mutating func merge(_ other: Moments) {
    nanCount += other.nanCount
    infiniteCount += other.infiniteCount
    guard other.count > 0 else { return }
    guard count > 0 else {
      let (nans, infinities) = (nanCount, infiniteCount)
      self = other
      (nanCount, infiniteCount) = (nans, infinities)
      return
    }
    let total = count + other.count
    let delta = other.meanDifference(from: self)
    squaredDeviations += other.squaredDeviations + delta * delta * (count * (other.count / total))
    offset += delta * (other.count / total)
    count = total
  }

  /// The moments of one run of values, in two passes.
  private init(summarising values: Span<Double>) {
    self.init()
    var deviations = CompensatedSum()
    for index in values.indices {
      let value = values[index]
      guard value.isFinite else {
        if value.isNaN { nanCount += 1 } else { infiniteCount += 1 }
        continue
      }
      if count == 0 { origin = value }
      count += 1
      deviations.add(value - origin)
    }
    guard count > 0 else { return }
    offset = deviations.result / count
    var squares = CompensatedSum()
    var residue = CompensatedSum()
    for index in values.indices where values[index].isFinite {
      let deviation = (values[index] - origin) - offset
      squares.add(deviation * deviation)
      residue.add(deviation)
    }
    // The second term corrects for the rounding of the mean itself (Chan, eq. 1.7).
    squaredDeviations = max(0, squares.result - residue.result * residue.result / count)
  }
}
