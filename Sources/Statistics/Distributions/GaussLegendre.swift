import Glibc

/// Gauss-Legendre quadrature on [−1, 1].
///
/// The nodes are the roots of the Legendre polynomial, found by Newton's method from Tricomi's
/// estimate (NIST DLMF 3.5.20 and 18.16.3).
struct GaussLegendre: Sendable {
  /// The nodes, increasing.
  let nodes: [Double]
  /// The weights, all positive, sum 2.
  let weights: [Double]

  init(points: Int) {
    var nodes: [Double] = []
    var weights: [Double] = []
    let n = Double(points)
    for index in 0..<points {
      var x = -cos(.pi * (Double(index) + 0.75) / (n + 0.5))
      var slope = 1.0
      for _ in 0..<10 {
        var (current, previous) = (1.0, 0.0)
        for degree in 1...points {
          let k = Double(degree)
          (current, previous) = (((2 * k - 1) * x * current - (k - 1) * previous) / k, current)
        }
        slope = n * (x * current - previous) / (x * x - 1)
        let step = current / slope
        x -= step
        if abs(step) < 1e-16 { break }
      }
      nodes.append(x)
      weights.append(2 / ((1 - x * x) * slope * slope))
    }
    self.nodes = nodes
    self.weights = weights
  }

  /// The rule for tails: exact for polynomials up to degree 63.
  static let thirtyTwo = GaussLegendre(points: 32)

  /// ∫ f over [a, b].
  func integral(from a: Double, to b: Double, of f: (Double) -> Double) -> Double {
    let (centre, half) = ((a + b) * 0.5, (b - a) * 0.5)
    var sum = 0.0
    for (node, weight) in zip(nodes, weights) { sum += weight * f(centre + half * node) }
    return sum * half
  }
}

/// The integral of exp(h(s)) over s ≥ 0 for concave h with h(0) = 0 and h′(0) ≤ 0.
///
/// The ratio of the tail of a log-concave density to the density at its edge. Where h falls by 40
/// within a stretch of at most 2, the integrand is smooth enough for 32 Gauss-Legendre points to
/// give 15 digits; otherwise the answer is nil and a continued fraction is the better tool. The
/// cost does not grow with the parameters, where continued fractions need their square root.
///
/// - Parameters:
///   - slope: −h′(0), at least 0.
///   - curvature: −h″(0), positive.
///   - exponent: h.
func tailIntegral(
  slope: Double, curvature: Double, exponent: (Double) -> Double
) -> Double? {
  // Where the quadratic part alone would have fallen by 40.
  var length = 80 / (slope + (slope * slope + 80 * curvature).squareRoot())
  guard length < 4 else { return nil }
  for _ in 0..<8 {
    let fallen = -exponent(length)
    if fallen > 38, fallen < 44 { break }
    // h is concave and vanishes at 0, so the chord gives a bound on both sides; the square root
    // suits its quadratic end.
    length *= fallen > 41 ? max(0.5, (41 / fallen).squareRoot()) : min(2, 41 / fallen)
    guard length < 4 else { return nil }
  }
  guard length <= 2 else { return nil }
  return GaussLegendre.thirtyTwo.integral(from: 0, to: length) { exp(exponent($0)) }
}

/// log ∫ exp(f(s)) ds over the real line for concave f.
///
/// Finds the peak by golden section, the stretch where f stays within 45 of it, and takes two
/// panels of 32 Gauss-Legendre points on each side. Since nothing is subtracted the result keeps
/// its digits however small it is. −∞ where f is.
///
/// - Parameters:
///   - range: where the peak lies.
func logIntegral(
  ofConcave f: (Double) -> Double, peakIn range: ClosedRange<Double>
) -> Double {
  let golden = 0.618033988749894848
  var (low, high) = (range.lowerBound, range.upperBound)
  for _ in 0..<60 where high - low > 1e-6 * max(1, abs(low)) {
    let (a, b) = (high - golden * (high - low), low + golden * (high - low))
    if f(a) < f(b) { low = a } else { high = b }
  }
  let peak = (low + high) / 2
  let top = f(peak)
  guard top.isFinite else { return top }
  func edge(_ direction: Double) -> Double {
    var step = 1e-3
    while step < 1e6, f(peak + direction * step) > top - 45 { step *= 2 }
    var inside = step / 2
    for _ in 0..<6 {
      let middle = (inside + step) / 2
      if f(peak + direction * middle) > top - 45 { inside = middle } else { step = middle }
    }
    return peak + direction * step
  }
  let (left, right) = (edge(-1), edge(1))
  var sum = 0.0
  for (a, b) in [
    (left, (left + peak) / 2), ((left + peak) / 2, peak), (peak, (peak + right) / 2),
    ((peak + right) / 2, right),
  ] {
    sum += GaussLegendre.thirtyTwo.integral(from: a, to: b) { exp(f($0) - top) }
  }
  return top + log(sum)
}
