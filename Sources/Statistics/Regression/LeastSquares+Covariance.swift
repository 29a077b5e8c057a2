import Glibc

extension LeastSquares {
  /// How the variance of the coefficients is estimated.
  package enum Covariance: Sendable, Hashable {
    /// One variance for all rows, Σu²/(n − k) (XᵀX)⁻¹.
    case classical
    /// Different variances per row (H. White, Econometrica 48, 1980).
    case hc0
    /// HC0 · n/(n − k).
    case hc1
    /// u² / (1 − h): unbiased when variances are equal.
    case hc2
    /// u² / (1 − h)²: near the jackknife, for small samples (J. MacKinnon, H. White, J. Econom.
    /// 29, 1985).
    case hc3
    /// Rows of one cluster (pod, user) may depend on each other in any way. `corrected` multiplies
    /// by G/(G − 1) · (n − 1)/(n − k) (CR1), without it is CR0.
    case clustered([Int], corrected: Bool)
    /// Rows in time order with dependence up to a lag, Bartlett's weights 1 − l/(L + 1)
    /// (W. Newey, K. West, Econometrica 55, 1987), no small-sample factor.
    case autocorrelated(lag: Int)
  }

  /// The standard errors of the coefficients.
  ///
  /// - Throws: `lengthMismatch` when there is not one cluster per row; `tooFewClusters` for fewer
  ///   than two; `zeroVariance` where a leverage of 1 leaves no residual to HC2 and HC3.
  package func standardErrors(_ kind: Covariance) throws(NotComputable) -> [Double] {
    let covariance = try covariance(kind)
    return (0..<columnCount).map { max(0, covariance[$0 * columnCount + $0]).squareRoot() }
  }

  /// The covariance matrix of the coefficients, k × k.
  ///
  /// - Throws: as `standardErrors`.
  package func covariance(_ kind: Covariance) throws(NotComputable) -> [Double] {
    let (n, k) = (Double(rowCount), Double(columnCount))
    switch kind {
    case .classical:
      let variance = CompensatedSum(of: residuals.map { $0 * $0 }).result / (n - k)
      return gramOfBack.map { $0 * variance }
    case .hc0: return sandwich(scores(residuals), rows: rowCount, factor: 1)
    case .hc1: return sandwich(scores(residuals), rows: rowCount, factor: n / (n - k))
    case .hc2, .hc3:
      let leverages = leverages
      guard leverages.allSatisfy({ $0 < 1 - 1e-12 }) else { throw .zeroVariance }
      let weighted = zip(residuals, leverages).map { residual, leverage in
        kind == .hc2 ? residual / (1 - leverage).squareRoot() : residual / (1 - leverage)
      }
      return sandwich(scores(weighted), rows: rowCount, factor: 1)
    case .clustered(let clusters, let corrected):
      guard clusters.count == rowCount else { throw .lengthMismatch }
      let (places, count) = Self.places(of: clusters)
      guard count > 1 else { throw .tooFewClusters }
      let g = Double(count)
      let factor = corrected ? g / (g - 1) * ((n - 1) / (n - k)) : 1
      return sandwich(clusterScores(places, count), rows: count, factor: factor)
    case .autocorrelated(let lag): return sandwich(meat: autocorrelatedMeat(lag), factor: 1)
    }
  }

  /// The rows of the basis times the residuals, column-major.
  private func scores(_ residuals: [Double]) -> [Double] {
    var scores = basis
    for column in 0..<columnCount {
      let start = column * rowCount
      for row in 0..<rowCount { scores[start + row] *= residuals[row] }
    }
    return scores
  }

  /// A number from 0 for each cluster, in the order of their appearance.
  private static func places(of clusters: [Int]) -> (places: [Int], count: Int) {
    var places: [Int] = []
    places.reserveCapacity(clusters.count)
    if let least = clusters.min(), let most = clusters.max(),
      !most.subtractingReportingOverflow(least).overflow, most - least < 4 * clusters.count
    {
      // Numbers that lie close together index a table.
      var (table, count) = ([Int](repeating: -1, count: most - least + 1), 0)
      for cluster in clusters {
        if table[cluster - least] < 0 {
          table[cluster - least] = count
          count += 1
        }
        places.append(table[cluster - least])
      }
      return (places, count)
    }
    var known: [Int: Int] = [:]
    for cluster in clusters {
      let place = known[cluster] ?? known.count
      known[cluster] = place
      places.append(place)
    }
    return (places, known.count)
  }

  private func clusterScores(_ places: [Int], _ count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: count * columnCount)
    for column in 0..<columnCount {
      let (start, first) = (column * rowCount, column * count)
      for row in 0..<rowCount { sums[first + places[row]] += basis[start + row] * residuals[row] }
    }
    return sums
  }

  /// Γ₀ + Σ w_l (Γ_l + Γ_lᵀ) of the scores.
  private func autocorrelatedMeat(_ lag: Int) -> [Double] {
    let k = columnCount
    let scores = scores(residuals)
    var meat = gramKernel(scores, rows: rowCount, columns: k)
    for step in 1..<max(1, min(lag, rowCount - 1) + 1) {
      let weight = 1 - Double(step) / Double(lag + 1)
      for i in 0..<k {
        for j in 0..<k {
          var sum = CompensatedSum()
          for row in step..<rowCount {
            sum.add(scores[i * rowCount + row] * scores[j * rowCount + row - step])
          }
          meat[j * k + i] += weight * sum.result
          meat[i * k + j] += weight * sum.result
        }
      }
    }
    return meat
  }

  /// (XᵀX)⁻¹ = B M Bᵀ with M the inner products of the basis.
  private var gramOfBack: [Double] {
    if let metric { return sandwich(meat: metric, factor: 1) }
    let identity = (0..<columnCount * columnCount).map {
      $0 % (columnCount + 1) == 0 ? 1.0 : 0
    }
    return sandwich(meat: identity, factor: 1)
  }

  private func sandwich(_ scores: [Double], rows: Int, factor: Double) -> [Double] {
    sandwich(meat: gramKernel(scores, rows: rows, columns: columnCount), factor: factor)
  }

  /// B M Bᵀ for a k × k matrix M in the space of the basis.
  private func sandwich(meat: [Double], factor: Double) -> [Double] {
    let k = columnCount
    var half = [Double](repeating: 0, count: k * k)
    var full = half
    for row in 0..<k {
      for column in 0..<k {
        half[column * k + row] = (0..<k).reduce(0) {
          $0 + back[$1 * k + row] * meat[column * k + $1]
        }
      }
    }
    for row in 0..<k {
      for column in 0..<k {
        full[column * k + row] =
          factor * (0..<k).reduce(0) { $0 + half[$1 * k + row] * back[$1 * k + column] }
      }
    }
    return full
  }
}
