package import MetricModel

/// What is known of a rule from its evaluations so far.
package struct RuleState: Sendable {
  package enum Health: String, Sendable {
    case unknown
    case ok
    case err
  }

  package internal(set) var health = Health.unknown
  /// Why the last evaluation failed; "" when it didn't.
  package internal(set) var lastError = ""
  package internal(set) var lastEvaluation: Timestamp?
  /// How long the last evaluation took, in seconds.
  package internal(set) var evaluationSeconds = 0.0
  /// The series that the last evaluation gave, to be marked stale when the next one doesn't.
  var series: Set<Labels> = []
  var book = AlertBook()

  /// The alerts that are not resolved, by labels.
  package var activeAlerts: [Alert] { book.sorted.filter { $0.resolvedAt == nil } }

  /// The worst state of an alert; nil before the first evaluation.
  package var alertState: Alert.State? {
    guard lastEvaluation != nil else { return nil }
    return book.alerts.values.map(\.state).max() ?? .inactive
  }
}

/// Where rules are evaluated.
package struct RuleEnvironment: Sendable {
  package var externalLabels: [LabelPair] = []
  package var externalURL = ""

  package init(externalLabels: [LabelPair] = [], externalURL: String = "") {
    self.externalLabels = externalLabels
    self.externalURL = externalURL
  }
}

/// What an evaluation gives to be written.
package struct RuleOutput: Sendable {
  package struct Sample: Sendable {
    package var labels: Labels
    package var time: Timestamp
    package var value: SampleValue

    init(labels: Labels, time: Timestamp, value: SampleValue) {
      self.labels = labels
      self.time = time
      self.value = value
    }

    init(labels: Labels, time: Timestamp, value: Double) {
      self.init(labels: labels, time: time, value: .number(value))
    }
  }

  /// Samples of the rule, then staleness markers of series that are gone.
  package var samples: [Sample] = []
}
