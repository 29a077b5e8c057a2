import Glibc

/// The number of events in one arm of a 2×2 table when all its margins are held fixed.
///
/// ```swift
/// // 12 events in all; 1,000 of the 11,000 requests went to the canary.
/// let table = Hypergeometric(population: 11_000, events: 12, draws: 1_000)
/// table.survival(4)  // P(more than 4 of the 12 fell on the canary by chance)
/// ```
///
/// Single probabilities have Loader's form on the four cells of the table, which share one exact
/// deviation (k N − n K) / N; tails are sums of them from the edge outwards, by their ratios, until
/// the rest is negligible. The relative error is below 1e-12 and, at margins of 1e9, below 1e-10.
///
/// - Complexity: a tail takes about six standard deviations of the count, 1e5 steps at 1e9.
package struct Hypergeometric: Distribution, Hashable {
  /// All items, N.
  package let population: Double
  /// The items that are events, K.
  package let events: Double
  /// The items drawn, n.
  package let draws: Double

  /// Parameters that are not whole, negative, or inconsistent make every answer NaN.
  package init(population: Double, events: Double, draws: Double) {
    let isValid =
      events >= 0 && draws >= 0 && events <= population && draws <= population
      && population == population.rounded() && events == events.rounded()
      && draws == draws.rounded() && population < 0x1p52
    self.population = isValid ? population : .nan
    self.events = events
    self.draws = draws
  }

  /// The counts that can occur; 0 alone where the parameters are invalid.
  package var support: ClosedRange<Double> {
    guard !population.isNaN else { return 0...0 }
    return max(0, draws - (population - events))...min(draws, events)
  }

  /// log P(K = k); −∞ where k is impossible.
  package func logProbability(of k: Double) -> Double {
    guard !population.isNaN, k == k.rounded(), support.contains(k) else { return -.infinity }
    let rest = population - events
    let undrawn = population - draws
    // The cells of the table and the deviation that all four share but for the sign.
    let d = deviation(k, ofProduct: (draws, 0), quotient: events, population)
    let cells = [
      (count: k, row: draws, column: events, sign: 1.0),
      (count: draws - k, row: draws, column: rest, sign: -1.0),
      (count: events - k, row: undrawn, column: events, sign: -1.0),
      (count: rest - (draws - k), row: undrawn, column: rest, sign: 1.0),
    ]
    var logValue = 0.0
    for cell in cells {
      let expected = cell.row * (cell.column / population)
      logValue -= deviancePart(cell.count, expected: expected, deviation: cell.sign * d)
      logValue -= Self.logFactorialExcess(cell.count)
    }
    for margin in [draws, undrawn, events, rest] { logValue += Self.logFactorialExcess(margin) }
    return logValue - Self.logFactorialExcess(population)
  }

  package func tails(at x: Double) -> TailProbability {
    guard !population.isNaN, !x.isNaN else { return .undefined }
    let k = x.rounded(.down)
    if k < support.lowerBound { return TailProbability(lower: 0) }
    if k >= support.upperBound { return TailProbability(upper: 0) }
    return k * population < draws * events
      ? TailProbability(logLower: logLowerTail(k)) : TailProbability(logUpper: logUpperTail(k + 1))
  }

  package func quantile(_ p: Double) -> Double {
    guard !population.isNaN, p >= 0, p <= 1 else { return .nan }
    return leastInteger(in: support) { cdf($0) >= p }
  }

  package func inverseSurvival(_ p: Double) -> Double {
    guard !population.isNaN, p >= 0, p <= 1 else { return .nan }
    return leastInteger(in: support) { survival($0) <= p }
  }

  /// log P(K ≤ k), summed downwards; accurate for k up to the mode.
  func logLowerTail(_ k: Double) -> Double {
    guard k >= support.lowerBound else { return -.infinity }
    let rest = population - events - draws
    var (term, sum) = (1.0, 1.0)
    var j = k
    while j > support.lowerBound, term > 1e-18 * sum {
      term *= (j / (events - j + 1)) * ((rest + j) / (draws - j + 1))
      sum += term
      j -= 1
    }
    return logProbability(of: k) + log(sum)
  }

  /// log P(K ≥ k), summed upwards; accurate for k from the mode on.
  func logUpperTail(_ k: Double) -> Double {
    guard k <= support.upperBound else { return -.infinity }
    let rest = population - events - draws
    var (term, sum) = (1.0, 1.0)
    var j = k
    while j < support.upperBound, term > 1e-18 * sum {
      j += 1
      term *= ((events - j + 1) / j) * ((draws - j + 1) / (rest + j))
      sum += term
    }
    return logProbability(of: k) + log(sum)
  }

  /// log k! − (k log k − k): what the deviance parts leave over; 0 at k = 0.
  private static func logFactorialExcess(_ k: Double) -> Double {
    k > 0 ? stirlingError(k) + logSqrtTwoPi + 0.5 * log(k) : 0
  }
}

/// a − n·(p/q), rounded about once, for whole numbers below 2^52.
private func deviation(
  _ a: Double, ofProduct n: (high: Double, low: Double), quotient p: Double, _ q: Double
) -> Double {
  let left = exactProduct(a, q)
  let right = exactProduct(n.high, p)
  let difference = exactSum(left.high, -right.high)
  return (difference.high + (difference.low + (left.low - right.low))) / q
}
