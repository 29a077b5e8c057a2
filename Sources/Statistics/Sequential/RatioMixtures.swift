import Glibc

/// The alternatives that a mixture e-process bets on: a grid of ratios with equal weights.
package struct RatioGrid: Sendable, Hashable, Codable {
  /// Logarithms of the ratios, none of them 0.
  package let logRatios: [Double]
  /// The ratios, and what each is more than 1.
  let (ratios, excesses): ([Double], [Double])

  /// Ratios as given; those that are not positive and finite are left out.
  package init(_ ratios: [Double]) {
    self.init(logRatios: ratios.filter { $0 > 0 && $0.isFinite && $0 != 1 }.map { log($0) })
  }

  private init(logRatios: [Double]) {
    self.logRatios = logRatios
    ratios = logRatios.map { exp($0) }
    excesses = logRatios.map { expm1($0) }
  }

  /// A list of logarithms.
  package init(from decoder: any Decoder) throws {
    self.init(logRatios: try decoder.singleValueContainer().decode([Double].self))
  }

  package func encode(to encoder: any Encoder) throws {
    var stored = encoder.singleValueContainer()
    try stored.encode(logRatios)
  }

  /// From 10 % to eight-fold in the direction of the alternative, 16 ratios with logarithms in
  /// geometric steps, or 32 for a two-sided question.
  ///
  /// A change with log ratio b is found when b²I/2 is some nats, so b is then known to a third of
  /// itself whatever its size: steps of 23 % leave no gap, and mixing costs at most ln 16 = 2.8
  /// nats against the best. Smaller changes are found by the smallest ratio.
  package init(for alternative: Alternative) {
    let (least, most) = (log(1.1), log(8.0))
    let ratios = (0..<16).map { exp(least * pow(most / least, Double($0) / 15)) }
    switch alternative {
    case .greater: self.init(ratios)
    case .less: self.init(ratios.map { 1 / $0 })
    case .twoSided: self.init(ratios + ratios.map { 1 / $0 })
    }
  }
}

/// The safe test for a stream of 2×2 tables: an e-value that may be looked at after each scrape.
///
/// ```swift
/// var process = SafeTwoByTwo(ratios: RatioGrid(for: .greater))
/// try process.observe(canary: canary, baseline: baseline, baselineRate: 0.01)
/// process.logE  // above ln 20 is evidence at 5 %, at whatever scrape it happens
/// ```
///
/// For each odds ratio θ of the grid a stratum multiplies the e-value by the likelihood of
/// (p_a, p_b) over that of (p₀, p₀), where p_b is a guess made before the stratum, p_a has odds
/// θ times those of p_b, and p₀ = (n_c p_a + n_s p_b)/(n_c + n_s). It is an e-variable for
/// equal rates whatever they are, so rates may drift from scrape to scrape, and, with all ratios
/// above 1, for any smaller canary rate too (R. Turner, A. Ly,
/// P. Grünwald, "Generic E-variables for exact sequential k-sample tests", 2021, theorem 1). The
/// result is the mean over the grid. A bad guess costs power, never validity.
package struct SafeTwoByTwo: Sendable, Hashable, Codable {
  private let grid: RatioGrid
  /// By ratio of the grid.
  private(set) var logFactors: [Double]

  package init(ratios: RatioGrid) {
    grid = ratios
    logFactors = [Double](repeating: 0, count: ratios.logRatios.count)
  }

  /// The natural logarithm of the e-value after all strata; 0 before the first.
  package var logE: Double { logMeanExp(logFactors) }

  /// Takes over what a conditional process with the same ratios has won, for strata in which no
  /// guess could be made: factors of a stratum may come from either, and stay e-values.
  mutating func begin(as conditional: ConditionalRateRatio) {
    logFactors = conditional.logFactors
  }

  /// Takes in one stratum. Without trials in both arms it says nothing.
  ///
  /// - Parameters:
  ///   - baselineRate: the guess p_b; must not depend on this stratum's outcome.
  /// - Throws: `invalidProbability` unless the guess lies in (0, 1).
  package mutating func observe(
    canary: Proportion, baseline: Proportion, baselineRate: Double
  ) throws(NotComputable) {
    guard baselineRate > 0, baselineRate < 1 else { throw .invalidProbability }
    guard canary.trials > 0, baseline.trials > 0 else { return }
    let (nc, ns) = (canary.trials, baseline.trials)
    let odds = baselineRate / (1 - baselineRate)
    for (index, ratio) in zip(logFactors.indices, grid.ratios) {
      let shifted = odds * ratio
      let pa = shifted / (1 + shifted)
      let pb = baselineRate
      // p_a − p₀ and p_b − p₀, relative to p₀ and 1 − p₀, without cancellation.
      let p0 = (nc * pa + ns * pb) / (nc + ns)
      let gap = pa - pb
      let (up, down) = (ns * gap / (nc + ns), nc * gap / (nc + ns))
      var sum =
        canary.nonEvents * log1p(-up / (1 - p0)) + baseline.nonEvents * log1p(down / (1 - p0))
      if canary.events > 0 { sum += canary.events * log1p(up / p0) }
      if baseline.events > 0 { sum += baseline.events * log1p(-down / p0) }
      logFactors[index] += sum
    }
  }
}

/// The conditional e-process for the ratio of two event rates, strata of any sizes.
///
/// ```swift
/// var process = ConditionalRateRatio(ratios: RatioGrid(for: .greater))
/// process.observe(canary: canary, baseline: baseline)
/// ```
///
/// Given the K events of a stratum, the canary's share is binomial with s = n_c/(n_c + n_s) when
/// the rates are equal, so each ratio θ multiplies the e-value by θ^(k_c) / (1 + s(θ − 1))^K. Exact
/// for Poisson counts with exposures, and valid for proportions too: the hypergeometric law is less
/// spread than the binomial (W. Hoeffding, JASA 58, 1963, theorem 4), at a loss of power of a share
/// p for events with probability p. Needs no guess of a rate.
package struct ConditionalRateRatio: Sendable, Hashable, Codable {
  let ratios: RatioGrid
  /// By ratio of the grid.
  private(set) var logFactors: [Double]

  package init(ratios: RatioGrid) {
    self.ratios = ratios
    logFactors = [Double](repeating: 0, count: ratios.logRatios.count)
  }

  /// The natural logarithm of the e-value after all strata; 0 before the first.
  package var logE: Double { logMeanExp(logFactors) }

  /// Takes in one stratum. Without trials in both arms it says nothing.
  package mutating func observe(canary: Proportion, baseline: Proportion) {
    guard canary.trials > 0, baseline.trials > 0 else { return }
    observe(
      canaryEvents: canary.events, events: canary.events + baseline.events,
      canaryShare: canary.trials / (canary.trials + baseline.trials))
  }

  /// Takes in a stratum of any exposures: how many of its events the canary had, and its share of
  /// the exposure, between 0 and 1.
  mutating func observe(canaryEvents: Double, events: Double, canaryShare: Double) {
    for (index, (logRatio, excess)) in zip(
      logFactors.indices, zip(ratios.logRatios, ratios.excesses))
    {
      logFactors[index] += canaryEvents * logRatio - events * log1p(canaryShare * excess)
    }
  }
}

/// log of the mean of exponentials.
func logMeanExp(_ terms: [Double]) -> Double {
  terms.isEmpty ? 0 : logSumExp(terms) - log(Double(terms.count))
}
