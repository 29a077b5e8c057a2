import Glibc

/// One scrape reduced to what stages, noise estimates and null paths need of it.
///
/// Scores and information are those of the log odds ratio (of the log rate ratio for rates) at no
/// difference, given the totals of the stratum: U = k − K s, and I its variance, hypergeometric
/// for shares and binomial for rates.
struct Stratum: Sendable {
  /// What the pods of one arm contributed.
  struct Arm: Sendable {
    /// Ascending.
    var ids: [Int] = []
    var trials: [Double] = []
    var events: [Double] = []
    var (trialSum, eventSum) = (0.0, 0.0)
    /// For each pod its score against its own arm, that score's variance by chance, and the
    /// information of its log odds; empty for fewer than two pods.
    var (scores, variances, information) = ([Double](), [Double](), [Double]())
    /// For each pod its score against both arms together.
    var pooledScores: [Double] = []

    init(capacity: Int) {
      ids.reserveCapacity(capacity)
      trials.reserveCapacity(capacity)
      events.reserveCapacity(capacity)
    }

    mutating func append(_ id: Int, events podEvents: Double, trials podTrials: Double) {
      guard podTrials > 0 else { return }
      ids.append(id)
      trials.append(podTrials)
      events.append(podEvents)
      trialSum += podTrials
      eventSum += podEvents
    }

    mutating func pool(rate: Double) {
      pooledScores = ids.indices.map { events[$0] - trials[$0] * rate }
    }

    /// Puts the pods in order and compares each with its arm.
    ///
    /// - Parameter unit: the variance of one trial, by the arm's rate where nil.
    mutating func finish(areShares: Bool = true, unit given: Double? = nil) {
      for index in ids.indices.dropFirst() where ids[index] <= ids[index - 1] {
        let order = ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) }
        (ids, trials, events) = (
          order.map { ids[$0] }, order.map { trials[$0] }, order.map { events[$0] }
        )
        break
      }
      guard ids.count > 1 else { return }
      let rate = eventSum / trialSum
      let unit = given ?? (areShares ? rate * (1 - rate) : rate)
      for index in ids.indices {
        let information = trials[index] * unit
        scores.append(events[index] - trials[index] * rate)
        self.information.append(information)
        variances.append(information * (1 - trials[index] / trialSum))
      }
    }
  }

  var canary: Arm
  var stable: Arm
  /// The canary's share s of the trials.
  var share = 0.0
  var (score, scoreVariance) = (0.0, 0.0)

  /// Whether both arms have trials, without which a stratum compares nothing.
  var compares: Bool { canary.trialSum > 0 && stable.trialSum > 0 }

  /// Bad events of all, by pod.
  init(_ scrape: Scrape<Proportion>) throws(NotComputable) {
    canary = Arm(capacity: scrape.canary.count)
    stable = Arm(capacity: scrape.stable.count)
    for pod in scrape.canary {
      canary.append(pod.id, events: pod.reading.events, trials: pod.reading.trials)
    }
    for pod in scrape.stable {
      stable.append(pod.id, events: pod.reading.events, trials: pod.reading.trials)
    }
    finish(areShares: true)
  }

  /// Events over an exposure, by pod.
  init(_ scrape: Scrape<EventRate>) throws(NotComputable) {
    canary = Arm(capacity: scrape.canary.count)
    stable = Arm(capacity: scrape.stable.count)
    for pod in scrape.canary {
      canary.append(pod.id, events: pod.reading.events, trials: pod.reading.exposure)
    }
    for pod in scrape.stable {
      stable.append(pod.id, events: pod.reading.events, trials: pod.reading.exposure)
    }
    finish(areShares: false)
  }

  /// Buckets, by pod, as the score of a change that has weight `weights` in each.
  ///
  /// - Parameters:
  ///   - mean: of the weights over all observations of the stratum.
  ///   - variance: of the same.
  init(_ scrape: Scrape<[Double]>, weights: [Double], mean: Double, variance: Double) {
    canary = Arm(capacity: scrape.canary.count)
    stable = Arm(capacity: scrape.stable.count)
    func sums(_ counts: [Double]) -> (trials: Double, weighted: Double) {
      var (trials, weighted) = (0.0, 0.0)
      for index in counts.indices {
        trials += counts[index]
        weighted += counts[index] * (weights[index] - mean)
      }
      return (trials, weighted)
    }
    for pod in scrape.canary {
      let sums = sums(pod.reading)
      canary.append(pod.id, events: sums.weighted, trials: sums.trials)
    }
    for pod in scrape.stable {
      let sums = sums(pod.reading)
      stable.append(pod.id, events: sums.weighted, trials: sums.trials)
    }
    canary.finish(unit: variance)
    stable.finish(unit: variance)
    guard compares else { return }
    // Weights have the mean 0 over both arms.
    canary.pool(rate: 0)
    stable.pool(rate: 0)
    let trials = canary.trialSum + stable.trialSum
    share = canary.trialSum / trials
    score = canary.eventSum
    scoreVariance = trials * variance * share * (1 - share)
  }

  private mutating func finish(areShares: Bool) {
    canary.finish(areShares: areShares)
    stable.finish(areShares: areShares)
    guard compares else { return }
    let trials = canary.trialSum + stable.trialSum
    let events = canary.eventSum + stable.eventSum
    share = canary.trialSum / trials
    score = canary.eventSum - events * share
    canary.pool(rate: events / trials)
    stable.pool(rate: events / trials)
    scoreVariance = events * share * (1 - share)
    if areShares { scoreVariance *= trials > 1 ? max(0, trials - events) / (trials - 1) : 0 }
  }
}
