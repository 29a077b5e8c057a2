import Glibc

/// Judges a canary by counts, scrape after scrape: bad events of all, or events over an exposure.
///
/// ```swift
/// var judge = try CountJudge(JudgeSettings(mode: .guard, alpha: 0.05))
/// for scrape in scrapes {
///   if try judge.observe(scrape) == .worse { break }   // may be asked after each one
/// }
/// judge.evidence()
/// ```
///
/// Both modes see the same strata and the same noise floor. Guard: the mean, over a grid of ratios,
/// of the safe 2×2 and the conditional likelihood ratio (`SafeTwoByTwo`, `ConditionalRateRatio`),
/// an e-process. Fast: the canary's count against the bound of `ConditionalWalk`, exact over the
/// plan. Where pods or times differ of themselves, both must also be convinced by the score that
/// takes their effects into account (`AdjustedScore`): Guard by the mixture of its likelihoods,
/// Fast by its z against the bound of the same spending. Asking for both is valid where either is:
/// counts may be small, or noise large.
///
/// A judge can be stored and read back between any two scrapes: it goes on as if nothing had
/// happened, bit for bit. Shards that see different pods merge their scrapes, not their judges.
///
/// Assumes increments that don't overlap and, within a scrape and an arm, independent requests.
/// The guarantee is exact without noise, and with noise as good as its floor.
package struct CountJudge: Sendable, Hashable, Codable {
  package private(set) var settings: JudgeSettings
  private var safe: SafeTwoByTwo
  private var conditional: ConditionalRateRatio
  private var ledger = StageLedger()
  private var noise = NoiseEstimate()
  private var walk: ConditionalWalk?
  private var noisyWalk: InformationWalk?
  /// Events and trials (or exposure) of the arms.
  private var canary = ArmTotal()
  private var stable = ArmTotal()

  /// The scrapes that compared something.
  package private(set) var looks = 0
  /// The natural logarithm of the e-value now, noise taken into account.
  package private(set) var logE = 0.0
  /// Its largest value at any look.
  package private(set) var largestLogE = 0.0
  /// What pods and times are taken to differ by.
  package private(set) var floor = NoiseFloor.none
  /// Worse from the look on at which it was found to be.
  package private(set) var verdict = SequentialVerdict.undecided

  /// - Parameter ratios: the alternatives of the e-value; by default those of `RatioGrid`.
  package init(_ settings: JudgeSettings, ratios: RatioGrid? = nil) {
    self.settings = settings
    let grid = ratios ?? RatioGrid(for: settings.alternative)
    safe = SafeTwoByTwo(ratios: grid)
    conditional = ConditionalRateRatio(ratios: grid)
    if let plan = settings.mode.plan {
      walk = ConditionalWalk(
        plan: plan, alpha: settings.alpha, isMirrored: settings.alternative == .less)
      noisyWalk = InformationWalk(plan: plan, alpha: settings.alpha)
    }
  }

  /// Takes in the bad events and all trials of one scrape.
  ///
  /// A scrape in which an arm had no warm pod with trials still counts for the noise floor.
  ///
  /// - Returns: the verdict; once `worse`, it stays.
  /// - Throws: the errors of counts.
  @discardableResult
  package mutating func observe(
    _ scrape: Scrape<Proportion>
  ) throws(NotComputable) -> SequentialVerdict {
    let stratum = try Stratum(scrape.warm(after: settings.warmUpSeconds))
    guard take(stratum) else { return verdict }
    let (first, second) = (stratum.canary, stratum.stable)
    let pair = (
      canary: try Proportion(events: first.eventSum, trials: first.trialSum),
      stable: try Proportion(events: second.eventSum, trials: second.trialSum)
    )
    conditional.observe(canary: pair.canary, baseline: pair.stable)
    if stable.trials > 0 {
      // Only what came before this stratum may enter the guess.
      let guess = (stable.events + 0.5) / (stable.trials + 1)
      try safe.observe(canary: pair.canary, baseline: pair.stable, baselineRate: guess)
    } else {
      // Without a guess both bet alike.
      safe.begin(as: conditional)
    }
    let isStopped = walk?.look(shares: stratum) ?? false
    decide(stratum, isStopped: isStopped, safeFactors: safe.logFactors)
    return verdict
  }

  /// Takes in the events and exposures of one scrape.
  @discardableResult
  package mutating func observe(
    _ scrape: Scrape<EventRate>
  ) throws(NotComputable) -> SequentialVerdict {
    let stratum = try Stratum(scrape.warm(after: settings.warmUpSeconds))
    guard take(stratum) else { return verdict }
    let (first, second) = (stratum.canary, stratum.stable)
    conditional.observe(
      canaryEvents: first.eventSum, events: first.eventSum + second.eventSum,
      canaryShare: stratum.share)
    let isStopped = walk?.look(rates: stratum) ?? false
    decide(stratum, isStopped: isStopped, safeFactors: nil)
    return verdict
  }

  /// Replaces a noise floor that is known, for counts whose log odds move with something else.
  mutating func setNoise(_ known: NoiseFloor) { settings.noise = .history(known) }

  /// Stages and noise; whether the stratum compares anything.
  private mutating func take(_ stratum: Stratum) -> Bool {
    if stratum.compares {
      if ledger.add(stratum) { noise.beginStage() }
      looks += 1
    }
    if settings.noise == .stablePods || !stratum.compares { noise.observe(stratum) }
    return stratum.compares
  }

  private mutating func decide(_ stratum: Stratum, isStopped: Bool, safeFactors: [Double]?) {
    canary.add(stratum.canary)
    stable.add(stratum.stable)
    switch settings.noise {
    case .none: floor = .none
    case .stablePods: floor = noise.cautious
    case .history(let known): floor = known
    }
    logE = logMeanExp(conditional.logFactors)
    if let safeFactors {
      logE = logSumExp(logMeanExp(safeFactors), logE) - 0.693147180559945309
    }
    var isNoiseOvercome = true
    // Noise is looked into where there is evidence that it might explain.
    if !floor.isNone, logE > 0 || noisyWalk != nil {
      let adjusted = AdjustedScore(ledger, floor)
      let logFactors = conditional.ratios.logRatios.map { adjusted.logLikelihood(at: $0) }
      logE = min(logE, logMeanExp(logFactors))
      let sign = settings.alternative == .less ? -1.0 : 1.0
      isNoiseOvercome =
        noisyWalk?.look(
          score: sign * adjusted.logScaleScore, information: adjusted.information,
          nominal: adjusted.plainInformation, number: looks)
        ?? true
    }
    largestLogE = max(largestLogE, logE)
    let isWorse =
      walk == nil ? logE >= settings.requiredLogE : isStopped && isNoiseOvercome
    if isWorse { verdict = .worse }
  }
}

extension CountJudge {
  /// What has been shown so far.
  ///
  /// The interval is the confidence sequence of the ratio of odds (of rates), valid at all looks,
  /// noise included. The strength is the largest e-value; in the Fast mode the chance, without a
  /// difference, of having been stopped before or of a count as large as the last look's.
  ///
  /// - Complexity: O(stages) about three hundred times; not needed to decide.
  package func evidence(level: Double = 0.95) -> Evidence {
    let likelihood = AdjustedScore(ledger, floor)
    var strength = Strength.logE(largestLogE)
    if let walk { strength = .logP(log(walk.tail)) }
    let name = walk == nil ? "mixture e-process" : "exact conditional spending"
    return Evidence(
      effect: Effect(name: "ratio of event odds", neutralValue: 1),
      estimate: exp(estimate(likelihood)), interval: interval(likelihood, level: level),
      strength: strength, alternative: settings.alternative,
      samples: SamplesPerArm(canary: canary.trials, baseline: stable.trials),
      method: "\(name), \(looks) looks"
        + (ledger.stages.count > 1 ? " in \(ledger.stages.count) stages" : ""),
      assumptions: [
        Assumption("increments of separate scrapes, none read twice", .notChecked),
        Assumption(
          "pods of one arm are alike, or the noise floor covers how they differ",
          floor.isNone && noise.podCount < 2 ? .notChecked : .holds),
      ])
  }

  /// The information of the log ratio, and what would have been there without noise.
  package var information: (effective: Double, nominal: Double) {
    (AdjustedScore(ledger, floor).information, ledger.information)
  }

  /// The smallest ratio that the looks so far would have shown four times out of five; infinite
  /// without information. Below 1 where a smaller canary is worse.
  ///
  /// A boundary of √(2 ln(1/α)) standard errors, as a mixture has it when tuned, plus 0.84.
  package var detectableRatio: Double {
    let information = information.effective
    guard information > 0 else { return settings.alternative == .less ? 0 : .infinity }
    let reach = ((2 * settings.requiredLogE).squareRoot() + 0.8416212335729143)
    let logRatio = reach / information.squareRoot()
    return exp(settings.alternative == .less ? -logRatio : logRatio)
  }

  private func estimate(_ likelihood: AdjustedScore) -> Double {
    if canary.events == 0 { return stable.events == 0 ? 0 : -.infinity }
    if stable.events == 0 { return .infinity }
    // Concave: by ternary search.
    var (low, high) = (-Self.reach, Self.reach)
    for _ in 0..<70 {
      let third = (high - low) / 3
      if likelihood.logLikelihood(at: low + third) < likelihood.logLikelihood(at: high - third) {
        low += third
      } else {
        high -= third
      }
    }
    return (low + high) / 2
  }

  private func interval(_ likelihood: AdjustedScore, level: Double) -> ConfidenceInterval {
    guard ledger.information > 0 else {
      return ConfidenceInterval(level: level, lower: 0, upper: .infinity)
    }
    return ConfidenceInterval(
      ofRatioAt: level, peak: estimate(likelihood), reach: Self.reach
    ) { likelihood.logLikelihood(at: $0) }
  }

  /// Ratios beyond exp(±12) are as good as 0 or infinite.
  private static let reach = 12.0
}

/// Events and trials, or exposure, of an arm.
private struct ArmTotal: Sendable, Hashable, Codable {
  var events = 0.0
  var trials = 0.0

  mutating func add(_ arm: Stratum.Arm) {
    events += arm.eventSum
    trials += arm.trialSum
  }
}
