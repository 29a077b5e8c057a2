import Glibc

/// What pods and times differ by of themselves, estimated as a rollout goes.
///
/// Pods: each pod's score against its own arm, u = Σ (k − n p̂), has by chance the variance v, and
/// τ² w² more when log odds of pods vary by τ², w = Σ n p̂ (1 − p̂); so by moments
/// τ² = Σ (u²/v − 1) / Σ w (R. DerSimonian, N. Laird, Control. Clin. Trials 7, 1986, eq. 8, for
/// scores). Stratified by scrape: rates may drift. A new version that is worse doesn't enter,
/// since pods are compared within their arm.
///
/// Time: the scores of successive scrapes of a stage, less their mean, are independent by chance;
/// Σ U_t U_{t−j} / Σ I_t I_{t−j} estimates the autocovariance of the arms' difference at lag j.
struct NoiseEstimate: Sendable, Hashable {
  /// Pods by id: score, variance of the score, information.
  private var pods: [Int: Int] = [:]
  private var (scores, variances, information) = ([Double](), [Double](), [Double]())
  private var (canaryPods, stablePods) = (0, 0)
  /// The ids of the last scrape's stable pods, which usually are those of the next.
  private var lastIDs: [Int] = []
  private var lastPlaces: [Int] = []
  private var time = LagSums()
  private var gate = Gate(degrees: 0)

  /// Quantiles of χ² that decide whether pods differ, kept because they are asked at every scrape.
  private struct Gate: Sendable, Hashable {
    var degrees: Double
    /// Pods count as different when chance makes them differ as much once in ten.
    var critical = Double.infinity
    var quartile = 1.0

    init(degrees: Double) {
      self.degrees = degrees
      guard degrees > 0 else { return }
      let law = ChiSquared(degreesOfFreedom: degrees)
      (critical, quartile) = (law.inverseSurvival(0.1), law.quantile(0.25))
    }
  }

  /// Pods that were seen beside others of their arm.
  var podCount: Int { scores.count }

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
    guard arm.ids.count > 1 else { return 0 }
    let known = scores.count
    if lastIDs != arm.ids {
      lastPlaces = arm.ids.map { id in
        if let place = pods[id] { return place }
        let place = scores.count
        pods[id] = place
        scores.append(0)
        variances.append(0)
        information.append(0)
        return place
      }
      lastIDs = arm.ids
    }
    for (index, place) in lastPlaces.enumerated() {
      scores[place] += arm.scores[index]
      variances[place] += arm.variances[index]
      information[place] += arm.information[index]
    }
    return scores.count - known
  }

  /// Σ u²/v and the number of its terms, and the information in all.
  private var spread: (statistic: Double, count: Double, information: Double) {
    var (statistic, count, total) = (0.0, 0.0, 0.0)
    for index in scores.indices where variances[index] > 0 {
      statistic += scores[index] * scores[index] / variances[index]
      count += 1
      total += information[index]
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
    let (variance, longRun, _) = time.estimate
    return NoiseFloor(
      podVariance: pods, timeVariance: variance, timeLongRunVariance: longRun)
  }

  /// The estimate for a decision: nothing where pods and times differ by no more than chance, and
  /// else more than the estimate, because a few pods tell little about how pods differ.
  ///
  /// The statistic is divided by the lower quartile of its law, which is χ²/ν.
  var cautious: NoiseFloor {
    let (statistic, count, total) = spread
    let degrees = degreesOfFreedom
    var pods = 0.0
    if degrees > 0, total > 0, statistic > count {
      if statistic * degrees / count > gate.critical {
        pods = max(0, (statistic * degrees / gate.quartile - count) / total)
      }
    }
    let (variance, longRun, z) = time.estimate
    let isShown = z > Self.timeGate
    return NoiseFloor(
      podVariance: pods, timeVariance: isShown ? variance : 0,
      timeLongRunVariance: isShown ? longRun : 0)
  }

  /// Times count as different at one in twenty, in standard deviations.
  private static let timeGate = 1.644853626951473
}

/// Products of scores, and of their information, at the first lags.
private struct LagSums: Sendable, Hashable {
  static let lags = 8
  /// The last scrapes of this stage, the newest last.
  private var (recentScores, recentInformation) = ([Double](), [Double]())
  /// By lag: Σ U U, Σ (U I + I U), Σ I I of this stage.
  private var (products, mixed, squares) = (zeros, zeros, zeros)
  private var (scoreSum, informationSum) = (0.0, 0.0)
  /// Of the stages before, with their means taken out.
  private var (closedProducts, closedSquares) = (zeros, zeros)

  private static var zeros: [Double] { [Double](repeating: 0, count: lags) }

  mutating func append(_ score: Double, _ information: Double) {
    let count = recentScores.count
    for lag in 0..<count {
      let earlier = count - 1 - lag
      products[lag] += score * recentScores[earlier]
      mixed[lag] += score * recentInformation[earlier] + information * recentScores[earlier]
      squares[lag] += information * recentInformation[earlier]
    }
    if count == Self.lags {
      recentScores.removeFirst()
      recentInformation.removeFirst()
    }
    recentScores.append(score)
    recentInformation.append(information)
    scoreSum += score
    informationSum += information
  }

  /// The sums of this stage as if its mean difference had been taken out of every score.
  private var centred: [Double] {
    guard informationSum > 0 else { return Self.zeros }
    let mean = scoreSum / informationSum
    return products.indices.map { products[$0] - mean * (mixed[$0] - mean * squares[$0]) }
  }

  mutating func close() {
    let centred = centred
    for lag in 0..<Self.lags {
      closedProducts[lag] += centred[lag]
      closedSquares[lag] += squares[lag]
    }
    (products, mixed, squares) = (Self.zeros, Self.zeros, Self.zeros)
    (scoreSum, informationSum) = (0, 0)
    (recentScores, recentInformation) = ([], [])
  }

  /// The variance at one scrape (that of lag 1, as the one of lag 0 isn't told from chance), the
  /// long-run variance, and how far the lags together are from nothing.
  var estimate: (variance: Double, longRun: Double, z: Double) {
    let centred = centred
    var (covariances, sum, variance) = ([Double](), 0.0, 0.0)
    for lag in 0..<Self.lags {
      let square = closedSquares[lag] + squares[lag]
      let product = closedProducts[lag] + centred[lag]
      covariances.append(square > 0 ? product / square : 0)
      sum += product
      variance += square
    }
    guard variance > 0 else { return (0, 0, 0) }
    let first = max(0, covariances.prefix(2).reduce(0, +) / 2)
    let longRun = max(first, first + 2 * covariances.reduce(0, +))
    return (first, first > 0 ? longRun : 0, sum / variance.squareRoot())
  }
}
