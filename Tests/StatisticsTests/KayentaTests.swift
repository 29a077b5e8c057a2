import Foundation
import Statistics
import Testing

@Suite struct KayentaTests {
  private let control = [20.1, 19.4, 21.0, 20.3, 19.9, 20.8, 19.7, 20.5]

  @Test func aClearShiftIsHighAndItsMirrorLow() {
    let shifted = control.map { $0 + 6 }
    #expect(KayentaJudge().verdict(experiment: shifted, control: control).classification == .high)
    #expect(KayentaJudge().verdict(experiment: control, control: shifted).classification == .low)
    var judge = KayentaJudge()
    judge.direction = .decrease
    #expect(judge.verdict(experiment: shifted, control: control).classification == .pass)
  }

  @Test func noValuesAreMissingDataUnlessReplaced() {
    var judge = KayentaJudge()
    #expect(judge.verdict(experiment: [.nan], control: control).classification == .noData)
    judge.mustHaveData = true
    #expect(judge.verdict(experiment: [], control: control).classification == .noDataFailMetric)
    judge.missingValues = .replace
    #expect(judge.verdict(experiment: [], control: control).classification == .pass)
  }

  @Test func constantArmsThatDifferAreJudgedWithoutNoise() {
    let verdict = KayentaJudge().verdict(experiment: [10, 10], control: [1, 1])
    #expect(verdict.classification == .high)
    #expect(verdict.interval?.lower == 9)
    #expect(KayentaJudge().verdict(experiment: [1, 1], control: [1]).classification == .pass)
  }

  @Test func theVerdictDependsOnTheUnitAsInKayenta() {
    // The same latencies in milliseconds and in seconds: the solver stops at an absolute 1e-4.
    var generator = SeededGenerator(seed: 81)
    var differing = 0
    for _ in 0..<40 {
      let slow = generator.normals(40, mean: 2.05, sd: 0.011)
      let fast = generator.normals(40, mean: 2.0, sd: 0.010)
      let inMilliseconds = KayentaJudge().verdict(experiment: slow, control: fast)
      let inSeconds = KayentaJudge().verdict(
        experiment: slow.map { $0 / 1_000 }, control: fast.map { $0 / 1_000 })
      #expect(inMilliseconds.classification == .high)
      if inSeconds.classification != inMilliseconds.classification { differing += 1 }
    }
    #expect(differing > 0)
  }

  @Test func scoresFollowWeightsAndCriticalMetrics() {
    typealias Metric = KayentaScore.Metric
    let metrics = [
      Metric(classification: .pass, groups: ["errors"]),
      Metric(classification: .high, groups: ["latency"]),
      Metric(classification: .pass, groups: ["latency"]),
    ]
    let score = KayentaScore(metrics: metrics, groupWeights: ["errors": 80])
    #expect(score.score == 90)
    #expect(score.groupScores == ["errors": 100, "latency": 50])
    #expect(score.classification(passAt: 95, marginalAt: 75) == .marginal)
    let critical = metrics + [Metric(classification: .low, groups: ["errors"], isCritical: true)]
    #expect(KayentaScore(metrics: critical, groupWeights: [:]).score == 0)
    #expect(KayentaScore(metrics: [], groupWeights: [:]).score == 0)
  }
}
