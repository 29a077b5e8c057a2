import CLAPACKE
import COpenBLAS

/// Makes OpenBLAS compute on the calling thread only; call once, before anything else.
///
/// Parallelism is ours (one worker per core): a second pool inside the library makes small problems
/// slower, spins when idle, and changes the last bits from run to run.
package func pinLinearAlgebraToOneThread() {
  openblas_set_num_threads(1)
}

/// The pivoted QR factorisation of a matrix in column-major order: A P = Q R.
struct PivotedQR {
  /// Q's first columns, column-major, `rows` × `columns`.
  var q: [Double]
  /// R, column-major, upper triangle.
  var r: [Double]
  /// `pivots[j]` is the column of A that stands at j.
  var pivots: [Int]
}

/// LAPACK dgeqp3 and dorgqr; nil when LAPACK reports an error or rows < columns.
func pivotedQRKernel(_ matrix: [Double], rows: Int, columns: Int) -> PivotedQR? {
  guard rows >= columns, columns > 0, rows <= Int(Int32.max), matrix.count == rows * columns
  else { return nil }
  var q = matrix
  var pivots = [Int32](repeating: 0, count: columns)
  var scales = [Double](repeating: 0, count: columns)
  let (m, n) = (Int32(rows), Int32(columns))
  let factored = unsafe LAPACKE_dgeqp3(LAPACK_COL_MAJOR, m, n, &q, m, &pivots, &scales)
  guard factored == 0 else { return nil }
  var r = [Double](repeating: 0, count: columns * columns)
  for column in 0..<columns {
    for row in 0...column { r[column * columns + row] = q[column * rows + row] }
  }
  guard unsafe LAPACKE_dorgqr(LAPACK_COL_MAJOR, m, n, n, &q, m, scales) == 0 else { return nil }
  return PivotedQR(q: q, r: r, pivots: pivots.map { Int($0) - 1 })
}

/// AᵀA of a column-major matrix by dsyrk, both triangles filled.
func gramKernel(_ matrix: [Double], rows: Int, columns: Int) -> [Double] {
  var product = [Double](repeating: 0, count: columns * columns)
  guard rows > 0, columns > 0, matrix.count == rows * columns else { return product }
  let (m, n) = (Int32(rows), Int32(columns))
  unsafe cblas_dsyrk(
    CblasColMajor, CblasUpper, CblasTrans, n, m, 1, matrix, m, 0, &product, n)
  for column in 0..<columns {
    for row in 0..<column { product[row * columns + column] = product[column * columns + row] }
  }
  return product
}

/// Aᵀb of a column-major matrix by dgemv.
func transposedProductKernel(
  _ matrix: [Double], _ vector: [Double], rows: Int, columns: Int
) -> [Double] {
  var product = [Double](repeating: 0, count: columns)
  guard rows > 0, columns > 0, matrix.count == rows * columns, vector.count == rows else {
    return product
  }
  let (m, n) = (Int32(rows), Int32(columns))
  unsafe cblas_dgemv(CblasColMajor, CblasTrans, m, n, 1, matrix, m, vector, 1, 0, &product, 1)
  return product
}

/// The Cholesky factor L of a symmetric matrix (column-major, lower triangle), by dpotrf; nil where
/// it is not positive definite.
func choleskyKernel(_ matrix: [Double], order: Int) -> [Double]? {
  guard order > 0, matrix.count == order * order else { return nil }
  var factor = matrix
  let lower = CChar(UInt8(ascii: "L"))
  let n = Int32(order)
  guard unsafe LAPACKE_dpotrf(LAPACK_COL_MAJOR, lower, n, &factor, n) == 0 else { return nil }
  return factor
}

/// y − A b of a column-major matrix by dgemv.
func residualKernel(
  _ matrix: [Double], _ b: [Double], _ y: [Double], rows: Int, columns: Int
) -> [Double] {
  var residual = y
  guard rows > 0, columns > 0, matrix.count == rows * columns, b.count == columns, y.count == rows
  else { return residual }
  let (m, n) = (Int32(rows), Int32(columns))
  unsafe cblas_dgemv(CblasColMajor, CblasNoTrans, m, n, -1, matrix, m, b, 1, 1, &residual, 1)
  return residual
}
