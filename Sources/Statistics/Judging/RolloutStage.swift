import Glibc

/// A stretch of a rollout in which both arms kept their pods, summed up.
struct RolloutStage: Sendable, Hashable {
  /// What the pods of an arm had.
  struct Pods: Sendable, Hashable {
    /// Ascending.
    var ids: [Int]
    var trials: [Double]
    /// Σ (k − n p̂) with p̂ the rate of both arms in each scrape.
    var scores: [Double]
    var sum = 0.0

    init(of arm: Stratum.Arm) {
      ids = arm.ids
      trials = ids.map { _ in 0 }
      scores = trials
    }

    mutating func add(_ arm: Stratum.Arm) {
      for index in trials.indices {
        trials[index] += arm.trials[index]
        scores[index] += arm.pooledScores[index]
      }
      sum += arm.trialSum
    }

    mutating func merge(_ other: Pods) {
      var places: [Int: Int] = [:]
      for (index, id) in ids.enumerated() { places[id] = index }
      for (index, id) in other.ids.enumerated() {
        if let place = places[id] {
          trials[place] += other.trials[index]
          scores[place] += other.scores[index]
        } else {
          ids.append(id)
          trials.append(other.trials[index])
          scores.append(other.scores[index])
        }
      }
      sum += other.sum
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
    canary.ids == stratum.canary.ids && stable.ids == stratum.stable.ids
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
struct StageLedger: Sendable, Hashable {
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
