/// The score of a canary as Kayenta adds it up from its metrics.
///
/// A group scores 100 × Pass / (Pass + High + Low + NodataFailMetric); a group with none of these
/// is shown as 0 but counts as 100, so missing data passes. Groups without a weight share what the
/// others leave. A critical failure, or missing data in half of the metrics, makes the score 0.
package struct KayentaScore: Sendable, Hashable {
  /// One judged metric.
  package struct Metric: Sendable, Hashable {
    package var classification: KayentaJudge.Classification
    package var groups: [String]
    package var isCritical: Bool
    package var isMuted: Bool

    package init(
      classification: KayentaJudge.Classification, groups: [String], isCritical: Bool = false,
      isMuted: Bool = false
    ) {
      self.classification = classification
      self.groups = groups
      self.isCritical = isCritical
      self.isMuted = isMuted
    }
  }

  /// What the score means by the thresholds.
  package enum Classification: String, Sendable, Hashable {
    case pass = "Pass"
    case marginal = "Marginal"
    case fail = "Fail"
  }

  /// Between 0 and 100, rounded half up to two decimals.
  package let score: Double
  /// The groups' scores; 0 where a group has nothing that counts.
  package let groupScores: [String: Double]

  package init(metrics: [Metric], groupWeights: [String: Double]) {
    let active = metrics.filter { !$0.isMuted }
    let names = Set(active.flatMap(\.groups)).sorted()
    var shown: [String: Double] = [:]
    var counted: [String: Double] = [:]
    for name in names {
      let members = active.filter { $0.groups.contains(name) }.map(\.classification)
      let passes = members.filter { $0 == .pass }.count
      let judged = members.filter { $0 != .noData && $0 != .error }.count
      let score = judged > 0 ? Double(passes) / Double(judged) * 100 : 0
      shown[name] = score
      counted[name] = judged > 0 ? score : 100
    }
    let given = names.reduce(0) { $0 + (groupWeights[$1] ?? 0) }
    let unweighted = names.filter { groupWeights[$0] == nil }.count
    let share = unweighted > 0 ? (100 - given) / Double(unweighted) : 0
    let sum = names.reduce(0.0) {
      $0 + (counted[$1] ?? 0) * (groupWeights[$1] ?? share) / 100
    }
    let missing = active.filter { $0.classification == .noData }.count
    let isStopped =
      active.contains { $0.isCritical && $0.classification != .pass }
      || 2 * missing >= active.count
    score = isStopped ? 0 : (sum * 100 + 0.5).rounded(.down) / 100
    groupScores = shown
  }

  /// The score against its two thresholds.
  package func classification(passAt pass: Double, marginalAt marginal: Double) -> Classification {
    score >= pass ? .pass : (score >= marginal ? .marginal : .fail)
  }
}
