import Glibc

/// The likelihood of a log odds ratio when every stage adds a random effect of its own.
///
/// The integral of Π L_s(b + δ_s) over δ ~ N(0, C) by Laplace's method (the mode by Newton's
/// method as in C. Rasmussen, C. Williams, Gaussian Processes for Machine Learning, 2006,
/// algorithm 3.1, which never inverts C): exact where counts are large, since L is then normal,
/// and where they are small, since the prior is. With C = 0 it is the likelihood itself.
struct NoisyLikelihood {
  private let stages: [RolloutStage]
  /// Row by row.
  private let covariance: [Double]
  private let isNoisy: Bool

  init(_ ledger: StageLedger, _ floor: NoiseFloor) {
    stages = ledger.stages
    isNoisy = !floor.isNone
    covariance = isNoisy ? ledger.covariance(floor) : []
  }

  /// Σ log L_s(b), 0 at b = 0.
  func logPlain(at b: Double) -> Double {
    stages.reduce(0) { $0 + $1.score * b - $1.excess(at: b).logPartition }
  }

  /// The logarithm of the marginal likelihood at b.
  func logMarginal(at b: Double) -> Double {
    guard isNoisy else { return logPlain(at: b) }
    let count = stages.count
    var effects = [Double](repeating: 0, count: count)
    var logDeterminant = 0.0
    var (inner, weights) = (effects, effects)
    for _ in 0..<12 {
      var right = effects
      for index in 0..<count {
        let excess = stages[index].excess(at: b + effects[index])
        weights[index] = excess.slope.squareRoot()
        right[index] = excess.slope * effects[index] + stages[index].score - excess.value
      }
      let factor = SmallCholesky(onePlus: covariance, scaledBy: weights)
      logDeterminant = factor.logDeterminant
      let scaled = SmallCholesky.product(covariance, right)
      let solved = factor.solve(zip(weights, scaled).map { $0 * $1 })
      inner = zip(right, zip(weights, solved)).map { $0 - $1.0 * $1.1 }
      let next = SmallCholesky.product(covariance, inner)
      let step = zip(next, effects).reduce(0) { max($0, abs($1.0 - $1.1)) }
      effects = next
      if !(step > 1e-9) { break }
    }
    var sum = -0.5 * logDeterminant
    for (index, stage) in stages.enumerated() {
      let delta = b + effects[index]
      sum += stage.score * delta - stage.excess(at: delta).logPartition
      sum -= 0.5 * inner[index] * effects[index]
    }
    return sum
  }

  /// The weights of the stages in the best estimate of a common log odds ratio, and its
  /// information: a with a · U/1ᵀV⁻¹1 the estimate, V = I⁻¹ + C (generalised least squares).
  var scoreWeights: (weights: [Double], information: Double) {
    guard isNoisy else {
      return (stages.map { _ in 1 }, stages.reduce(0) { $0 + $1.information })
    }
    let roots = stages.map { $0.information.squareRoot() }
    let solved = SmallCholesky(onePlus: covariance, scaledBy: roots).solve(roots)
    return (
      zip(solved, roots).map { $1 > 0 ? $0 / $1 : 0 },
      zip(solved, roots).reduce(0) { $0 + $1.0 * $1.1 }
    )
  }
}

/// The Cholesky factor of a small symmetric matrix.
struct SmallCholesky {
  let count: Int
  /// The lower triangle, row by row.
  private(set) var rows: [Double]

  /// Of a covariance matrix, pivots that rounding made negative taken as 0.
  init(_ matrix: [Double], count: Int) {
    self.count = count
    rows = matrix
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for k in 0..<column { sum -= rows[row * count + k] * rows[column * count + k] }
        if row == column {
          rows[row * count + row] = sum > 0 ? sum.squareRoot() : 0
        } else {
          let pivot = rows[column * count + column]
          rows[row * count + column] = pivot > 0 ? sum / pivot : 0
        }
      }
    }
  }

  /// Of 1 + D C D with a diagonal D.
  init(onePlus matrix: [Double], scaledBy diagonal: [Double]) {
    let count = diagonal.count
    var scaled = matrix
    for row in 0..<count {
      for column in 0..<count { scaled[row * count + column] *= diagonal[row] * diagonal[column] }
      scaled[row * count + row] += 1
    }
    self.init(scaled, count: count)
  }

  var logDeterminant: Double {
    2 * (0..<count).reduce(0) { $0 + log(rows[$1 * count + $1]) }
  }

  /// Solves L Lᵀ x = b.
  func solve(_ b: [Double]) -> [Double] {
    var x = b
    for row in 0..<count {
      for k in 0..<row { x[row] -= rows[row * count + k] * x[k] }
      x[row] /= rows[row * count + row]
    }
    for row in stride(from: count - 1, through: 0, by: -1) {
      for k in (row + 1)..<max(count, row + 1) { x[row] -= rows[k * count + row] * x[k] }
      x[row] /= rows[row * count + row]
    }
    return x
  }

  static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
    let count = vector.count
    return (0..<count).map { row in
      (0..<count).reduce(0) { $0 + matrix[row * count + $1] * vector[$1] }
    }
  }
}
