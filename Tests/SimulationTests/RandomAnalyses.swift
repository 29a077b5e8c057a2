import Analysis
import MetricModel
import Rollouts
import Simulation
import Statistics

/// Runs that end by chance, after a while drawn by chance.
struct RandomAnalyses: SimulatedAnalyses {
  private var generator: SeededGenerator
  private var known: [String: ObservedRun] = [:]
  let isKind: Bool

  /// - Parameter isKind: whether every run succeeds.
  init(seed: UInt64, isKind: Bool = false) {
    generator = SeededGenerator(seed: seed)
    self.isKind = isKind
  }

  mutating func start(_ start: AnalysisStart, at now: Timestamp) -> [AnalysisOutcome] {
    guard known[start.name] == nil else { return [] }
    known[start.name] = ObservedRun(phase: .running)
    let length = Milliseconds(Int64.random(in: 0...600_000, using: &generator))
    return [
      .phase(run: start.name, ObservedRun(phase: .running)),
      .wake(run: start.name, at: now.advanced(by: length)),
    ]
  }

  mutating func wake(_ run: String, at now: Timestamp) -> [AnalysisOutcome] {
    let dice = Double.random(in: 0..<1, using: &generator)
    guard known[run]?.isCompleted == false else { return [] }
    let phase: AnalysisPhase =
      isKind || dice < 0.6
      ? .successful : dice < 0.8 ? .failed : dice < 0.9 ? .error : .inconclusive
    known[run] = ObservedRun(phase: phase, message: phase == .successful ? "" : "by chance")
    return [.phase(run: run, known[run] ?? ObservedRun(phase: phase))]
  }

  mutating func terminate(_ run: String, at now: Timestamp) -> [AnalysisOutcome] {
    guard known[run]?.isCompleted == false else { return [] }
    known[run] = ObservedRun(phase: .successful, message: "Run Terminated", isTerminating: true)
    return [.phase(run: run, known[run] ?? ObservedRun(phase: .successful))]
  }
}
