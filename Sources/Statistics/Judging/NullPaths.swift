import Glibc

/// Rollouts in which nothing is worse, drawn beside the real one: the Fast mode's boundary.
///
/// Given how many events a stratum had in both arms together, the canary's count without a
/// difference is hypergeometric (binomial for rates): the paths are draws from that law, one count
/// per path and stratum, so with the real rollout they are exchangeable. At each look the paths
/// whose statistic is largest are struck out, as many of them as the plan lets the error budget
/// spend by then, and the canary is worse when the real rollout would be among them. Since it is
/// as likely as any path to be struck out, the chance of that without a difference is at most α,
/// for any number of paths (G. Barnard's Monte Carlo test, JRSS B 25, 1963, with K. Lan and
/// D. DeMets' spending, Biometrika 70, 1983).
///
/// Noise of pods and times is drawn per path too: effects of the stages with the covariance of the
/// noise floor, added to the scores as `RolloutStage.excess` says.
struct NullPaths: Sendable, Hashable {
  let plan: LookPlan
  let alpha: Double
  let count: Int
  private var generator: SeededGenerator
  /// By stage and path: the score, and a standard normal for the noise.
  private var scores: [[Double]] = []
  private var normals: [[Double]] = []
  /// The paths that have not been struck out.
  private var alive: [Int32]
  private(set) var looks = 0
  /// Whether the real rollout was struck out.
  private(set) var isStruckOut = false
  /// How many of all still alive have a statistic at least as large as the real one, itself
  /// included, and how many there are: the last look's p-value.
  private(set) var (rank, standing) = (1, 1)

  /// - Returns: nil for an α so small that too many paths would be needed.
  init?(plan: LookPlan, alpha: Double) {
    let wanted = (Self.leastStruckOut / alpha).rounded(.up)
    guard wanted <= Self.mostPaths else { return nil }
    self.plan = plan
    self.alpha = alpha
    count = Int(max(Self.fewestPaths, wanted))
    generator = SeededGenerator(seed: plan.seed)
    alive = (0..<Int32(count)).map { $0 }
  }

  private static let fewestPaths = 2_000.0
  private static let mostPaths = 20_000.0
  /// With fewer to strike out the first looks could never spend anything.
  private static let leastStruckOut = 50.0

  /// Follows a change of the ledger's stages.
  mutating func follow(_ change: StageLedger.Change) {
    switch change {
    case .same: return
    case .opened: break
    case .merged(let index):
      let taken = scores.remove(at: index + 1)
      for path in taken.indices { scores[index][path] += taken[path] }
      normals.remove(at: index + 1)
    }
    scores.append([Double](repeating: 0, count: count))
    normals.append([])
  }

  /// Draws a stratum for every path, into the last stage.
  ///
  /// - Parameter events: of both arms together.
  mutating func draw(_ law: CountLaw, events: Double, share: Double) {
    guard let stage = scores.indices.last, !law.isCertain else { return }
    var column = scores[stage]
    scores[stage] = []
    let expected = events * share
    for path in column.indices { column[path] += law.draw(&generator) - expected }
    scores[stage] = column
  }

  /// Ends a look.
  ///
  /// - Parameters:
  ///   - sign: 1 where a larger canary is worse, −1 where a smaller one is.
  /// - Returns: whether the real rollout is struck out now.
  mutating func look(_ ledger: StageLedger, _ floor: NoiseFloor, sign: Double) -> Bool {
    looks += 1
    let likelihood = NoisyLikelihood(ledger, floor)
    let weights = likelihood.scoreWeights.weights
    let observed = zip(weights, ledger.stages).reduce(0) { $0 + sign * $1.0 * $1.1.score }
    var statistics = statistics(ledger, floor, weights: weights, sign: sign)
    // Sums of the same terms in another order are the same statistic.
    let tie = 1e-9 * max(1, abs(observed))
    rank = 1 + statistics.reduce(0) { $0 + ($1 >= observed - tie ? 1 : 0) }
    standing = statistics.count + 1
    let fraction = plan.informationFraction(after: looks)
    let allowed = Int(plan.spending.spent(alpha: alpha, at: fraction) * Double(count + 1) + 1e-9)
    let quota = allowed - (count - alive.count)
    guard quota > 0 else { return false }
    if rank <= quota { isStruckOut = true }
    // Without the real rollout's place, and without the paths level with the first that stays.
    let kept = statistics.indices
    statistics.append(observed)
    let threshold = Self.value(atRank: quota, from: statistics) + tie
    alive = kept.compactMap { statistics[$0] > threshold ? nil : alive[$0] }
    return isStruckOut
  }

  /// The statistic of each path alive.
  private mutating func statistics(
    _ ledger: StageLedger, _ floor: NoiseFloor, weights: [Double], sign: Double
  ) -> [Double] {
    var result = [Double](repeating: 0, count: alive.count)
    for (stage, weight) in weights.enumerated() where weight != 0 {
      let column = scores[stage]
      for (place, path) in alive.enumerated() {
        result[place] += sign * weight * column[Int(path)]
      }
    }
    guard !floor.isNone else { return result }
    for stage in normals.indices where normals[stage].isEmpty {
      normals[stage] = (0..<count).map { _ in generator.nextNormal() }
    }
    let stages = ledger.stages
    let factor = SmallCholesky(ledger.covariance(floor), count: stages.count).rows
    for (stage, weight) in weights.enumerated() where weight != 0 {
      for (place, path) in alive.enumerated() {
        var effect = 0.0
        for source in 0...stage {
          effect += factor[stage * stages.count + source] * normals[source][Int(path)]
        }
        result[place] += sign * weight * stages[stage].excess(at: effect).value
      }
    }
    return result
  }

  /// The value that so many others precede in descending order.
  private static func value(atRank rank: Int, from values: [Double]) -> Double {
    guard rank < values.count else { return -.infinity }
    return values.sorted(by: >)[rank]
  }
}

extension SeededGenerator {
  /// A standard normal number (G. Box, M. Muller, Ann. Math. Stat. 29, 1958).
  package mutating func nextNormal() -> Double {
    let radius = (-2 * log1p(-nextUnit())).squareRoot()
    return radius * cos(2 * .pi * nextUnit())
  }
}
