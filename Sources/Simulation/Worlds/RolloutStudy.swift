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
    /// Rollouts played again with a controller killed after one write, for each of their writes.
    package var kills = 0
    package var passes = 0
    package var writes = 0
    package var faults = FaultCounts()
    /// At most a few for each seed.
    package var violations: [Violation] = []

    package init() {}

    package mutating func merge(_ other: Report) {
      runs += other.runs
      kills += other.kills
      passes += other.passes
      writes += other.writes
      faults.merge(other.faults)
      violations += other.violations
    }

    /// `faults: 409 × 812, …`, then
    /// `2000 rollouts from seed 1: 181203 decisions, 60512 writes, 811 kills, 0 violations`.
    package func summary(seed: UInt64) -> String {
      "faults: \(faults.summary)\n\(runs) rollouts from seed \(seed): \(passes) decisions, "
        + "\(writes) writes under faults, \(kills) kills one by one, "
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

  /// Plays one rollout once more for each of its writes, with the controller killed after it: the
  /// laws hold and it ends the same.
  package static func killEverywhere(seed: UInt64) -> Report {
    var report = Report()
    var whole = FaultyRollout(seed: seed)
    var texts = whole.runKilled(after: nil).prefix(3).map { "without a kill: \($0)" }
    for write in stride(from: 1, through: whole.calmWrites, by: 1) where texts.count < 3 {
      var killed = FaultyRollout(seed: seed)
      texts += killed.runKilled(after: write).prefix(1).map { "killed after write \(write): \($0)" }
      if killed.outcome != whole.outcome {
        texts.append(
          "killed after write \(write) it ends as \(killed.outcome), not as \(whole.outcome)")
      }
      report.kills += 1
      report.passes += killed.passes
    }
    report.violations = texts.map { .init(seed: seed, text: $0) }
    return report
  }

  /// Plays `runs` rollouts, of the seeds from `seed` on; one in a hundred also with a controller
  /// killed after each of its writes.
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
      report.faults.merge(rollout.faults)
      if (seed &+ offset) % 100 == 0 { report.merge(killEverywhere(seed: seed &+ offset)) }
    }
    return report
  }
}
