/// Whether more than two groups have one mean: one-way analysis of variance.
///
/// ```swift
/// let analysis = try VarianceAnalysis(groups: [zoneA, zoneB, zoneC])   // Moments of each
/// analysis.ratio    // F
/// analysis.logP     // log of the chance of an F as large without a difference
/// ```
///
/// F = [Σ n_g (x̄_g − x̄)² / (G − 1)] / [Σ M2_g / (N − G)], by Fisher's law with G − 1 and N − G
/// degrees of freedom when groups are alike (R. Fisher, "Statistical Methods for Research
/// Workers", 1925, §41). Group means enter as differences from the first group's, so an offset of
/// 1e9 costs no digits.
///
/// Assumes independent values, nearly normal means and one variance for all groups. It says that
/// some group differs, not which: to compare versions use `WelchTest`, and `MultipleComparisons`
/// for several pairs.
package struct VarianceAnalysis: Sendable, Hashable {
  /// Mean squares between and within groups.
  package let (between, within): (Double, Double)
  /// G − 1 and N − G.
  package let (degreesBetween, degreesWithin): (Double, Double)

  /// - Parameter groups: the values of each.
  /// - Throws: `nonFiniteInput` where a group had NaN or infinite values; `emptyInput` for a group
  ///   without values; `tooFewObservations` for fewer than two groups, or no group with more than
  ///   one value; `zeroVariance` where all values of each group are equal.
  package init(groups: [Moments]) throws(NotComputable) {
    guard let first = groups.first, groups.count > 1 else { throw .tooFewObservations }
    var total = 0.0
    for group in groups {
      guard group.nanCount == 0, group.infiniteCount == 0 else { throw .nonFiniteInput }
      guard group.count > 0 else { throw .emptyInput }
      total += group.count
    }
    let offsets = groups.map { $0.meanDifference(from: first) }
    var mean = CompensatedSum()
    for (group, offset) in zip(groups, offsets) { mean.add(offset * (group.count / total)) }
    var (spread, rest) = (CompensatedSum(), CompensatedSum())
    for (group, offset) in zip(groups, offsets) {
      let deviation = offset - mean.result
      spread.add(group.count * deviation * deviation)
      rest.add(group.squaredDeviations)
    }
    degreesBetween = Double(groups.count - 1)
    degreesWithin = total - Double(groups.count)
    guard degreesWithin > 0 else { throw .tooFewObservations }
    guard rest.result > 0 else { throw .zeroVariance }
    between = spread.result / degreesBetween
    within = rest.result / degreesWithin
  }

  /// F.
  package var ratio: Double { between / within }

  /// The share of the variation that lies between groups, R².
  package var explainedShare: Double {
    let sum = between * degreesBetween
    return sum / (sum + within * degreesWithin)
  }

  /// The logarithm of the p-value.
  package var logP: Double {
    FDistribution(numeratorDegrees: degreesBetween, denominatorDegrees: degreesWithin)
      .tails(at: ratio).logUpper
  }
}
