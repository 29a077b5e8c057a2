import Glibc

/// Which promise a verdict on a running rollout makes.
package enum VerdictMode: Sendable, Hashable, Codable {
  /// Anytime valid: the chance of ever stopping a canary that isn't worse is at most α, at however
  /// many looks and however long the rollout takes. By mixture e-processes and Ville's inequality.
  case `guard`
  /// Exact over a plan: the same chance over the planned looks, spent as the plan says. Finds
  /// changes sooner and has nothing left to spend when the plan is over.
  case fast(LookPlan)

  /// The plan of the Fast mode.
  package var plan: LookPlan? {
    switch self {
    case .guard: nil
    case .fast(let plan): plan
    }
  }
}

/// How a judge takes into account that pods and times differ of themselves.
package enum NoiseSource: Sendable, Hashable, Codable {
  /// Not at all: pods are taken to be alike and arms to differ by the version only.
  case none
  /// Estimated from the pods of the rollout as it goes, where they differ by more than chance.
  case stablePods
  /// Known from rollouts in which nothing changed.
  case history(NoiseFloor)
}

/// What a sequential judge is told before its first scrape.
package struct JudgeSettings: Sendable, Hashable, Codable {
  package var mode: VerdictMode
  /// The direction in which the canary would be worse: `greater` or `less`. A two-sided question
  /// is two judges with half the budget each.
  package var alternative: Alternative
  /// What the metric may spend of the error budget.
  package var alpha: Double
  /// How long a pod isn't counted after its start.
  package var warmUpSeconds: Double
  package var noise: NoiseSource

  /// - Throws: `invalidProbability` unless α lies in (0, ½) and the alternative has a direction;
  ///   `nanInput` for a warm-up that is no number.
  package init(
    mode: VerdictMode = .guard, alternative: Alternative = .greater, alpha: Double = 0.05,
    warmUpSeconds: Double = 0, noise: NoiseSource = .stablePods
  ) throws(NotComputable) {
    guard alpha > 0, alpha < 0.5, alternative != .twoSided else { throw .invalidProbability }
    if warmUpSeconds.isNaN { throw .nanInput }
    self.mode = mode
    self.alternative = alternative
    self.alpha = alpha
    self.warmUpSeconds = warmUpSeconds
    self.noise = noise
  }

  /// Refuses what the other initialiser would.
  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      mode: stored.decode(VerdictMode.self, forKey: .mode),
      alternative: stored.decode(Alternative.self, forKey: .alternative),
      alpha: stored.decode(Double.self, forKey: .alpha),
      warmUpSeconds: stored.decode(Double.self, forKey: .warmUpSeconds),
      noise: stored.decode(NoiseSource.self, forKey: .noise))
  }

  /// The natural logarithm of 1/α: what an e-value has to reach.
  package var requiredLogE: Double { -log(alpha) }
}

/// What a judge says after a look.
package enum SequentialVerdict: String, Sendable, Hashable, Codable {
  /// The canary is worse, at the judge's error rate.
  case worse
  /// It isn't known to be.
  case undecided
}
