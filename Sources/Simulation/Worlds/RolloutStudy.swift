/// Many rollouts under faults, each from its own seed.
///
///     let report = RolloutStudy.run(runs: 2000, seed: 1)
///     report.violations.first                       // the seed that replays it, and what broke
package enum RolloutStudy {
  package struct Report: Equatable, Sendable {
    package struct Violation: Equatable, Sendable {
      package var seed: UInt64
      package var text: String
    }

    package var runs = 0
    package var passes = 0
    package var writes = 0
    /// At most a few for each seed.
    package var violations: [Violation] = []

    package init() {}

    package mutating func merge(_ other: Report) {
      runs += other.runs
      passes += other.passes
      writes += other.writes
      violations += other.violations
    }

    /// `2000 rollouts from seed 1: 181203 decisions, 60512 writes, 0 violations`.
    package func summary(seed: UInt64) -> String {
      "\(runs) rollouts from seed \(seed): \(passes) decisions, \(writes) writes under faults, "
        + "\(violations.count) violations"
    }
  }

  /// One rollout, line by line: its plan, what happened to it, each decision and write, and what
  /// broke.
  package static func trace(seed: UInt64) -> [String] {
    var rollout = FaultyRollout(seed: seed, isTraced: true)
    _ = rollout.run()
    return rollout.trace
  }

  /// Plays `runs` rollouts, of the seeds from `seed` on.
  package static func run(runs: Int, seed: UInt64) -> Report {
    var report = Report()
    for offset in 0..<UInt64(max(0, runs)) {
      var rollout = FaultyRollout(seed: seed &+ offset)
      for text in rollout.run().prefix(3) {
        report.violations.append(.init(seed: seed &+ offset, text: text))
      }
      report.runs += 1
      report.passes += rollout.passes
      report.writes += rollout.writes
    }
    return report
  }
}
