import Glibc

/// One scrape reduced to what stages, noise estimates and null paths need of it.
///
/// Scores and information are those of the log odds ratio (of the log rate ratio for rates) at no
/// difference, given the totals of the stratum: U = k − K s, and I its variance, hypergeometric
/// for shares and binomial for rates.
struct Stratum: Sendable {
  /// What one pod contributed.
  struct Pod: Sendable {
    var id: Int
    var trials: Double
    var events: Double
  }

  /// What the pods of one arm contributed.
  struct Arm: Sendable {
    /// Ascending by id.
    private(set) var pods: [Pod] = []
    private(set) var (trialSum, eventSum) = (0.0, 0.0)
    /// The arm's own rate, and the variance of one trial by it.
    private(set) var (rate, unit) = (0.0, 0.0)
    /// The rate of both arms together.
    fileprivate(set) var pooledRate = 0.0

    init(capacity: Int) { pods.reserveCapacity(capacity) }

    mutating func append(_ id: Int, events: Double, trials: Double) {
      guard trials > 0 else { return }
      pods.append(Pod(id: id, trials: trials, events: events))
      trialSum += trials
      eventSum += events
    }

    /// Puts the pods in order.
    ///
    /// - Parameter unit: the variance of one trial, by the arm's rate where nil.
    mutating func finish(areShares: Bool = true, unit given: Double? = nil) {
      for index in pods.indices.dropFirst() where pods[index].id <= pods[index - 1].id {
        pods.sort { $0.id < $1.id }
        break
      }
      guard trialSum > 0 else { return }
      rate = eventSum / trialSum
      unit = given ?? (areShares ? rate * (1 - rate) : rate)
    }

    /// A pod's score against its own arm, that score's variance by chance, and the information of
    /// its log odds.
    func own(_ pod: Pod) -> (score: Double, variance: Double, information: Double) {
      let information = pod.trials * unit
      return (
        pod.events - pod.trials * rate, information * (1 - pod.trials / trialSum), information
      )
    }

    /// A pod's score against both arms together.
    func pooledScore(_ pod: Pod) -> Double { pod.events - pod.trials * pooledRate }
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
    // Weights have the mean 0 over both arms, which is the pooled rate.
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
    canary.pooledRate = events / trials
    stable.pooledRate = events / trials
    scoreVariance = events * share * (1 - share)
    if areShares { scoreVariance *= trials > 1 ? max(0, trials - events) / (trials - 1) : 0 }
  }
}
