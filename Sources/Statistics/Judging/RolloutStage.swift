import Glibc

/// A stretch of a rollout in which both arms kept their pods, summed up.
struct RolloutStage: Sendable, Hashable, Codable {
  /// What one pod had.
  struct Pod: Sendable, Hashable, Codable {
    var id: Int
    var trials = 0.0
    /// Σ (k − n p̂) with p̂ the rate of both arms in each scrape.
    var score = 0.0

    mutating func add(_ other: Pod) {
      trials += other.trials
      score += other.score
    }
  }

  /// What the pods of an arm had.
  struct Pods: Sendable, Hashable, Codable {
    /// In one order as long as the stage lasts.
    private(set) var each: [Pod]
    private(set) var trials = 0.0

    init(of arm: Stratum.Arm) { each = arm.pods.map { Pod(id: $0.id) } }

    func areThose(of arm: Stratum.Arm) -> Bool {
      each.count == arm.pods.count && zip(each, arm.pods).allSatisfy { $0.id == $1.id }
    }

    mutating func add(_ arm: Stratum.Arm) {
      for (index, pod) in zip(each.indices, arm.pods) {
        each[index].add(Pod(id: pod.id, trials: pod.trials, score: arm.pooledScore(pod)))
      }
      trials += arm.trialSum
    }

    mutating func merge(_ other: Pods) {
      for pod in other.each {
        if let place = each.firstIndex(where: { $0.id == pod.id }) {
          each[place].add(pod)
        } else {
          each.append(pod)
        }
      }
      trials += other.trials
    }
  }

  var canary: Pods
  var stable: Pods
  var looks = 0.0
  /// Σ U, Σ I, and Σ I s: see `Stratum`.
  var (score, information, weightedShare) = (0.0, 0.0, 0.0)

  init(_ stratum: Stratum) {
    canary = Pods(of: stratum.canary)
    stable = Pods(of: stratum.stable)
    add(stratum)
  }

  func hasPods(of stratum: Stratum) -> Bool {
    canary.areThose(of: stratum.canary) && stable.areThose(of: stratum.stable)
  }

  /// Adds a stratum with the same pods.
  mutating func add(_ stratum: Stratum) {
    canary.add(stratum.canary)
    stable.add(stratum.stable)
    looks += 1
    score += stratum.score
    information += stratum.scoreVariance
    weightedShare += stratum.scoreVariance * stratum.share
  }

  mutating func merge(_ other: RolloutStage) {
    canary.merge(other.canary)
    stable.merge(other.stable)
    looks += other.looks
    score += other.score
    information += other.information
    weightedShare += other.weightedShare
  }

  /// The canary's share of the trials, weighted by information.
  var share: Double { information > 0 ? weightedShare / information : 0.5 }

  /// The logarithm of the partition function of the conditional law at a log odds ratio b, less
  /// its slope at 0: that of a binomial with share s and as many events as give the information.
  func logPartition(at b: Double) -> Double {
    let s = share
    return information / (s * (1 - s)) * (log1p(s * expm1(b)) - s * b)
  }

  /// Its slope by b.
  func partitionSlope(at b: Double) -> Double {
    let s = share
    let grown = s * expm1(b)
    return information / (s * (1 - s)) * ((s + grown) / (1 + grown) - s)
  }
}

/// The stages of a rollout so far, few enough to be looked at after every scrape.
struct StageLedger: Sendable, Hashable, Codable {
  private(set) var stages: [RolloutStage] = []
  /// More stages than this and the two neighbours with the least information become one.
  private static let limit = 12

  /// - Returns: whether a stage was opened for it.
  mutating func add(_ stratum: Stratum) -> Bool {
    if let last = stages.indices.last, stages[last].hasPods(of: stratum) {
      stages[last].add(stratum)
      return false
    }
    if stages.count == Self.limit {
      let index =
        stages.indices.dropLast().min {
          stages[$0].information + stages[$0 + 1].information
            < stages[$1].information + stages[$1 + 1].information
        } ?? 0
      stages[index].merge(stages[index + 1])
      stages.remove(at: index + 1)
    }
    stages.append(RolloutStage(stratum))
    return true
  }

  var information: Double { stages.reduce(0) { $0 + $1.information } }
}
