import Glibc

/// A probability distribution on the real line that answers for both tails.
///
/// ```swift
/// let t = StudentT(degreesOfFreedom: 12)
/// t.survival(3.2)            // P(T > 3.2)
/// t.inverseSurvival(0.025)   // the 97.5 % quantile
/// ```
///
/// The relative error of tails is at most 1e-12 down to 1e-300 and that of their logarithms 1e-12
/// beyond; quantiles are good to 1e-12. Parameters outside the domain answer NaN everywhere.
package protocol Distribution: Sendable {
  /// Both tails at a point; P(X ≤ x) and P(X > x).
  func tails(at x: Double) -> TailProbability

  /// The smallest x with P(X ≤ x) ≥ p; NaN unless 0 ≤ p ≤ 1.
  func quantile(_ p: Double) -> Double

  /// The x with P(X > x) = p, where p may be far below the resolution of 1 − p.
  func inverseSurvival(_ p: Double) -> Double
}

extension Distribution {
  /// P(X ≤ x).
  package func cdf(_ x: Double) -> Double { tails(at: x).lower }

  /// P(X > x).
  package func survival(_ x: Double) -> Double { tails(at: x).upper }

  /// The natural logarithm of P(X ≤ x).
  package func logCDF(_ x: Double) -> Double { tails(at: x).logLower }

  /// The natural logarithm of P(X > x).
  package func logSurvival(_ x: Double) -> Double { tails(at: x).logUpper }
}

/// The root of a concave increasing function, by Newton's method from a point at or left of it.
///
/// Tails of log-concave densities, in logarithms, are concave; from the left Newton's steps then
/// rise monotonically, and a first overshoot lands left of the root. Steps are capped, so that a
/// start on the flat right side comes back in bounded strides.
///
/// - Parameters:
///   - evaluate: value minus target, and slope.
///   - cap: the largest step.
func concaveRoot(
  from start: Double, cap: Double, evaluate: (Double) -> (value: Double, slope: Double)
) -> Double {
  var s = start
  var previous = Double.infinity
  for _ in 0..<400 {
    let (value, slope) = evaluate(s)
    guard value.isFinite, slope > 0 else { return s }
    let step = max(-cap, min(cap, -value / slope))
    // Rounding noise: the steps no longer shrink.
    if abs(step) <= 1e-9 * max(1, abs(s)), abs(step) >= abs(previous) { return s }
    s += step
    if abs(step) <= 2e-16 * max(1e-3, abs(s)) { return s }
    previous = step
  }
  return s
}
