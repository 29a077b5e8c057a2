import Glibc

extension MannWhitneyTest {
  /// The confidence interval of P(canary > baseline) + ½ P(equal), within [0, 1].
  ///
  /// The variance of the effect is that of the placements (E. DeLong et al., Biometrics 44, 1988):
  /// S₁/m + S₂/n with S the variance within an arm of a value's share of smaller values in the
  /// other. The interval is symmetric on the logit scale with the t quantile of Brunner and
  /// Munzel's degrees of freedom (Biom. J. 42, 2000). It needs no equal spread of the arms. Where
  /// the placements do not vary (complete separation, or all values equal) it is Newcombe's
  /// score-type interval (Stat. Med. 25, 2006, method 5), which does not need them.
  package func effectInterval(level: Double = 0.95) -> ConfidenceInterval {
    guard let spread = logitSpread else { return scoreTypeInterval(level: level) }
    let quantile = StudentT(degreesOfFreedom: spread.degreesOfFreedom)
      .inverseSurvival((1 - level) / 2)
    let half = quantile * spread.standardError
    let logit = log(effect / (1 - effect))
    return ConfidenceInterval(
      level: level, lower: 1 / (1 + exp(half - logit)), upper: 1 / (1 + exp(-half - logit)))
  }

  /// log p for "the canary is not worse by the margin" on the scale of the effect: that it exceeds
  /// ½ − margin when higher is better, or stays below ½ + margin when lower is. By the same t
  /// statistic on the logit scale as the interval.
  ///
  /// - Throws: `invalidMargin` unless the margin lies in (0, ½); `zeroVariance` where the
  ///   placements do not vary.
  package func logP(
    notWorseBy margin: Double, higherIsBetter: Bool
  ) throws(NotComputable) -> Double {
    guard margin > 0, margin < 0.5 else { throw .invalidMargin }
    guard let spread = logitSpread else { throw .zeroVariance }
    let limit = higherIsBetter ? 0.5 - margin : 0.5 + margin
    let distance = log(effect / (1 - effect)) - log(limit / (1 - limit))
    let tails = StudentT(degreesOfFreedom: spread.degreesOfFreedom)
      .tails(at: distance / spread.standardError)
    return higherIsBetter ? tails.logUpper : tails.logLower
  }

  /// The standard error of the effect's logit and its degrees of freedom; nil where it has none.
  private var logitSpread: (standardError: Double, degreesOfFreedom: Double)? {
    let (m, n) = (samples.canary, samples.baseline)
    let theta = effect
    guard m > 1, n > 1, theta > 0, theta < 1 else { return nil }
    let (first, second) = placementVariances()
    let (v1, v2) = (first / m, second / n)
    let variance = v1 + v2
    guard variance > 0 else { return nil }
    let (w1, w2) = (v1 / variance, v2 / variance)
    return (
      variance.squareRoot() / (theta * (1 - theta)),
      1 / (w1 * w1 / (m - 1) + w2 * w2 / (n - 1))
    )
  }

  /// The variances of the placements of canary values among baseline values and the reverse.
  private func placementVariances() -> (canary: Double, baseline: Double) {
    let (m, n) = (samples.canary, samples.baseline)
    let theta = effect
    var (first, second) = (CompensatedSum(), CompensatedSum())
    var (canaryBelow, baselineBelow) = (0.0, 0.0)
    for (a, b) in groups {
      let canaryPlacement = (baselineBelow + 0.5 * b) / n - theta
      let baselinePlacement = 1 - (canaryBelow + 0.5 * a) / m - theta
      first.add(a * canaryPlacement * canaryPlacement)
      second.add(b * baselinePlacement * baselinePlacement)
      canaryBelow += a
      baselineBelow += b
    }
    return (first.result / (m - 1), second.result / (n - 1))
  }

  /// All effects θ with |effect − θ| ≤ z √V(θ), V from exponential arms with mean size (m + n)/2.
  private func scoreTypeInterval(level: Double) -> ConfidenceInterval {
    let (m, n) = (samples.canary, samples.baseline)
    let z = Normal.standard.inverseSurvival((1 - level) / 2)
    let size = 0.5 * (m + n) - 1
    func isInside(_ theta: Double) -> Bool {
      let shape = 1 + size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
      let variance = theta * (1 - theta) * shape / (m * n)
      return abs(effect - theta) <= z * variance.squareRoot()
    }
    func edge(towards limit: Double) -> Double {
      var (inside, outside) = (effect, limit)
      for _ in 0..<60 {
        let middle = (inside + outside) / 2
        if isInside(middle) { inside = middle } else { outside = middle }
      }
      return outside
    }
    return ConfidenceInterval(
      level: level, lower: effect == 0 ? 0 : edge(towards: 0),
      upper: effect == 1 ? 1 : edge(towards: 1))
  }

  /// The comparison with the arms exchanged.
  init(exchanging other: MannWhitneyTest) {
    self.init(groups: other.groups.map { (canary: $0.baseline, baseline: $0.canary) })
  }
}
