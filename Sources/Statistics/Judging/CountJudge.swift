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
/// Both modes see the same strata through the same noise floor. Guard: for each ratio of a grid
/// the safe 2×2 and the conditional likelihood ratio (`SafeTwoByTwo`, `ConditionalRateRatio`),
/// averaged; where pods or times differ of themselves the alternatives and the null are averaged
/// over those differences as well, E = Σ w_b L(b) / L(0) with L the marginal likelihood of
/// `NoisyLikelihood`. Fast: the score weighted by generalised least squares, against
/// `NullPaths`. The e-value is kept in Fast too, for reports.
///
/// Assumes increments that don't overlap and, within a scrape and an arm, independent requests.
/// The guarantee is exact without noise, and with noise as good as its floor.
package struct CountJudge: Sendable, Hashable {
  package let settings: JudgeSettings
  private let grid: RatioGrid
  private var safe: SafeTwoByTwo
  private var conditional: ConditionalRateRatio
  private var ledger = StageLedger()
  private var noise = NoiseEstimate()
  private var paths: NullPaths?
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
    grid = ratios ?? RatioGrid(for: settings.alternative)
    safe = SafeTwoByTwo(ratios: grid)
    conditional = ConditionalRateRatio(ratios: grid)
    if let plan = settings.mode.plan { paths = NullPaths(plan: plan, alpha: settings.alpha) }
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
    if stable.trials > 0 {
      // Only what came before this stratum may enter the guess.
      let guess = (stable.events + 0.5) / (stable.trials + 1)
      try safe.observe(canary: pair.canary, baseline: pair.stable, baselineRate: guess)
    }
    conditional.observe(canary: pair.canary, baseline: pair.stable)
    let law =
      paths == nil
      ? nil
      : CountLaw(
        hypergeometric: first.eventSum + second.eventSum, canary: first.trialSum,
        stable: second.trialSum)
    decide(stratum, law, usesSafe: true)
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
    let law =
      paths == nil
      ? nil : CountLaw(binomial: first.eventSum + second.eventSum, share: stratum.share)
    decide(stratum, law, usesSafe: false)
    return verdict
  }

  /// Stages and noise; whether the stratum compares anything.
  private mutating func take(_ stratum: Stratum) -> Bool {
    if stratum.compares {
      let change = ledger.add(stratum)
      if case .same = change {} else { noise.beginStage() }
      paths?.follow(change)
      looks += 1
    }
    if settings.noise == .stablePods || !stratum.compares { noise.observe(stratum) }
    return stratum.compares
  }

  private mutating func decide(_ stratum: Stratum, _ law: CountLaw?, usesSafe: Bool) {
    canary.events += stratum.canary.eventSum
    canary.trials += stratum.canary.trialSum
    stable.events += stratum.stable.eventSum
    stable.trials += stratum.stable.trialSum
    switch settings.noise {
    case .none: floor = .none
    case .stablePods: floor = noise.cautious
    case .history(let known): floor = known
    }
    logE = Self.logMixture(
      safe: usesSafe ? safe.logFactors : nil, conditional: conditional.logFactors,
      corrections: nil)
    // Noise is looked into where there is evidence that it might explain.
    if logE > 0, !floor.isNone {
      let likelihood = NoisyLikelihood(ledger, floor)
      let corrections = grid.logRatios.map {
        likelihood.logMarginal(at: $0) - likelihood.logPlain(at: $0)
      }
      logE =
        Self.logMixture(
          safe: usesSafe ? safe.logFactors : nil, conditional: conditional.logFactors,
          corrections: corrections) - likelihood.logMarginal(at: 0)
    }
    largestLogE = max(largestLogE, logE)
    if let law, var paths {
      self.paths = nil
      paths.draw(
        law, events: (stratum.canary.eventSum + stratum.stable.eventSum).rounded(),
        share: stratum.share)
      let sign = settings.alternative == .less ? -1.0 : 1.0
      if paths.look(ledger, floor, sign: sign) { verdict = .worse }
      self.paths = paths
    } else if logE >= settings.requiredLogE {
      verdict = .worse
    }
  }

  /// log of the mean of both e-processes' means, each ratio with its correction.
  private static func logMixture(
    safe: [Double]?, conditional: [Double], corrections: [Double]?
  ) -> Double {
    func corrected(_ factors: [Double]) -> Double {
      guard let corrections else { return logMeanExp(factors) }
      return logMeanExp(zip(factors, corrections).map { $0 + $1 })
    }
    guard let safe else { return corrected(conditional) }
    return logSumExp(corrected(safe), corrected(conditional)) - 0.693147180559945309
  }
}

extension CountJudge {
  /// What has been shown so far.
  ///
  /// The interval is the confidence sequence of the ratio of odds (of rates), valid at all looks:
  /// ratios ψ with log of the mean of L over a wide grid − log L(ψ) < log(1/(1 − level)), noise
  /// included. The strength is the largest e-value; in the Fast mode the last look's p-value among
  /// the paths, which isn't corrected for looks: the verdict is.
  ///
  /// - Complexity: O(stages³) about three hundred times; not needed to decide.
  package func evidence(level: Double = 0.95) -> Evidence {
    let likelihood = NoisyLikelihood(ledger, floor)
    var strength = Strength.logE(largestLogE)
    if let paths {
      strength = .logP(min(0, log(Double(paths.rank) / Double(paths.standing))))
    }
    let name = paths == nil ? "mixture e-process" : "exact conditional spending"
    return Evidence(
      effect: Effect(name: "ratio of event odds", neutralValue: 1),
      estimate: exp(estimate(likelihood)), interval: interval(likelihood, level: level),
      strength: strength, alternative: settings.alternative,
      samples: SamplesPerArm(canary: canary.trials, baseline: stable.trials),
      method: "\(name), \(looks) looks in \(ledger.stages.count) stages",
      assumptions: [
        Assumption("increments of separate scrapes, none read twice", .notChecked),
        Assumption(
          "pods of one arm are alike, or the noise floor covers how they differ",
          floor.isNone && noise.podCount < 2 ? .notChecked : .holds),
      ])
  }

  /// The information of the log ratio, and what would have been there without noise.
  package var information: (effective: Double, nominal: Double) {
    (NoisyLikelihood(ledger, floor).scoreWeights.information, ledger.information)
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

  private func estimate(_ likelihood: NoisyLikelihood) -> Double {
    if canary.events == 0 { return stable.events == 0 ? 0 : -.infinity }
    if stable.events == 0 { return .infinity }
    // Concave: by ternary search.
    var (low, high) = (-Self.reach, Self.reach)
    for _ in 0..<70 {
      let third = (high - low) / 3
      if likelihood.logMarginal(at: low + third) < likelihood.logMarginal(at: high - third) {
        low += third
      } else {
        high -= third
      }
    }
    return (low + high) / 2
  }

  private func interval(_ likelihood: NoisyLikelihood, level: Double) -> ConfidenceInterval {
    guard ledger.information > 0 else {
      return ConfidenceInterval(level: level, lower: 0, upper: .infinity)
    }
    let prior = stride(from: -2.5, through: 2.5, by: 0.0625).map { likelihood.logMarginal(at: $0) }
    let threshold = logMeanExp(prior) + log(1 - level)
    let peak = min(Self.reach, max(-Self.reach, estimate(likelihood)))
    func edge(towards limit: Double, open: Double) -> Double {
      if likelihood.logMarginal(at: limit) > threshold { return open }
      var (inside, outside) = (peak, limit)
      for _ in 0..<50 {
        let middle = (inside + outside) / 2
        if likelihood.logMarginal(at: middle) > threshold {
          inside = middle
        } else {
          outside = middle
        }
      }
      return exp(outside)
    }
    return ConfidenceInterval(
      level: level, lower: edge(towards: -Self.reach, open: 0),
      upper: edge(towards: Self.reach, open: .infinity))
  }

  /// Ratios beyond exp(±12) are as good as 0 or infinite.
  private static let reach = 12.0
}

/// Events and trials, or exposure, of an arm.
private struct ArmTotal: Sendable, Hashable {
  var events = 0.0
  var trials = 0.0
}
