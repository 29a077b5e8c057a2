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

    /// Puts the pods in order and compares each with its arm.
    mutating func finish(areShares: Bool) {
      for index in ids.indices.dropFirst() where ids[index] <= ids[index - 1] {
        let order = ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) }
        (ids, trials, events) = (
          order.map { ids[$0] }, order.map { trials[$0] }, order.map { events[$0] }
        )
        break
      }
      guard ids.count > 1 else { return }
      let rate = eventSum / trialSum
      let unit = areShares ? rate * (1 - rate) : rate
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

  private mutating func finish(areShares: Bool) {
    canary.finish(areShares: areShares)
    stable.finish(areShares: areShares)
    guard compares else { return }
    let trials = canary.trialSum + stable.trialSum
    let events = canary.eventSum + stable.eventSum
    share = canary.trialSum / trials
    score = canary.eventSum - events * share
    scoreVariance = events * share * (1 - share)
    if areShares { scoreVariance *= trials > 1 ? max(0, trials - events) / (trials - 1) : 0 }
  }
}
