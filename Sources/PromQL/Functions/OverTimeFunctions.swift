internal import Glibc
internal import MetricModel

/// Functions of a window's values that need no parameter, each in a fixed order of operations.
struct SummaryKernel: WindowKernel {
  let summary: WindowSummary

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    switch summary {
    case .count: return Double(place.count)
    case .present: return 1
    case .first: return values[place.first]
    case .last: return values[place.last]
    case .timeOfFirst: return Double(times[place.first]) / 1000
    case .timeOfLast: return Double(times[place.last]) / 1000
    case .min: return values[extreme(place, values) { $0 < $1 }]
    case .max: return values[extreme(place, values) { $0 > $1 }]
    case .timeOfMin: return Double(times[extreme(place, values) { $0 <= $1 }]) / 1000
    case .timeOfMax: return Double(times[extreme(place, values) { $0 >= $1 }]) / 1000
    case .sum: return sum(place, values)
    case .average: return mean(place, values)
    case .variance: return variance(place, values)
    case .deviation: return variance(place, values).squareRoot()
    }
  }

  /// The place of the extreme; numbers win over NaN.
  @inline(__always)
  private func extreme(
    _ place: WindowPlace, _ values: Span<Double>, _ wins: (Double, Double) -> Bool
  ) -> Int {
    var best = place.first
    for index in place.first..<place.end
    where wins(values[index], values[best]) || values[best].isNaN { best = index }
    return best
  }

  @inline(__always)
  private func sum(_ place: WindowPlace, _ values: Span<Double>) -> Double {
    var running = NeumaierSum()
    for index in place.first..<place.end { running.add(values[index]) }
    return running.sum.isInfinite ? running.sum : running.total
  }

  @inline(__always)
  private func mean(_ place: WindowPlace, _ values: Span<Double>) -> Double {
    // A sum that stays finite has never overflowed: the mean needs no other care.
    var sum = NeumaierSum(values[place.first])
    for index in (place.first &+ 1)..<place.end { sum.add(values[index]) }
    let count = Double(place.count)
    if sum.sum.isFinite { return sum.sum / count + sum.correction / count }
    var running = NeumaierMean(values[place.first])
    for index in (place.first &+ 1)..<place.end { running.add(values[index]) }
    return running.mean
  }

  /// Welford's recurrence with compensated mean and squares; of the population.
  @inline(__always)
  private func variance(_ place: WindowPlace, _ values: Span<Double>) -> Double {
    var count = 0.0
    var mean = NeumaierSum()
    var squares = NeumaierSum()
    for index in place.first..<place.end {
      count += 1
      let delta = values[index] - mean.total
      mean.add(delta / count)
      squares.add(delta * (values[index] - mean.total))
    }
    return squares.total / count
  }
}

enum WindowSummary: Equatable {
  case count, present, first, last, timeOfFirst, timeOfLast
  case min, max, timeOfMin, timeOfMax
  case sum, average, variance, deviation
}

/// `quantile_over_time`, whose quantile may differ from step to step.
struct QuantileKernel: WindowKernel {
  /// For each step.
  private(set) var quantiles: [Double] = []
  private var sorted: [Double] = []

  mutating func take(_ columns: [[Double]]) { quantiles = columns[0] }

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    sorted.removeAll(keepingCapacity: true)
    for index in place.first..<place.end { sorted.append(values[index]) }
    return Quantiles.quantile(quantiles[place.step], of: &sorted)
  }
}

/// `mad_over_time`: the median of distances from the median; NaN when any value is.
struct MedianDeviationKernel: WindowKernel {
  private var sorted: [Double] = []

  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    sorted.removeAll(keepingCapacity: true)
    for index in place.first..<place.end {
      if values[index].isNaN { return .nan }
      sorted.append(values[index])
    }
    let median = Quantiles.quantile(0.5, of: &sorted)
    for index in sorted.indices { sorted[index] = (sorted[index] - median).magnitude }
    return Quantiles.quantile(0.5, of: &sorted)
  }
}
