import Glibc

/// A stretch of a rollout in which both arms kept their pods, summed up.
struct RolloutStage: Sendable, Hashable {
  /// What each pod of an arm had of the arm's trials.
  struct Pods: Sendable, Hashable {
    /// Ascending.
    var ids: [Int]
    var trials: [Double]
    var sum: Double

    /// Σ of the products of shares over the pods that both have: the variance of the arm's mean
    /// effect (covariance for two stages), for pods with variance 1.
    func overlap(with other: Pods) -> Double {
      var (i, j, total) = (0, 0, 0.0)
      while i < ids.count, j < other.ids.count {
        if ids[i] == other.ids[j] {
          total += trials[i] * other.trials[j]
          i += 1
          j += 1
        } else if ids[i] < other.ids[j] {
          i += 1
        } else {
          j += 1
        }
      }
      return sum > 0 && other.sum > 0 ? total / (sum * other.sum) : 0
    }

    mutating func merge(_ other: Pods) {
      var merged = Pods(ids: [], trials: [], sum: sum + other.sum)
      var (i, j) = (0, 0)
      while i < ids.count || j < other.ids.count {
        let left = i < ids.count ? ids[i] : .max
        let right = j < other.ids.count ? other.ids[j] : .max
        merged.ids.append(min(left, right))
        var count = 0.0
        if left <= right {
          count += trials[i]
          i += 1
        }
        if right <= left {
          count += other.trials[j]
          j += 1
        }
        merged.trials.append(count)
      }
      self = merged
    }
  }

  var canary: Pods
  var stable: Pods
  var looks = 0.0
  /// Σ U, Σ I, and Σ I s: see `Stratum`.
  var (score, information, weightedShare) = (0.0, 0.0, 0.0)

  init(_ stratum: Stratum) {
    canary = Pods(ids: stratum.canary.ids, trials: stratum.canary.trials, sum: 0)
    stable = Pods(ids: stratum.stable.ids, trials: stratum.stable.trials, sum: 0)
    canary.trials = canary.trials.map { _ in 0 }
    stable.trials = stable.trials.map { _ in 0 }
    add(stratum)
  }

  func hasPods(of stratum: Stratum) -> Bool {
    canary.ids == stratum.canary.ids && stable.ids == stratum.stable.ids
  }

  /// Adds a stratum with the same pods.
  mutating func add(_ stratum: Stratum) {
    for index in canary.trials.indices { canary.trials[index] += stratum.canary.trials[index] }
    for index in stable.trials.indices { stable.trials[index] += stratum.stable.trials[index] }
    canary.sum += stratum.canary.trialSum
    stable.sum += stratum.stable.trialSum
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

  /// How much larger the canary's count is at a log odds ratio δ, and the slope of that.
  ///
  /// The conditional law of a binomial with share s and as many events as give the information I:
  /// I/(s (1 − s)) (s e^δ/(1 − s + s e^δ) − s).
  func excess(at delta: Double) -> (value: Double, slope: Double, logPartition: Double) {
    let s = share
    let events = information / (s * (1 - s))
    let grown = s * expm1(delta)
    let tilted = (s + grown) / (1 + grown)
    return (
      events * (tilted - s), events * tilted * (1 - tilted), events * (log1p(grown) - s * delta)
    )
  }
}

/// The stages of a rollout so far, few enough to be looked at after every scrape.
struct StageLedger: Sendable, Hashable {
  private(set) var stages: [RolloutStage] = []
  /// More stages than this and the two neighbours with the least information become one.
  private static let limit = 12

  /// What became of the stages by adding a stratum.
  enum Change {
    case same
    case opened
    /// The stage at the index took in the one after it, and then one was opened.
    case merged(Int)
  }

  mutating func add(_ stratum: Stratum) -> Change {
    if let last = stages.indices.last, stages[last].hasPods(of: stratum) {
      stages[last].add(stratum)
      return .same
    }
    var change = Change.opened
    if stages.count == Self.limit {
      let pairs = stages.indices.dropLast()
      let index =
        pairs.min {
          stages[$0].information + stages[$0 + 1].information
            < stages[$1].information + stages[$1 + 1].information
        } ?? 0
      stages[index].merge(stages[index + 1])
      stages.remove(at: index + 1)
      change = .merged(index)
    }
    stages.append(RolloutStage(stratum))
    return change
  }

  var information: Double { stages.reduce(0) { $0 + $1.information } }

  /// The covariances of what the arms differ by of themselves, stage by stage, row by row.
  func covariance(_ floor: NoiseFloor) -> [Double] {
    let count = stages.count
    var matrix = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        let (a, b) = (stages[row], stages[column])
        var value =
          floor.podVariance
          * (a.canary.overlap(with: b.canary) + a.stable.overlap(with: b.stable))
        if row == column { value += floor.timeVariance(ofMeanOver: a.looks) }
        matrix[row * count + column] = value
        matrix[column * count + row] = value
      }
    }
    return matrix
  }
}
