import Glibc

/// The canary's count summed over strata, when the arms are alike, stopped at bounds: how the Fast
/// mode spends its budget exactly.
///
/// Given how many events a stratum had in both arms together, the canary's count without a
/// difference is hypergeometric (binomial for rates). The law of the sum over strata is their
/// convolution, without the paths that were stopped before. At each look the bound is the lowest
/// count such that no more mass lies on or above it than the plan lets the budget spend by then;
/// what discreteness leaves unspent is left for later looks. The chance of being stopped without a
/// difference is at most α, exactly, whatever the totals (K. Lan, D. DeMets' spending, Biometrika
/// 70, 1983, for the conditional law of R. Fisher, JRSS 98, 1935).
///
/// Where counts are large, cells of 2, 4, 8, … counts are one state; the observed count goes
/// through the same cells, so the test stays exact.
///
/// - Complexity: a stratum takes O(states × cells of its law), at most about a million additions.
struct ConditionalWalk: Sendable, Hashable, Codable {
  let plan: LookPlan
  let alpha: Double
  /// Whether a larger count of the stable arm, not of the canary, is worse.
  let isMirrored: Bool
  private(set) var looks = 0
  private(set) var isStopped = false
  /// Counts per cell, a power of two.
  private var unit = 1
  /// The cell of the first mass, and the chance of each state of not being stopped yet.
  private var first = 0
  private var masses = [1.0]
  private var spent = 0.0
  private var information = 0.0
  /// The observed sum, in cells.
  private var observed = 0

  init(plan: LookPlan, alpha: Double, isMirrored: Bool) {
    self.plan = plan
    self.alpha = alpha
    self.isMirrored = isMirrored
  }

  init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    plan = try stored.decode(LookPlan.self, forKey: .plan)
    alpha = try stored.decode(Double.self, forKey: .alpha)
    isMirrored = try stored.decode(Bool.self, forKey: .isMirrored)
    looks = try stored.decode(Int.self, forKey: .looks)
    isStopped = try stored.decode(Bool.self, forKey: .isStopped)
    unit = try stored.decode(Int.self, forKey: .unit)
    first = try stored.decode(Int.self, forKey: .first)
    masses = try stored.decode([Double].self, forKey: .masses)
    spent = try stored.decode(Double.self, forKey: .spent)
    information = try stored.decode(Double.self, forKey: .information)
    observed = try stored.decode(Int.self, forKey: .observed)
    tail = try stored.decode(Double.self, forKey: .tail)
    let places = -Self.mostPlaces...Self.mostPlaces
    guard 1...Self.mostPlaces ~= unit, places ~= first, places ~= observed, looks >= 0,
      looks <= Self.mostPlaces
    else { throw NotComputable.nonFiniteInput }
  }

  private static let mostStates = 1_024
  /// No stored number of cells or looks is larger.
  private static let mostPlaces = 1 << 52

  /// Takes in a stratum of shares.
  ///
  /// - Returns: whether the bound is reached, now or before.
  mutating func look(shares stratum: Stratum) -> Bool {
    let (canary, stable) = arms(stratum)
    let events = canary.eventSum.rounded() + stable.eventSum.rounded()
    let trials = canary.trialSum.rounded() + stable.trialSum.rounded()
    widenFor(stratum.scoreVariance)
    let law = CountLaw(
      hypergeometric: min(events, trials), canary: canary.trialSum, stable: stable.trialSum,
      unit: unit)
    return take(law, count: canary.eventSum, variance: stratum.scoreVariance)
  }

  /// Takes in a stratum of events over exposures.
  mutating func look(rates stratum: Stratum) -> Bool {
    let (canary, stable) = arms(stratum)
    widenFor(stratum.scoreVariance)
    let law = CountLaw(
      binomial: canary.eventSum.rounded() + stable.eventSum.rounded(),
      share: canary.trialSum / (canary.trialSum + stable.trialSum), unit: unit)
    return take(law, count: canary.eventSum, variance: stratum.scoreVariance)
  }

  private func arms(_ stratum: Stratum) -> (Stratum.Arm, Stratum.Arm) {
    isMirrored ? (stratum.stable, stratum.canary) : (stratum.canary, stratum.stable)
  }

  /// The chance, without a difference, of a sum at least as large as the observed one by now, or
  /// of having been stopped before.
  private(set) var tail = 1.0

  private mutating func take(_ law: CountLaw, count: Double, variance: Double) -> Bool {
    looks += 1
    information += variance
    observed += CountLaw.cell(count.rounded(), unit)
    convolve(law)
    let place = observed - first
    let above = place >= masses.count ? 0 : masses[max(0, place)...].reduce(0, +)
    tail = min(1, spent + above)
    let allowed = plan.allowance(alpha: alpha, after: looks, information: information)
    var bound = masses.count
    while bound > 0, spent + masses[bound - 1] <= allowed {
      bound -= 1
      spent += masses[bound]
    }
    if place >= bound { isStopped = true }
    masses.removeSubrange(bound...)
    trim()
    while masses.count > Self.mostStates { coarsen() }
    return isStopped
  }

  private mutating func convolve(_ law: CountLaw) {
    guard !masses.isEmpty else { return }
    var result = [Double](repeating: 0, count: masses.count + law.masses.count - 1)
    addConvolution(of: masses.span, with: law.masses.span, to: &result)
    masses = result
    first += law.first
  }

  /// Takes off the lower states that can't matter any more.
  private mutating func trim() {
    let negligible = alpha * 1e-12
    var (sum, count) = (0.0, 0)
    while count + 1 < masses.count, sum + masses[count] < negligible {
      sum += masses[count]
      count += 1
    }
    guard count > 0 else { return }
    masses.removeSubrange(..<count)
    first += count
  }

  /// Keeps the law of a stratum as narrow as the states are kept.
  private mutating func widenFor(_ variance: Double) {
    while 18 * variance.squareRoot() / Double(unit) > Double(Self.mostStates) { coarsen() }
  }

  /// Makes two cells one.
  private mutating func coarsen() {
    let start = Int((Double(first) / 2).rounded(.down))
    var merged = [Double](repeating: 0, count: (masses.count + 3) / 2)
    for (index, mass) in masses.enumerated() { merged[(first + index) / 2 - start] += mass }
    masses = merged
    first = start
    observed = Int((Double(observed) / 2).rounded(.down))
    unit *= 2
  }
}

/// Adds the convolution of two laws; the result is as long as both less one.
private func addConvolution(
  of left: Span<Double>, with right: Span<Double>, to result: inout [Double]
) {
  var target = result.mutableSpan
  for index in left.indices {
    let mass = left[index]
    for offset in right.indices { target[index + offset] += mass * right[offset] }
  }
}
