/// Where a measurement, a metric or a whole run stands. Raw values are Argo's.
package enum AnalysisPhase: String, Sendable, Hashable, CaseIterable {
  case pending = "Pending"
  case running = "Running"
  case successful = "Successful"
  case failed = "Failed"
  case error = "Error"
  case inconclusive = "Inconclusive"

  /// Whether nothing can change any more.
  package var isCompleted: Bool {
    switch self {
    case .pending, .running: false
    case .successful, .failed, .error, .inconclusive: true
    }
  }

  /// Whether a metric in this phase ends its run.
  var endsRun: Bool { self == .failed || self == .error || self == .inconclusive }

  /// Argo's order, from best to worst: the worst phase of the metrics is the run's.
  private var severity: Int {
    switch self {
    case .successful: 0
    case .running: 1
    case .pending: 2
    case .inconclusive: 3
    case .error: 4
    case .failed: 5
    }
  }

  /// Whether this phase is worse than the other.
  package func isWorse(than other: AnalysisPhase) -> Bool { severity > other.severity }
}
