import Glibc

/// What pods and times differ by of themselves, estimated as a rollout goes.
///
/// Pods: each pod's score against its own arm, u = Σ (k − n p̂), has by chance the variance v, and
/// τ² w² more when log odds of pods vary by τ², w = Σ n p̂ (1 − p̂); so by moments
/// τ² = Σ (u²/v − 1) / Σ w (R. DerSimonian, N. Laird, Control. Clin. Trials 7, 1986, eq. 8, for
/// scores). Stratified by scrape: rates may drift. A new version that is worse doesn't enter,
/// since pods are compared within their arm.
///
/// Time: see `LagSums`.
struct NoiseEstimate: Sendable, Hashable, Codable {
  /// One pod over all its scrapes.
  private struct Pod: Sendable, Hashable, Codable {
    var id: Int
    /// u, v and w.
    var score = 0.0
    var variance = 0.0
    var information = 0.0
  }

  private var pods: [Pod] = []
  private var canaryPods = 0
  private var stablePods = 0
  private var time = LagSums()
  private var gate = Gate(degrees: 0)

  /// Quantiles of χ² that decide whether pods differ, kept because they are asked at every scrape.
  private struct Gate: Sendable, Hashable {
    var degrees: Double
    /// Pods count as different when chance makes them differ as much once in four.
    var critical = Double.greatestFiniteMagnitude
    var quartile = 1.0

    init(degrees: Double) {
      self.degrees = degrees
      guard degrees > 0 else { return }
      let law = ChiSquared(degreesOfFreedom: degrees)
      (critical, quartile) = (law.inverseSurvival(0.25), law.quantile(0.25))
    }
  }

  /// Not what can be looked up again.
  private enum CodingKeys: CodingKey { case pods, canaryPods, stablePods, time }

  /// Pods that were seen beside others of their arm.
  var podCount: Int { pods.count }

  mutating func observe(_ stratum: Stratum) {
    canaryPods += add(stratum.canary)
    stablePods += add(stratum.stable)
    if gate.degrees != degreesOfFreedom { gate = Gate(degrees: degreesOfFreedom) }
    if stratum.compares { time.append(stratum.score, stratum.scoreVariance) }
  }

  /// The arms have other pods now: what they differ by isn't a matter of time.
  mutating func beginStage() { time.close() }

  /// - Returns: how many pods were new.
  private mutating func add(_ arm: Stratum.Arm) -> Int {
    guard arm.pods.count > 1 else { return 0 }
    let known = pods.count
    // Where a pod is comes after where the one before is, as long as no pod comes or goes.
    var next = 0
    for pod in arm.pods {
      let place = place(of: pod.id, near: next)
      let own = arm.own(pod)
      pods[place].score += own.score
      pods[place].variance += own.variance
      pods[place].information += own.information
      next = place + 1
    }
    return pods.count - known
  }

  private mutating func place(of id: Int, near guess: Int) -> Int {
    if guess < pods.count, pods[guess].id == id { return guess }
    if let place = pods.firstIndex(where: { $0.id == id }) { return place }
    pods.append(Pod(id: id))
    return pods.count - 1
  }

  /// Σ u²/v and the number of its terms, and the information in all.
  private var spread: (statistic: Double, count: Double, information: Double) {
    var (statistic, count, total) = (0.0, 0.0, 0.0)
    for pod in pods where pod.variance > 0 {
      statistic += pod.score * pod.score / pod.variance
      count += 1
      total += pod.information
    }
    return (statistic, count, total)
  }

  private var degreesOfFreedom: Double {
    Double(max(0, canaryPods - 1) + max(0, stablePods - 1))
  }

  /// The estimate as it is, for a history that is long enough.
  var likeliest: NoiseFloor {
    let (statistic, count, total) = spread
    let pods = total > 0 ? max(0, (statistic - count) / total) : 0
    let time = time.likeliest
    return NoiseFloor(
      podVariance: pods, timeVariance: time.variance, timeLongRunVariance: time.longRun)
  }

  /// What is added to an estimate out of caution ends here: pods that differ by 45 %.
  private static let podVarianceMax = 0.2

  /// The estimate for a decision: nothing where pods and times differ by no more than chance, and
  /// else more than the estimate, because a few pods tell little about how pods differ.
  ///
  /// The statistic is divided by the lower quartile of its law, which is χ²/ν.
  var cautious: NoiseFloor {
    let (statistic, count, total) = spread
    let degrees = degreesOfFreedom
    var pods = 0.0
    if degrees > 0, total > 0 {
      let scaled = statistic * degrees / count
      if scaled > gate.critical {
        let likeliest = max(0, (statistic - count) / total)
        let most = max(0, (scaled * count / gate.quartile - count) / total)
        pods = max(likeliest, min(most, Self.podVarianceMax))
      }
    }
    let time = time.cautious
    return NoiseFloor(
      podVariance: pods, timeVariance: time.variance, timeLongRunVariance: time.longRun)
  }
}
