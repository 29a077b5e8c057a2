internal import Glibc
internal import Statistics

/// The policies of the study, in the order of its tables.
///
/// Limits marked as tuned are those that 5 % of the rollouts without change exceed, found on
/// rollouts of their own: the best that a person could tune who knew that world exactly.
struct PolicyCatalogue {
  let world: World
  /// By policy name; empty while the limits are being tuned.
  let tuned: [String: Double]
  /// What the policy may spend on false alarms.
  var alpha = 0.05

  /// Every policy for the world's metric.
  func all() throws(NotComputable) -> [Policy] {
    switch world.metric {
    case .badShare(let share): try others(badShare: share) + ours()
    case .latency(let bounds): try others(latency: bounds) + ours()
    }
  }

  /// The policies whose limits are tuned; their limits mean nothing yet.
  func toTune() -> [Policy] {
    switch world.metric {
    case .badShare: [tunedThreshold(.badShare), tunedZ]
    case .latency(let bounds):
      [tunedThreshold(.percentile99(bounds)), tunedRanks, tunedExceedance(bounds)]
    }
  }

  // What the field does with shares of bad events.
  private func others(badShare share: Double) throws(NotComputable) -> [Policy] {
    // The tutorial's thresholds: errors up to 1 %, accuracy from 90 %.
    let threshold = share <= 0.01 ? 0.01 : 0.10
    let plan = world.plan
    let bounds = try spendingBounds()
    return [
      Policy("tutorial's template", limit: threshold) {
        ThresholdWatcher(.bothVersions, .badShare)
      },
      Policy("same threshold, canary's query", limit: threshold) {
        ThresholdWatcher(.canary, .badShare)
      },
      Policy("Flagger-like, 5 failed minutes", limit: threshold) {
        ThresholdWatcher(.canary, .badShare, failuresAllowed: 4, windowMinutes: 1)
      },
      tunedThreshold(.badShare),
      Policy("Kayenta every 5 min", limit: 0.5) { KayentaWatcher(.badShare) },
      Policy("z at 5 %, each minute", limit: Self.zAtFivePercent) { PooledWatcher(.z, plan: plan) },
      Policy("z at 5 %, once at the end", limit: Self.zAtFivePercent) {
        PooledWatcher(.zAtTheEnd, plan: plan)
      },
      tunedZ,
      Policy("GrowthBook sequential", limit: 0) { PooledWatcher(.sequence, plan: plan) },
      Policy("CMH + Lan-DeMets", limit: 0) { SpendingWatcher(bounds: bounds) },
    ]
  }

  private func spendingBounds() throws(NotComputable) -> [Double] {
    // They depend on the stages alone.
    if world.plan.stages == TrafficPlan.usual.stages { return try Self.usualBounds.get() }
    return try SpendingWatcher.bounds(.power(0.5), alpha: 0.05, plan: world.plan)
  }

  private static let usualBounds = Result { () throws(NotComputable) -> [Double] in
    try SpendingWatcher.bounds(.power(0.5), alpha: 0.05, plan: .usual)
  }

  // What the field does with latencies.
  private func others(latency bounds: Metric.BucketBounds) throws(NotComputable) -> [Policy] {
    [
      Policy("tutorial's template", limit: 0.2) {
        ThresholdWatcher(.bothVersions, .percentile99(bounds))
      },
      tunedThreshold(.percentile99(bounds)),
      Policy("Kayenta on p99 every 5 min", limit: 0.5) { KayentaWatcher(.percentile99(bounds)) },
      tunedRanks,
      tunedExceedance(bounds),
    ]
  }

  /// The product's two modes, with what they know of noise.
  func ours() throws(NotComputable) -> [Policy] {
    let fast = VerdictMode.fast(try world.plan.lookPlan())
    let history = NoiseSource.history(try world.knownNoise())
    return [
      try judge("Guard", .guard, .stablePods),
      try judge("Guard, noise from history", .guard, history),
      try judge("Fast", fast, .stablePods),
      try judge("Fast, noise from history", fast, history),
    ]
  }

  private func judge(
    _ name: String, _ mode: VerdictMode, _ noise: NoiseSource
  ) throws(NotComputable) -> Policy {
    let settings = try JudgeSettings(mode: mode, alternative: .greater, alpha: alpha, noise: noise)
    switch world.metric {
    case .badShare:
      let judge = CountJudge(settings)
      return Policy(name, limit: 0.5) { CountJudgeWatcher(judge: judge) }
    case .latency(let bounds):
      let judge = try BucketJudge(settings, upperBounds: bounds.upperBounds)
      return Policy(name, limit: 0.5) { BucketJudgeWatcher(judge: judge) }
    }
  }

  private func tunedThreshold(_ value: QueriedValue) -> Policy {
    tuned("threshold per version, tuned") { ThresholdWatcher(.canary, value, delayMinutes: 3) }
  }

  private var tunedZ: Policy {
    let plan = world.plan
    return tuned("z each minute, tuned") { PooledWatcher(.z, plan: plan) }
  }

  private var tunedRanks: Policy { tuned("Mann-Whitney on buckets, tuned") { RankWatcher() } }

  private func tunedExceedance(_ bounds: Metric.BucketBounds) -> Policy {
    let plan = world.plan
    // The bucket that the true 99th percentile of 150 ms falls into.
    let bucket = bounds.upperBounds.firstIndex { $0 >= 0.15 }
    return tuned("share above the p99 bucket, z tuned") {
      PooledWatcher(.z, plan: plan, above: bucket)
    }
  }

  private func tuned(
    _ name: String, _ watcher: @escaping @Sendable () -> any Watcher
  ) -> Policy {
    Policy(name, limit: tuned[name] ?? .infinity, watcher: watcher)
  }

  private static let zAtFivePercent = Normal.standard.inverseSurvival(0.05)
}
