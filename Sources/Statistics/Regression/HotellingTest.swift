/// Hotelling's T² test: do the means of several metrics differ, taken together?
///
/// ```swift
/// // Each row is one pod: (p99 latency, error ratio, score mean).
/// let test = try HotellingTest(canary: canaryRows, baseline: baselineRows)
/// test.logP
/// ```
///
/// T² = n₁n₂/(n₁ + n₂) dᵀ S⁻¹ d with the pooled covariance S, and F = T² (n₁ + n₂ − p − 1) /
/// (p (n₁ + n₂ − 2)) on (p, n₁ + n₂ − p − 1) degrees of freedom (H. Hotelling, Ann. Math. Stat. 2,
/// 1931). Assumes equal covariances and near normality; rows are the independent units.
package struct HotellingTest: Sendable, Hashable {
  package let tSquared: Double
  package let numeratorDegrees: Double
  package let denominatorDegrees: Double
  /// dᵀ S⁻¹ d, the squared distance of the means.
  package let mahalanobisSquared: Double

  /// - Throws: `emptyInput`, `lengthMismatch`, `nanInput`, `nonFiniteInput`;
  ///   `tooFewObservations` unless n₁ + n₂ > p + 1; `singularCovariance`.
  package init(canary: [[Double]], baseline: [[Double]]) throws(NotComputable) {
    guard let p = canary.first?.count, p > 0, !baseline.isEmpty else { throw .emptyInput }
    guard (canary + baseline).allSatisfy({ $0.count == p }) else { throw .lengthMismatch }
    for value in (canary + baseline).joined() {
      if value.isNaN { throw .nanInput }
      if value.isInfinite { throw .nonFiniteInput }
    }
    let (n1, n2) = (Double(canary.count), Double(baseline.count))
    guard canary.count + baseline.count > p + 1 else { throw .tooFewObservations }
    func columns(_ rows: [[Double]]) -> [Moments] {
      (0..<p).map { column in Moments(of: rows.map { $0[column] }) }
    }
    let (first, second) = (columns(canary), columns(baseline))
    let spreads = zip(first, second).map {
      (($0.squaredDeviations + $1.squaredDeviations) / (n1 + n2 - 2)).squareRoot()
    }
    guard spreads.allSatisfy({ $0 > 0 }) else { throw .singularCovariance }
    // Standardised columns, so that units do not decide what is singular.
    var centred: [Double] = []
    for column in 0..<p {
      let (mean1, mean2, spread) = (first[column].mean, second[column].mean, spreads[column])
      centred += canary.map { ($0[column] - mean1) / spread }
      centred += baseline.map { ($0[column] - mean2) / spread }
    }
    let gram = gramKernel(centred, rows: canary.count + baseline.count, columns: p)
    guard let factor = choleskyKernel(gram.map { $0 / (n1 + n2 - 2) }, order: p),
      (0..<p).allSatisfy({ factor[$0 * p + $0] > 1e-7 })
    else { throw .singularCovariance }
    // L w = d, and dᵀ S⁻¹ d = |w|².
    var w = (0..<p).map { first[$0].meanDifference(from: second[$0]) / spreads[$0] }
    for row in 0..<p {
      for column in 0..<row { w[row] -= factor[column * p + row] * w[column] }
      w[row] /= factor[row * p + row]
    }
    mahalanobisSquared = w.reduce(0) { $0 + $1 * $1 }
    tSquared = mahalanobisSquared * (n1 * n2 / (n1 + n2))
    numeratorDegrees = Double(p)
    denominatorDegrees = n1 + n2 - Double(p) - 1
  }

  /// The F statistic.
  package var f: Double {
    let total = denominatorDegrees + numeratorDegrees - 1
    return tSquared * denominatorDegrees / (numeratorDegrees * total)
  }

  /// The natural logarithm of the p-value.
  package var logP: Double {
    FDistribution(numeratorDegrees: numeratorDegrees, denominatorDegrees: denominatorDegrees)
      .logSurvival(f)
  }
}
