import Glibc

/// Adjustments when several metrics are judged together.
///
/// ```swift
/// try MultipleComparisons.holm.adjusted([0.01, 0.04, 0.03])  // [0.03, 0.06, 0.06]
/// ```
///
/// An adjusted p-value at most α rejects at the error rate α of the method: the chance of any
/// false alarm (family-wise) or the expected share of false alarms (false discovery rate).
package enum MultipleComparisons: String, Sendable, Hashable, CaseIterable {
  /// Family-wise, any dependence: p · n.
  case bonferroni
  /// Family-wise, independent tests: 1 − (1 − p)^n (Z. Šidák, JASA 62, 1967).
  case sidak
  /// Family-wise, any dependence, never weaker than Bonferroni (S. Holm, Scand. J. Stat. 6, 1979).
  case holm
  /// Family-wise, independent or positively dependent tests (Y. Hochberg, Biometrika 75, 1988).
  case hochberg
  /// False discovery rate, independent or positively dependent tests (Y. Benjamini, Y. Hochberg,
  /// JRSS B 57, 1995).
  case benjaminiHochberg
  /// False discovery rate, any dependence (Y. Benjamini, D. Yekutieli, Ann. Stat. 29, 2001).
  case benjaminiYekutieli

  /// The adjusted p-values, in the order given.
  ///
  /// - Throws: `emptyInput`, `nanInput`, `invalidProbability`.
  package func adjusted(_ pValues: [Double]) throws(NotComputable) -> [Double] {
    guard !pValues.isEmpty else { throw .emptyInput }
    if pValues.contains(where: \.isNaN) { throw .nanInput }
    guard pValues.allSatisfy({ 0...1 ~= $0 }) else { throw .invalidProbability }
    let n = Double(pValues.count)
    switch self {
    case .bonferroni: return pValues.map { min(1, $0 * n) }
    case .sidak: return pValues.map { -expm1(n * log1p(-$0)) }
    case .holm: return Self.stepDown(pValues) { p, rank in p * (n - rank + 1) }
    case .hochberg: return Self.stepUp(pValues) { p, rank in p * (n - rank + 1) }
    case .benjaminiHochberg: return Self.stepUp(pValues) { p, rank in p * (n / rank) }
    case .benjaminiYekutieli:
      let harmonic = (1...pValues.count).reduce(0) { $0 + 1 / Double($1) }
      return Self.stepUp(pValues) { p, rank in p * (harmonic * (n / rank)) }
    }
  }

  /// Running maximum from the smallest p on; rank 1 is the smallest.
  private static func stepDown(
    _ pValues: [Double], factor: (Double, Double) -> Double
  ) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    for (index, position) in order(pValues).enumerated() {
      largest = max(largest, min(1, factor(pValues[position], Double(index + 1))))
      adjusted[position] = largest
    }
    return adjusted
  }

  /// Running minimum from the largest p on; rank 1 is the smallest.
  private static func stepUp(
    _ pValues: [Double], factor: (Double, Double) -> Double
  ) -> [Double] {
    var adjusted = pValues
    var smallest = 1.0
    for (index, position) in order(pValues).enumerated().reversed() {
      smallest = min(smallest, factor(pValues[position], Double(index + 1)))
      adjusted[position] = smallest
    }
    return adjusted
  }

  /// The positions from the smallest value to the largest; ties in the order given.
  private static func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }

  /// The e-BH procedure: the positions, increasing, whose e-values are rejected.
  ///
  /// With k the largest rank such that the k-th largest e-value is at least n/(α k), the k largest
  /// are rejected; the false discovery rate is at most α under any dependence (R. Wang, A. Ramdas,
  /// JRSS B 84, 2022).
  ///
  /// - Parameters:
  ///   - logE: natural logarithms of the e-values; −∞ for an e-value of 0.
  /// - Throws: `emptyInput`, `nanInput`, `invalidProbability` for α outside (0, 1].
  package static func rejected(
    logE: [Double], alpha: Double
  ) throws(NotComputable) -> [Int] {
    guard !logE.isEmpty else { throw .emptyInput }
    if logE.contains(where: \.isNaN) { throw .nanInput }
    guard alpha > 0, alpha <= 1 else { throw .invalidProbability }
    let n = Double(logE.count)
    let positions = Array(order(logE.map { -$0 }))
    var accepted = 0
    for (index, position) in positions.enumerated()
    where logE[position] >= log(n / alpha / Double(index + 1)) {
      accepted = index + 1
    }
    return positions.prefix(accepted).sorted()
  }
}
