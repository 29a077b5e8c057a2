internal import Glibc
internal import Statistics

/// What pods of one version differ by of themselves: the floor under which a difference between a
/// few canary pods and a few stable pods proves nothing.
///
/// Estimated from the stable pods, and only where they differ by more than chance (1 %), since an
/// estimate from a few pods would cost much where pods are alike. A canary of one pod can then be
/// judged only on differences larger than one pod may show by nature.
struct PodNoise: Equatable {
  /// How much more the stable pods differ than chance lets them: Pearson's dispersion, 1 where they
  /// are alike. Nil for fewer than two pods or without events.
  var dispersion: Double?
  /// The ratio of rates that pods show by nature with the chance given; at least 1.
  var ratio = 1.0

  /// - Parameter chance: the chance with which pods by themselves may differ by more.
  init(stable pods: [Proportion], canaryPods: Int, chance: Double) {
    guard let spread = try? Overdispersion(pods: pods) else { return }
    dispersion = spread.binomialDispersion
    guard spread.logHeterogeneityP < log(0.01), canaryPods > 0 else { return }
    // What the dispersion φ is beyond 1 is the pods' own variance: (φ - 1) p q / n for shares with
    // n trials a pod, so (φ - 1) q / (p n) for their logarithms. Not the Poisson form, which has
    // nothing left where most trials are events, as beyond the lowest bounds of a histogram.
    let trials = pods.reduce(0) { $0 + $1.trials } / Double(spread.podCount)
    let rate = spread.fraction
    let variance = (spread.binomialDispersion - 1) * (1 - rate) / (rate * trials)
    guard variance > 0 else { return }
    let share = 1 / Double(canaryPods) + 1 / Double(spread.podCount)
    let quantile = StudentT(degreesOfFreedom: Double(spread.podCount - 1))
      .inverseSurvival(chance)
    ratio = exp(quantile * (variance * share).squareRoot())
  }

  /// One stratum of both arms with the floor taken off: equal rates now mean that the canary is
  /// worse by the floor. More trials for the arm that would be worse, its events unchanged, which
  /// keeps an e-value one (a binomial of fewer trials is less spread; W. Hoeffding, JASA 58, 1963).
  func discounted(
    canary: Proportion, stable: Proportion, _ alternative: Alternative
  ) throws(NotComputable) -> (canary: Proportion, stable: Proportion) {
    guard ratio > 1 else { return (canary, stable) }
    if alternative == .less {
      let widened = try Proportion(events: stable.events, trials: stable.trials * ratio)
      return (canary, widened)
    }
    let widened = try Proportion(events: canary.events, trials: canary.trials * ratio)
    return (widened, stable)
  }
}

/// How far the ranks of single pods stray, as `PodNoise` for `P(canary is larger)`.
struct PodRankNoise: Equatable {
  /// The standard deviation of a pod's effect beyond chance; 0 where pods are alike.
  var deviation = 0.0
  var podCount = 0

  /// Compares each stable pod with all of them.
  init(stable: HistogramArm) {
    var effects: [Double] = []
    var chance = 0.0
    for pod in stable.pods {
      guard let one = try? BucketCounts(upperBounds: stable.bounds, cumulative: pod.counts),
        let all = try? BucketCounts(upperBounds: stable.bounds, cumulative: stable.total),
        let test = try? MannWhitneyTest(canary: one, baseline: all)
      else { continue }
      effects.append(test.effect)
      let pairs = test.samples.canary * test.samples.baseline
      chance += test.variance / (pairs * pairs)
    }
    podCount = effects.count
    guard podCount > 1 else { return }
    let variance = Moments(of: effects).variance
    deviation = max(0, variance - chance / Double(podCount)).squareRoot()
  }

  /// An interval of the effect, widened by what pods differ by of themselves.
  func widened(
    _ interval: ConfidenceInterval, around effect: Double, canaryPods: Int
  ) -> ConfidenceInterval {
    guard deviation > 0, canaryPods > 0, podCount > 1 else { return interval }
    let quantile = StudentT(degreesOfFreedom: Double(podCount - 1))
      .inverseSurvival((1 - interval.level) / 2)
    let share = 1 / Double(canaryPods) + 1 / Double(podCount)
    let reach = quantile * deviation * share.squareRoot()
    return ConfidenceInterval(
      level: interval.level, lower: max(0, effect - hypot(effect - interval.lower, reach)),
      upper: min(1, effect + hypot(interval.upper - effect, reach)))
  }
}
