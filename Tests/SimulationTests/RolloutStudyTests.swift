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
    for fault in RolloutFault.allCases { #expect(report.faults[fault] > 10, "\(fault.rawValue)") }
  }

  @Test(arguments: 0..<8) func `a controller killed after any write ends the same`(block: UInt64) {
    for seed in 1 + 3 * block...3 + 3 * block {
      let report = RolloutStudy.killEverywhere(seed: seed)
      for violation in report.violations { Issue.record("seed \(seed): \(violation.text)") }
      #expect(report.kills > 0)
    }
  }

  @Test func `the same seed goes the same way`() {
    #expect(RolloutStudy.run(runs: 5, seed: 77) == RolloutStudy.run(runs: 5, seed: 77))
  }
}
