internal import Glibc
internal import MetricModel

/// Functions of a window's values that need no parameter, each in a fixed order of operations.
struct SummaryKernel: WindowKernel {
  let summary: WindowSummary

  @inline(__always)
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
    case .sum: return sum(place, values)
    case .average: return mean(place, values)
    case .variance: return variance(place, values)
    case .deviation: return variance(place, values).squareRoot()
    }
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
  case sum, average, variance, deviation
}

/// `min_over_time`, `max_over_time`, and when they were.
///
/// Keeps the places that can still become the extreme of a window, in order: what came before a
/// better one no longer can. Each sample enters and leaves once, however long the window is.
struct ExtremeKernel: WindowKernel {
  enum Answer {
    /// The value; the first of equal ones, which tells 0 from -0.
    case value
    /// The time of the last of equal ones, in seconds.
    case time
  }

  let wantsGreatest: Bool
  let answer: Answer
  /// Candidates are those from `head` on.
  private var candidates: [Int] = []
  private var head = 0
  /// The first sample not looked at yet.
  private var next = 0

  init(wantsGreatest: Bool, answer: Answer) {
    self.wantsGreatest = wantsGreatest
    self.answer = answer
  }

  mutating func begin(_ times: Span<Int64>, _ values: Span<Double>) {
    candidates.removeAll(keepingCapacity: true)
    head = 0
    next = 0
  }

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    next = max(next, place.first)
    while next < place.end {
      add(next, values)
      next &+= 1
    }
    while head < candidates.count && candidates[head] < place.first { head &+= 1 }
    // Only NaN is left: as in a comparison one by one, the last of them.
    let best = head < candidates.count ? candidates[head] : place.last
    return answer == .value ? values[best] : Double(times[best]) / 1000
  }

  @inline(__always)
  private mutating func add(_ index: Int, _ values: Span<Double>) {
    let value = values[index]
    if value.isNaN { return }
    while let last = candidates.last, candidates.count > head, isBeaten(values[last], by: value) {
      candidates.removeLast()
    }
    candidates.append(index)
  }

  @inline(__always)
  private func isBeaten(_ old: Double, by new: Double) -> Bool {
    if old == new { return answer == .time }
    return wantsGreatest ? old < new : old > new
  }
}

/// `quantile_over_time`, whose quantile may differ from step to step.
struct QuantileKernel: WindowKernel {
  /// For each step.
  private(set) var quantiles: [Double] = []
  private var ranked = RankedValues()

  mutating func take(_ columns: [[Double]]) { quantiles = columns[0] }

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    ranked.removeAll()
    for index in place.first..<place.end { ranked.append(values[index]) }
    return ranked.quantile(quantiles[place.step])
  }
}

/// `mad_over_time`: the median of distances from the median; NaN when any value is.
struct MedianDeviationKernel: WindowKernel {
  private var ranked = RankedValues()

  @inline(__always)
  mutating func value(
    _ place: WindowPlace, _ times: Span<Int64>, _ values: Span<Double>
  ) -> Double {
    ranked.removeAll()
    for index in place.first..<place.end {
      if values[index].isNaN { return .nan }
      ranked.append(values[index])
    }
    let median = ranked.quantile(0.5)
    ranked.removeAll()
    for index in place.first..<place.end { ranked.append((values[index] - median).magnitude) }
    return ranked.quantile(0.5)
  }
}
