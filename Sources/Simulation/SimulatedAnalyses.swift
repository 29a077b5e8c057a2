package import Analysis
package import MetricModel
package import Rollouts

/// The AnalysisRuns of a simulated cluster: real ones on recorded data, or scripted outcomes.
package protocol SimulatedAnalyses {
  /// Begins a run, or adopts it when one of this name exists.
  mutating func start(_ start: AnalysisStart, at now: Timestamp) -> [AnalysisOutcome]
  /// The time that a run asked for has come.
  mutating func wake(_ run: String, at now: Timestamp) -> [AnalysisOutcome]
  /// A run is asked to end.
  mutating func terminate(_ run: String, at now: Timestamp) -> [AnalysisOutcome]
}

/// What a run has to say.
package enum AnalysisOutcome: Sendable {
  /// Call `wake` for this run then.
  case wake(run: String, at: Timestamp)
  /// The run's phase and message are these now.
  case phase(run: String, ObservedRun)
  /// A measurement was taken.
  case measured(MeasurementNote)
}

/// A measurement as traces show it.
package struct MeasurementNote: Equatable, Sendable {
  package var run: String
  package var metric: String
  /// The number of the measurement within its metric, from 1.
  package var number: Int
  package var phase: AnalysisPhase
  /// The value as text.
  package var value: String
  /// The value as a number, where it is one, for plots.
  package var reading: Double?
  /// Why: estimate, interval, samples, or an error; "" when the value says it all.
  package var evidence: String
  /// Comparisons only: the figures behind the evidence.
  package var report: ComparisonReport?

  package init(
    run: String, metric: String, number: Int, phase: AnalysisPhase, value: String,
    reading: Double? = nil, evidence: String = "", report: ComparisonReport? = nil
  ) {
    self.run = run
    self.metric = metric
    self.number = number
    self.phase = phase
    self.value = value
    self.reading = reading
    self.evidence = evidence
    self.report = report
  }
}
