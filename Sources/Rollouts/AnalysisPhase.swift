/// The phase of an AnalysisRun.
package enum AnalysisPhase: String, Sendable, CaseIterable {
  case pending = "Pending"
  case running = "Running"
  case successful = "Successful"
  case failed = "Failed"
  case inconclusive = "Inconclusive"
  case error = "Error"
}
