import Glibc

/// The score of a common log odds ratio, and its information, when pods and stages have random
/// effects of their own.
///
/// ```swift
/// let adjusted = AdjustedScore(ledger, floor)
/// adjusted.score / adjusted.information   // the estimate of the log odds ratio
/// ```
///
/// Given the totals of every scrape the scores r of the pods have, to first order, the mean
/// A(δ + b x) and the covariance A, with x = 1 for canary pods and A = Σ W (diag f − f fᵀ) over
/// stages, f the pods' shares of the trials. With pod effects δ ~ N(0, τ²) and stage effects of the
/// canary ~ N(0, v_s) integrated out, what is left of b is
/// U = xᵀr − hᵀ(D⁻¹ + G)⁻¹q and I = xᵀAx − hᵀ(D⁻¹ + G)⁻¹h, where q, G and h are r, A and Ax summed
/// by effect and D holds the variances (C. Henderson's mixed model equations, Biometrics 31,
/// 1975). Every pod that ever served counts, and U has independent increments in I.
struct AdjustedScore: Sendable {
  /// U and I.
  let (score, information): (Double, Double)
  /// I as if there were no noise.
  let plainInformation: Double
  private let stages: [RolloutStage]

  init(_ ledger: StageLedger, _ floor: NoiseFloor) {
    stages = ledger.stages
    plainInformation = ledger.information
    let plainScore = stages.reduce(0) { $0 + $1.score }
    guard !floor.isNone, plainInformation > 0 else {
      (score, information) = (plainScore, plainInformation)
      return
    }
    var equations = MixedModelEquations(stages, floor)
    let solved = equations.solve()
    score = plainScore - zip(solved, equations.scores).reduce(0) { $0 + $1.0 * $1.1 }
    let lost = zip(solved, equations.mixed).reduce(0) { $0 + $1.0 * $1.1 }
    information = max(0, plainInformation - lost)
  }

  /// The share of the information that noise leaves.
  var efficiency: Double { plainInformation > 0 ? information / plainInformation : 1 }

  /// The information times the most likely log odds ratio where there is noise, the score where
  /// there is none: pods are normal on the logarithmic scale, and a pod that is by nature twice
  /// as bad adds more to a score than one that is half as bad takes away.
  var logScaleScore: Double {
    guard information > 0, efficiency < 1 else { return score }
    var (low, high) = (-5.0, 5.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      let slope = stages.reduce(0) { $0 + $1.partitionSlope(at: middle) }
      if score - efficiency * slope > 0 { low = middle } else { high = middle }
    }
    return low * information
  }

  /// The logarithm of the likelihood of a log odds ratio b over that of none: the conditional
  /// binomial law of each stage with score and information as adjusted.
  func logLikelihood(at b: Double) -> Double {
    let efficiency = efficiency
    return score * b - efficiency * stages.reduce(0) { $0 + $1.logPartition(at: b) }
  }
}

/// The random effects' part of the normal equations, scaled by the effects' deviations.
private struct MixedModelEquations {
  /// D^½ q and D^½ h.
  private(set) var (scores, mixed): ([Double], [Double])
  /// D^½ G D^½, row by row.
  private var matrix: [Double]
  private let count: Int

  init(_ stages: [RolloutStage], _ floor: NoiseFloor) {
    let ids = Set(stages.flatMap { ($0.canary.each + $0.stable.each).map(\.id) }).sorted()
    // With more pods than units neighbours share one; what they differ by counts for less then.
    let size = (ids.count + Self.mostUnits - 1) / Self.mostUnits
    var places: [Int: Int] = [:]
    for (index, id) in ids.enumerated() { places[id] = index / max(1, size) }
    let units = ids.isEmpty ? 0 : (ids.count - 1) / max(1, size) + 1
    let hasTime = floor.timeVariance > 0
    count = units + (hasTime ? stages.count : 0)
    var (q, h) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var g = [Double](repeating: 0, count: count * count)
    for (index, stage) in stages.enumerated() where stage.information > 0 {
      let share = stage.share
      let weight = stage.information / (share * (1 - share))
      let total = stage.canary.trials + stage.stable.trials
      // By unit: what it has of the stage's trials, and of the canary's.
      var (whole, own) = (
        [Double](repeating: 0, count: units), [Double](repeating: 0, count: units)
      )
      for (arm, isCanary) in [(stage.canary, true), (stage.stable, false)] {
        for pod in arm.each {
          let unit = places[pod.id] ?? 0
          whole[unit] += pod.trials / total
          if isCanary { own[unit] += pod.trials / total }
          q[unit] += pod.score
        }
      }
      for row in 0..<units where whole[row] > 0 {
        for column in 0..<units { g[row * count + column] -= weight * whole[row] * whole[column] }
        g[row * count + row] += weight * whole[row]
        let slope = weight * (own[row] - whole[row] * share)
        h[row] += slope
        if hasTime {
          g[row * count + units + index] += slope
          g[(units + index) * count + row] += slope
        }
      }
      if hasTime {
        q[units + index] += stage.score
        h[units + index] += stage.information
        g[(units + index) * (count + 1)] += stage.information
      }
    }
    let unitDeviation = (floor.podVariance / Double(max(1, size))).squareRoot()
    let deviations = (0..<count).map { effect in
      effect < units
        ? unitDeviation
        : floor.timeVariance(ofMeanOver: stages[effect - units].looks).squareRoot()
    }
    for row in 0..<count {
      q[row] *= deviations[row]
      h[row] *= deviations[row]
      for column in 0..<count { g[row * count + column] *= deviations[row] * deviations[column] }
    }
    (scores, mixed, matrix) = (q, h, g)
  }

  private static let mostUnits = 48

  /// (1 + D^½ G D^½)⁻¹ D^½ h by Cholesky's factors, whose pivots are at least 1.
  mutating func solve() -> [Double] {
    for row in 0..<count { matrix[row * count + row] += 1 }
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for k in 0..<column { sum -= matrix[row * count + k] * matrix[column * count + k] }
        matrix[row * count + column] =
          row == column
          ? max(1e-300, sum).squareRoot() : sum / matrix[column * count + column]
      }
    }
    var x = mixed
    for row in 0..<count {
      for k in 0..<row { x[row] -= matrix[row * count + k] * x[k] }
      x[row] /= matrix[row * count + row]
    }
    for row in stride(from: count - 1, through: 0, by: -1) {
      for k in stride(from: row + 1, to: count, by: 1) { x[row] -= matrix[k * count + row] * x[k] }
      x[row] /= matrix[row * count + row]
    }
    return x
  }
}
