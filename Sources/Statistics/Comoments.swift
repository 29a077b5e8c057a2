/// Count, means, and sums of squared and crossed deviations of pairs (x, y).
///
/// ```swift
/// var pods = Comoments()
/// pods.add(x: requests, y: seconds)
/// pods.merge(otherShard)
/// let arm = try RatioArm(pods)     // Σ y / Σ x with its variance
/// ```
///
/// Values are taken relative to the first pair seen; merging is Chan's update, as in `Moments`,
/// with C = C_a + C_b + δ_x δ_y n_a n_b / n for the crossed sum (P. Pébay, Sandia report
/// SAND2008-6212, eq. 3.7). Pairs with a NaN or infinite value are counted and left out.
package struct Comoments: Sendable, Hashable, Codable {
  package private(set) var count = 0.0
  /// Pairs that were left out.
  package private(set) var refusedCount = 0.0
  private var (originX, originY) = (0.0, 0.0)
  private var (offsetX, offsetY) = (0.0, 0.0)
  /// Σ (x − x̄)², Σ (y − ȳ)² and Σ (x − x̄)(y − ȳ).
  package private(set) var (squaresX, squaresY, crossed) = (0.0, 0.0, 0.0)

  /// No pairs yet.
  package init() {}

  package var meanX: Double { count > 0 ? originX + offsetX : .nan }
  package var meanY: Double { count > 0 ? originY + offsetY : .nan }
  package var sumX: Double { count * (originX + offsetX) }
  /// With the divisor n − 1; NaN for fewer than two pairs.
  package var covariance: Double { count > 1 ? crossed / (count - 1) : .nan }

  /// Adds one pair.
  package mutating func add(x: Double, y: Double) {
    guard x.isFinite, y.isFinite else {
      refusedCount += 1
      return
    }
    if count == 0 { (originX, originY) = (x, y) }
    count += 1
    let (dx, dy) = ((x - originX) - offsetX, (y - originY) - offsetY)
    offsetX += dx / count
    offsetY += dy / count
    let left = count > 1 ? (count - 1) / count : 0
    squaresX += dx * dx * left
    squaresY += dy * dy * left
    crossed += dx * dy * left
  }

  /// Adds all pairs of the other summary.
  package mutating func merge(_ other: Comoments) {
    refusedCount += other.refusedCount
    guard other.count > 0 else { return }
    guard count > 0 else {
      let refused = refusedCount
      self = other
      refusedCount = refused
      return
    }
    let total = count + other.count
    let dx = (other.originX - originX) + (other.offsetX - offsetX)
    let dy = (other.originY - originY) + (other.offsetY - offsetY)
    let weight = count * (other.count / total)
    squaresX += other.squaresX + dx * dx * weight
    squaresY += other.squaresY + dy * dy * weight
    crossed += other.crossed + dx * dy * weight
    offsetX += dx * (other.count / total)
    offsetY += dy * (other.count / total)
    count = total
  }
}

extension RatioArm {
  /// An arm known by the summary of its units: x the denominators, y the numerators.
  ///
  /// - Throws: `nonFiniteInput` where pairs were refused, `emptyInput`, `tooFewObservations` for
  ///   fewer than two units, `zeroDenominator`.
  package init(_ units: Comoments) throws(NotComputable) {
    guard units.refusedCount == 0 else { throw .nonFiniteInput }
    guard units.count > 0 else { throw .emptyInput }
    guard units.count > 1 else { throw .tooFewObservations }
    guard units.sumX != 0 else { throw .zeroDenominator }
    let ratio = units.meanY / units.meanX
    let squares = units.squaresY - 2 * ratio * units.crossed + ratio * ratio * units.squaresX
    let spread = max(0, squares) / (units.count - 1)
    self.init(
      ratio: ratio, variance: spread / (units.count * units.meanX * units.meanX),
      unitCount: Int(units.count))
  }
}
