internal import Glibc
package import Statistics

/// Random numbers from the laws that the model is made of.
extension SeededGenerator {
  /// From the Poisson law: one uniform number is used up by the probabilities of the counts, the
  /// likeliest first, then outward in turns. Exact; O(√mean) steps.
  package mutating func nextPoisson(mean: Double) -> Double {
    guard mean > 0, mean.isFinite else { return 0 }
    let mode = mean.rounded(.down)
    var left = nextUnit()
    let peak = exp(mode * log(mean) - mean - Self.logFactorial(mode))
    var (low, high) = (mode, mode)
    var (chanceLow, chanceHigh) = (peak, peak)
    left -= peak
    if left < 0 { return mode }
    // Beyond 40 standard deviations nothing is left but rounding.
    let reach = mode + 40 * (mean.squareRoot() + 1)
    while high < reach {
      high += 1
      chanceHigh *= mean / high
      left -= chanceHigh
      if left < 0 { return high }
      if low > 0 {
        chanceLow *= low / mean
        low -= 1
        left -= chanceLow
        if left < 0 { return low }
      }
    }
    return mode
  }

  /// log n!: a table, then Stirling's series, to 1e-12.
  private static func logFactorial(_ n: Double) -> Double {
    if n < 16 { return smallLogFactorials[Int(n)] }
    let inverse = 1 / n
    let square = inverse * inverse
    let series = inverse * (1.0 / 12 - square * (1.0 / 360 - square / 1260))
    return (n + 0.5) * log(n) - n + 0.91893853320467274 + series
  }

  private static let smallLogFactorials: [Double] = (0..<16).map { n in
    (0..<n).reduce(0) { $0 + log(Double($1 + 1)) }
  }
}
