/// One arm of an A/B experiment by unit: what each user (or session) did, added up from records
/// in any order.
///
/// ```swift
/// var canary = ExperimentArm()
/// for order in orders { canary.add(unit: order.user, numerator: order.value, denominator: 1) }
/// canary.setCovariate(unit: 17, 41.5)              // spent in the month before
/// try RatioArm(canary.pairs)                        // value per order, users as units
/// try canary.adjustable()                           // value per user, for CUPED
/// ```
///
/// The unit that was randomised is the unit of the variance: orders of one user are not
/// independent. Check the split first (`SampleRatioTest` on `unitCount`).
package struct ExperimentArm: Sendable, Hashable {
  /// What is known of one unit.
  package struct Unit: Sendable, Hashable {
    package var numerator = 0.0
    package var denominator = 0.0
    /// From before the experiment; nil where there is none.
    package var covariate: Double?

    package init() {}
  }

  private var units: [Int: Unit] = [:]

  package init() {}

  /// The units that were assigned, also those that did nothing.
  package var unitCount: Int { units.count }

  /// Counts a unit that was assigned to the arm, whatever it does.
  package mutating func assign(unit: Int) { units[unit, default: Unit()].denominator += 0 }

  /// Adds one record of a unit.
  package mutating func add(unit: Int, numerator: Double, denominator: Double = 1) {
    units[unit, default: Unit()].numerator += numerator
    units[unit, default: Unit()].denominator += denominator
  }

  package mutating func setCovariate(unit: Int, _ value: Double) {
    units[unit, default: Unit()].covariate = value
  }

  /// Adds the records of a shard; a unit's covariate is taken from whichever has one.
  package mutating func merge(_ other: ExperimentArm) {
    units.merge(other.units) { own, other in
      var sum = own
      sum.numerator += other.numerator
      sum.denominator += other.denominator
      sum.covariate = own.covariate ?? other.covariate
      return sum
    }
  }

  /// Units in the order of their numbers, so that sums don't depend on hashing.
  private var ordered: [Unit] { units.sorted { $0.key < $1.key }.map(\.value) }

  /// Denominators and numerators by unit.
  package var pairs: Comoments {
    var result = Comoments()
    for unit in ordered { result.add(x: unit.denominator, y: unit.numerator) }
    return result
  }

  /// Numerators by unit.
  package var values: Moments { Moments(of: ordered.map(\.numerator)) }

  /// Numerators and covariates by unit; units without a covariate have the arm's mean of it, which
  /// adjusts them by nothing.
  ///
  /// - Throws: as `CovariateArm`.
  package func adjustable() throws(NotComputable) -> CovariateArm {
    let known = Moments(of: ordered.compactMap(\.covariate))
    let mean = known.count > 0 ? known.mean : 0
    return try CovariateArm(
      outcomes: ordered.map(\.numerator), covariates: ordered.map { $0.covariate ?? mean })
  }
}
