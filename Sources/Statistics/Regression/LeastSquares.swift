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
/// the solution is refined twice with residuals in doubled precision. That keeps nine and more
/// digits of NIST's Longley set, where normal equations keep three. Many rows with columns that
/// are far from dependent take the normal equations of the scaled columns (dsyrk, dpotrf) instead,
/// refined as well: the digits are the same and the time is a tenth.
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
  /// A basis of the columns' space, column-major: Q of the scaled design, or that itself.
  let basis: [Double]
  /// The basis' inner products; nil where they are those of the unit matrix.
  let metric: [Double]?
  /// Column-major k × k: turns the inner products of the basis with a vector into coefficients.
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
    guard rows.allSatisfy({ $0.count == k }) else { throw .lengthMismatch }
    try self.init(
      columns: (0..<k).map { column in rows.map { $0[column] } }, responses: responses)
  }

  /// From the columns of the design.
  ///
  /// - Throws: as above.
  /// - Complexity: O(n k²).
  package init(columns: [[Double]], responses: [Double]) throws(NotComputable) {
    let (n, k) = (responses.count, columns.count)
    guard k > 0, n > 0 else { throw .emptyInput }
    guard columns.allSatisfy({ $0.count == n }) else { throw .lengthMismatch }
    for column in columns { try Self.check(column) }
    try Self.check(responses)
    guard n > k else { throw .tooFewObservations }
    let scales = columns.map { Self.length($0) }
    guard scales.allSatisfy({ $0 > 0 }) else { throw .rankDeficient }
    var scaled = [Double](repeating: 0, count: n * k)
    for (index, column) in columns.enumerated() {
      let (start, scale) = (index * n, 1 / scales[index])
      for row in 0..<n { scaled[start + row] = column[row] * scale }
    }
    if n >= Self.manyRows, let normal = NormalEquations(scaled, rows: n, columns: k) {
      let (b, residuals) = normal.solution(of: responses, basis: scaled)
      coefficients = zip(b, scales).map { $0 / $1 }
      self.residuals = residuals
      metric = normal.gram
      basis = scaled
      back = (0..<k * k).map { normal.inverse[$0] / scales[$0 % k] }
    } else {
      guard let factors = pivotedQRKernel(scaled, rows: n, columns: k) else {
        throw .rankDeficient
      }
      // Columns have length 1, so the pivots of R measure how dependent they are.
      guard abs(factors.r[k * k - 1]) > 1e-12 else { throw .rankDeficient }
      back = Self.backTransform(factors, scales: scales)
      (coefficients, residuals) = Self.refinedSolution(
        columns: columns, responses: responses, q: factors.q, back: back)
      metric = nil
      basis = factors.q
    }
    rowCount = n
    columnCount = k
    let total = Moments(of: responses).squaredDeviations
    rSquared = total > 0 ? 1 - CompensatedSum(of: residuals.map { $0 * $0 }).result / total : .nan
  }

  /// From so many rows on the normal equations are worth a try.
  private static let manyRows = 2_000

  /// √Σ x², safe from over- and underflow.
  private static func length(_ values: [Double]) -> Double {
    var largest = 0.0
    for value in values { largest = abs(value) > largest ? abs(value) : largest }
    guard largest > 0 else { return 0 }
    // A power of two, so that scaling rounds nothing.
    let unit = exp2(-Double(largest.exponent))
    guard unit > 0, unit.isFinite else { return values.reduce(0) { hypot($0, $1) } }
    var sum = 0.0
    for value in values { sum += (value * unit) * (value * unit) }
    return sum.squareRoot() / unit
  }

  /// The leverages h_i, the diagonal of X(XᵀX)⁻¹Xᵀ.
  package var leverages: [Double] {
    let (n, k) = (rowCount, columnCount)
    let factor = metric.flatMap { choleskyKernel($0, order: k) }
    var row = [Double](repeating: 0, count: k)
    return (0..<n).map { index in
      // The squared length of the row in orthonormal coordinates, L⁻¹ x.
      var sum = 0.0
      for column in 0..<k {
        var value = basis[column * n + index]
        if let factor {
          for before in 0..<column { value -= factor[before * k + column] * row[before] }
          value /= factor[column * k + column]
        }
        row[column] = value
        sum += value * value
      }
      return sum
    }
  }

  private static func check(_ values: [Double]) throws(NotComputable) {
    // 0 x is NaN for what isn't finite, and sums of zeros take no branch.
    var sum = 0.0
    for value in values { sum += 0 * value }
    guard sum.isNaN else { return }
    throw values.contains(where: \.isNaN) ? .nanInput : .nonFiniteInput
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

/// XᵀX of columns of length 1 and its inverse, where the columns are far from dependent.
private struct NormalEquations {
  let gram: [Double]
  /// (XᵀX)⁻¹, column-major.
  let inverse: [Double]
  private let rows: Int
  private let columns: Int
  private let smallestPivot: Double

  /// Below this squared pivot of the gram matrix rounding would cost more than six digits, of which
  /// two steps of refinement bring back all but a few.
  private static let leastPivot = 1e-6

  /// - Returns: nil where a column is nearly a combination of others.
  init?(_ basis: [Double], rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    gram = gramKernel(basis, rows: rows, columns: columns)
    guard let factor = choleskyKernel(gram, order: columns) else { return nil }
    let pivots = (0..<columns).map { factor[$0 * (columns + 1)] * factor[$0 * (columns + 1)] }
    smallestPivot = pivots.min() ?? 0
    guard smallestPivot > Self.leastPivot else { return nil }
    var inverse = [Double](repeating: 0, count: columns * columns)
    for unit in 0..<columns {
      var x = [Double](repeating: 0, count: columns)
      x[unit] = 1
      for row in 0..<columns {
        for k in 0..<row { x[row] -= factor[k * columns + row] * x[k] }
        x[row] /= factor[row * columns + row]
      }
      for row in stride(from: columns - 1, through: 0, by: -1) {
        for k in stride(from: row + 1, to: columns, by: 1) {
          x[row] -= factor[row * columns + k] * x[k]
        }
        x[row] /= factor[row * columns + row]
      }
      for row in 0..<columns { inverse[unit * columns + row] = x[row] }
    }
    self.inverse = inverse
  }

  /// The coefficients of the basis and the residuals, corrected twice by those of the residuals.
  func solution(
    of responses: [Double], basis: [Double]
  ) -> (coefficients: [Double], residuals: [Double]) {
    var b = [Double](repeating: 0, count: columns)
    var residuals = responses
    // One correction is enough where pivots are large; see `leastPivot`.
    for _ in 0..<(smallestPivot > 0.01 ? 2 : 3) {
      let products = transposedProductKernel(basis, residuals, rows: rows, columns: columns)
      for row in 0..<columns {
        for column in 0..<columns { b[row] += inverse[column * columns + row] * products[column] }
      }
      residuals = residualKernel(basis, b, responses, rows: rows, columns: columns)
    }
    return (b, residuals)
  }
}
