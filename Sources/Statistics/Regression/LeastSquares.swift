import Glibc

/// Ordinary least squares: y ≈ X b, with robust standard errors.
///
/// ```swift
/// // Rows (1, is canary, pre-period value): the canary's effect, adjusted for the covariate.
/// let fit = try LeastSquares(rows: design, responses: y)
/// fit.coefficients[1]
/// fit.standardErrors(.clustered(podOfRow, corrected: true))[1]
/// ```
///
/// Columns are scaled to length 1, factored by Householder QR with pivoting (LAPACK dgeqp3), and
/// the solution is refined once with residuals in doubled precision. That keeps nine and more
/// digits of NIST's Longley set, where normal equations keep three.
package struct LeastSquares: Sendable {
  /// b, one per column of X.
  package let coefficients: [Double]
  /// y − X b.
  package let residuals: [Double]
  /// The share of the variance of y around its mean that the fit explains.
  package let rSquared: Double
  /// The rows, n.
  package let rowCount: Int
  /// The columns, k.
  package let columnCount: Int
  /// Q of the scaled design, column-major; its rows' squared lengths are the leverages.
  let q: [Double]
  /// S P R⁻¹, column-major k × k: turns vectors of Q's space into coefficients.
  let back: [Double]

  /// n − k.
  package var degreesOfFreedom: Double { Double(rowCount - columnCount) }

  /// - Parameters:
  ///   - rows: the design, one row per observation, with its column of ones if wanted.
  /// - Throws: `emptyInput`, `lengthMismatch`, `nanInput`, `nonFiniteInput`;
  ///   `tooFewObservations` unless n > k; `rankDeficient`.
  /// - Complexity: O(n k²).
  package init(rows: [[Double]], responses: [Double]) throws(NotComputable) {
    guard let k = rows.first?.count, k > 0 else { throw .emptyInput }
    let n = rows.count
    guard responses.count == n, rows.allSatisfy({ $0.count == k }) else { throw .lengthMismatch }
    for value in rows.joined() { try Self.check(value) }
    for value in responses { try Self.check(value) }
    guard n > k else { throw .tooFewObservations }
    let columns = (0..<k).map { column in rows.map { $0[column] } }
    let scales = columns.map { column in
      column.reduce(0) { hypot($0, $1) }
    }
    guard scales.allSatisfy({ $0 > 0 }) else { throw .rankDeficient }
    let scaled = zip(columns, scales).flatMap { column, scale in column.map { $0 / scale } }
    guard let factors = pivotedQRKernel(scaled, rows: n, columns: k) else { throw .rankDeficient }
    // Columns have length 1, so the pivots of R measure how dependent they are.
    guard abs(factors.r[k * k - 1]) > 1e-12 else { throw .rankDeficient }
    let back = Self.backTransform(factors, scales: scales)
    let (b, residuals) = Self.refinedSolution(
      columns: columns, responses: responses, q: factors.q, back: back)
    coefficients = b
    self.residuals = residuals
    rowCount = n
    columnCount = k
    q = factors.q
    self.back = back
    let total = Moments(of: responses).squaredDeviations
    rSquared = total > 0 ? 1 - CompensatedSum(of: residuals.map { $0 * $0 }).result / total : .nan
  }

  /// The leverages h_i, the diagonal of X(XᵀX)⁻¹Xᵀ.
  package var leverages: [Double] {
    (0..<rowCount).map { row in
      (0..<columnCount).reduce(0) { $0 + q[$1 * rowCount + row] * q[$1 * rowCount + row] }
    }
  }

  private static func check(_ value: Double) throws(NotComputable) {
    if value.isNaN { throw .nanInput }
    if value.isInfinite { throw .nonFiniteInput }
  }

  /// S P R⁻¹, column by column by back substitution.
  private static func backTransform(_ factors: PivotedQR, scales: [Double]) -> [Double] {
    let k = scales.count
    var back = [Double](repeating: 0, count: k * k)
    for unit in 0..<k {
      var solution = [Double](repeating: 0, count: k)
      for row in stride(from: unit, through: 0, by: -1) {
        var sum = row == unit ? 1.0 : 0
        for column in (row + 1)..<max(row + 1, k) {
          sum -= factors.r[column * k + row] * solution[column]
        }
        solution[row] = sum / factors.r[row * k + row]
      }
      for row in 0..<k {
        let original = factors.pivots[row]
        back[unit * k + original] = solution[row] / scales[original]
      }
    }
    return back
  }

  /// Solves, then corrects the solution by that of its residuals, twice.
  private static func refinedSolution(
    columns: [[Double]], responses: [Double], q: [Double], back: [Double]
  ) -> (coefficients: [Double], residuals: [Double]) {
    let (n, k) = (responses.count, columns.count)
    var b = [Double](repeating: 0, count: k)
    var residuals = responses
    for _ in 0..<3 {
      let projected = transposedProductKernel(q, residuals, rows: n, columns: k)
      for row in 0..<k {
        for column in 0..<k { b[row] += back[column * k + row] * projected[column] }
      }
      for row in 0..<n {
        var sum = CompensatedSum()
        sum.add(responses[row])
        for column in 0..<k {
          let product = exactProduct(columns[column][row], b[column])
          sum.add(-product.high)
          sum.add(-product.low)
        }
        residuals[row] = sum.result
      }
    }
    return (b, residuals)
  }
}
