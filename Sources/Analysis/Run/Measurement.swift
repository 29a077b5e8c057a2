package import MetricModel

/// One answer of a metric and what it was judged to be.
package struct Measurement: Equatable, Sendable {
  package var id: MeasurementID
  package var startedAt: Timestamp
  /// Nil while the answer is awaited.
  package var finishedAt: Timestamp?
  /// As text: a number, `[1,2]` for a vector, the estimate of a comparison.
  package var value = ""
  package var phase = AnalysisPhase.running
  /// Why it is an error, or what a comparison found.
  package var message = ""
  package var metadata: [String: String] = [:]
  /// Comparisons only: what the judgement rests on.
  package var comparison: ComparisonReport?
  /// Why it couldn't tell; nil where it could.
  package var shortfall: Shortfall?

  init(id: MeasurementID, startedAt: Timestamp) {
    self.id = id
    self.startedAt = startedAt
  }
}

/// What kept a measurement from telling good from bad.
package enum Shortfall: String, Sendable, Hashable, CaseIterable {
  /// No traffic, or no series.
  case noData
  /// Fewer observations than the template asks for.
  case notEnoughData
  /// There are data, and they don't tell yet.
  case notEnoughEvidence
}

/// Which measurement of a run: the metric and its running number, from 1.
package struct MeasurementID: Hashable, Sendable {
  package var metric: String
  package var number: Int

  package init(metric: String, number: Int) {
    self.metric = metric
    self.number = number
  }
}

/// What has become of a metric so far.
package struct MetricResult: Equatable, Sendable {
  package var name: String
  package var phase = AnalysisPhase.pending
  /// The message of the measurement that decided the phase.
  package var message = ""
  package var isDryRun: Bool
  /// Measurements that came to an answer, errors left out.
  package var count: Int64 = 0
  package var successful: Int64 = 0
  package var failed: Int64 = 0
  package var inconclusive: Int64 = 0
  package var error: Int64 = 0
  package var consecutiveError: Int64 = 0
  package var consecutiveSuccess: Int64 = 0
  /// The latest ones, as many as are retained.
  package var measurements: [Measurement] = []
  /// The query with its arguments filled in, under Argo's key `ResolvedPrometheusQuery`.
  package var metadata: [String: String] = [:]
  /// How many measurements were started.
  package var taken = 0

  init(name: String, isDryRun: Bool) {
    self.name = name
    self.isDryRun = isDryRun
  }

  /// Counts a finished measurement. Errors don't count as measurements (analysis.go,
  /// `runMeasurements`).
  mutating func tally(_ phase: AnalysisPhase) {
    switch phase {
    case .successful:
      count += 1
      successful += 1
      consecutiveSuccess += 1
      consecutiveError = 0
    case .failed:
      count += 1
      failed += 1
      (consecutiveSuccess, consecutiveError) = (0, 0)
    case .inconclusive:
      count += 1
      inconclusive += 1
      (consecutiveSuccess, consecutiveError) = (0, 0)
    case .error:
      error += 1
      consecutiveError += 1
      consecutiveSuccess = 0
    case .pending, .running: break
    }
  }

  /// Whether an answer is awaited.
  var isInFlight: Bool { measurements.last.map { $0.finishedAt == nil } ?? false }
}

/// How many metrics ended how.
package struct RunSummary: Equatable, Sendable {
  package var count = 0
  package var successful = 0
  package var failed = 0
  package var inconclusive = 0
  package var error = 0

  package init() {}

  mutating func tally(_ phase: AnalysisPhase) {
    switch phase {
    case .successful: successful += 1
    case .failed: failed += 1
    case .inconclusive: inconclusive += 1
    case .error: error += 1
    case .pending, .running: break
    }
  }
}
