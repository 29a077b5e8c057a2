package import MetricModel
package import Statistics

/// What one look of a comparison found and what it rests on.
package struct ComparisonReport: Equatable, Sendable {
  /// What a look can say.
  package enum Outcome: String, Sendable, Hashable {
    /// The canary is worse.
    case worse
    /// The canary is not worse by the margin.
    case notWorse
    /// There are data, and they don't tell yet.
    case notEnoughEvidence
    /// An arm has fewer observations than the template asks for.
    case notEnoughSamples
    /// An arm had no traffic, or no series.
    case noData
  }

  package var outcome: Outcome
  /// What the arms' levels are: `share of bad events`, `99th percentile`, `mean per pod`.
  package var measure: String
  /// Nil where nothing could be computed.
  package var evidence: Evidence?
  package var canary: Arm
  package var stable: Arm
  /// The chance of a false stop that this look may spend.
  package var errorBudget: Double
  /// What the evidence had to reach: the natural logarithm of an e-value.
  package var requiredLogE: Double?
  /// What it had to fall to: the natural logarithm of a p-value.
  package var requiredLogP: Double?
  /// The natural logarithm of the p-value for "not worse by the margin".
  package var logPNotWorse: Double?
  package var margin: Double?
  package var window: TimeRange
  /// How much more the stable pods differ than chance lets them, about 1 where they are alike.
  package var podSpread: Double?
  /// The ratio of rates that the stable pods show among themselves; 1 where they are alike.
  package var noiseFloor = 1.0
  /// All of it in a sentence.
  package var reason: String

  /// One arm's counts.
  package struct Arm: Equatable, Sendable {
    /// Observations.
    package var samples: Double
    /// The share of bad events, the 99th percentile, or the mean; NaN where there is none.
    package var level: Double
    package var pods: [PodCount]

    /// Equality of bits, so that an arm without observations equals itself.
    package static func == (left: Arm, right: Arm) -> Bool {
      left.samples == right.samples && left.level.bitPattern == right.level.bitPattern
        && left.pods == right.pods
    }
  }

  /// The figures as a measurement's metadata, for status fields and logs.
  var metadata: [String: String] {
    var result = [
      "verdict": outcome.rawValue,
      "canarySamples": NumberText.json(canary.samples),
      "stableSamples": NumberText.json(stable.samples),
      "reason": reason,
    ]
    if let evidence {
      result["method"] = evidence.method
      result["estimate"] = NumberText.json(evidence.estimate)
      result["interval"] =
        "\(NumberText.json(evidence.interval.lower)) to "
        + NumberText.json(evidence.interval.upper)
      if let logE = evidence.strength.logE {
        result["logE"] = NumberText.json(logE)
      } else {
        result["logP"] = NumberText.json(evidence.strength.logP)
      }
    }
    if let requiredLogE { result["requiredLogE"] = NumberText.json(requiredLogE) }
    if let requiredLogP { result["requiredLogP"] = NumberText.json(requiredLogP) }
    if let logPNotWorse { result["logPNotWorse"] = NumberText.json(logPNotWorse) }
    if noiseFloor > 1 { result["noiseFloor"] = NumberText.json(noiseFloor) }
    if let podSpread { result["podSpread"] = NumberText.json(podSpread) }
    return result
  }
}
