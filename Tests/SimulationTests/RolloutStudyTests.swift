import Simulation
import Testing

/// Two thousand rollouts with faults; `make study` plays a hundred thousand.
@Suite struct RolloutStudyTests {
  @Test(arguments: 0..<8) func `the laws hold after every write, whatever goes wrong`(
    block: UInt64
  ) {
    let report = RolloutStudy.run(runs: 250, seed: 1 + 250 * block)
    for violation in report.violations.prefix(5) {
      Issue.record("seed \(violation.seed): \(violation.text)")
    }
    #expect(report.runs == 250)
    #expect(report.writes > 1000)
  }

  @Test func `the same seed goes the same way`() {
    #expect(RolloutStudy.run(runs: 5, seed: 77) == RolloutStudy.run(runs: 5, seed: 77))
  }
}
