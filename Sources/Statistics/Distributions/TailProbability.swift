import Glibc

/// Both tails of a distribution at a point, each with its logarithm.
///
/// ```swift
/// let tail = Normal.standard.tails(at: 40)
/// tail.upper     // 0: below the smallest double
/// tail.logUpper  // −804.6…
/// ```
///
/// Made from the tail that was computed directly, normally the smaller; the other is one minus it.
package struct TailProbability: Sendable, Hashable {
  /// P(X ≤ x).
  package let lower: Double
  /// P(X > x); for continuous distributions also P(X ≥ x).
  package let upper: Double
  /// The natural logarithm of `lower`.
  package let logLower: Double
  /// The natural logarithm of `upper`.
  package let logUpper: Double

  /// From the logarithm of the lower tail.
  init(logLower: Double) {
    let log = logLower > 0 ? 0 : logLower
    self.logLower = log
    logUpper = log1mExp(log)
    lower = exp(log)
    upper = -expm1(log)
  }

  /// From the lower tail's value, for tails that do not underflow.
  init(lower: Double) {
    let value = lower > 1 ? 1 : (lower < 0 ? 0 : lower)
    self.lower = value
    upper = 1 - value
    logLower = log(value)
    logUpper = log1p(-value)
  }

  private init(mirroring other: TailProbability) {
    lower = other.upper
    upper = other.lower
    logLower = other.logUpper
    logUpper = other.logLower
  }

  /// From the logarithm of the upper tail.
  init(logUpper: Double) { self = TailProbability(logLower: logUpper).mirrored }

  /// From the upper tail's value.
  init(upper: Double) { self = TailProbability(lower: upper).mirrored }

  /// The tails of −X at −x.
  var mirrored: TailProbability { TailProbability(mirroring: self) }

  /// No answer: a parameter or the point is NaN or outside its domain.
  static let undefined = TailProbability(logLower: .nan)

  /// The logarithm of the p-value for an observed statistic: the tail in the direction of the
  /// alternative, or twice the smaller tail, at most 1.
  package func logP(_ alternative: Alternative) -> Double {
    switch alternative {
    case .greater: logUpper
    case .less: logLower
    case .twoSided: Self.doubled(min(logUpper, logLower))
    }
  }

  /// log(2 p), at most 0; NaN stays NaN.
  private static func doubled(_ logP: Double) -> Double {
    let doubled = logP + 0.693147180559945309
    return doubled > 0 ? 0 : doubled
  }
}
