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
    case notEnoughData
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
  /// Whether the budget is spent over a plan (mode fast), so that the boundary moves with it.
  package var isPlanned = false
  /// What the evidence has to reach to stop: the natural logarithm of an e-value.
  package var requiredLogE: Double?
  /// What it has to fall to by the end of the plan: the natural logarithm of a p-value.
  package var requiredLogP: Double?
  /// The end of the stratum that carried the evidence over its boundary.
  package var crossedAt: Timestamp?
  package var margin: Double?
  package var window: TimeRange
  /// What pods of one arm differ by of themselves, and the arms from scrape to scrape: standard
  /// deviations of the log odds, or of the logarithm of a histogram's quantity; 0 where they are
  /// alike.
  package var podDeviation = 0.0
  package var timeDeviation = 0.0
  /// The smallest factor that the looks so far would have shown with four chances of five.
  package var detectable: Double?
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
    if let crossedAt { result["crossedAt"] = crossedAt.rfc3339 }
    if podDeviation > 0 { result["podDeviation"] = NumberText.json(podDeviation) }
    if timeDeviation > 0 { result["timeDeviation"] = NumberText.json(timeDeviation) }
    if let detectable { result["detectable"] = NumberText.json(detectable) }
    return result
  }
}

/// What one pod contributed.
package struct PodCount: Equatable, Sendable {
  package var pod: String
  /// Bad events, the numerator of a ratio, or the mean of a gauge; 0 for histograms.
  package var events: Double
  /// Trials, observations, seconds of exposure, or the denominator of a ratio.
  package var trials: Double
}
