import Foundation
import Statistics
import Testing

@Suite struct CountTestsTests {
  @Test func poissonConditionalTestIsABinomialOne() throws {
    // 3 events against none in equal exposures: P = 1/8, two-sided 1/4.
    let test = PoissonRateTest(
      canary: try EventRate(events: 3, exposure: 2), baseline: try EventRate(events: 0, exposure: 2)
    )
    #expect(abs(exp(test.logP(.greater)) - 0.125) < 1e-15)
    #expect(abs(exp(test.logP(.twoSided)) - 0.25) < 1e-15)
    #expect(test.ratioInterval().upper == .infinity)
    #expect(throws: NotComputable.nonPositiveExposure) { try EventRate(events: 1, exposure: 0) }
    #expect(throws: NotComputable.negativeCount) { try EventRate(events: -1, exposure: 1) }
    let none = PoissonRateTest(
      canary: try EventRate(events: 0, exposure: 1), baseline: try EventRate(events: 0, exposure: 9)
    )
    #expect(none.evidence(for: .greater).strength.logP == 0)
    #expect(throws: NotComputable.noInformation) { try none.scoreZ() }
  }

  @Test func garwoodIntervalMatchesHisTable() throws {
    // F. Garwood, Biometrika 28, 1936: 10 events, 4.795 to 18.39.
    let interval = try EventRate(events: 10, exposure: 1).interval()
    #expect(abs(interval.lower - 4.795) < 5e-4)
    #expect(abs(interval.upper - 18.39) < 5e-3)
  }

  @Test func unconditionalTestsHoldTheirLevel() throws {
    // Summed over all outcomes at one true rate, the chance of rejecting stays near 5 %.
    var (barnard, poisson) = (0.0, 0.0)
    for i in 0...8 {
      for j in 0...10 {
        let test = try #require(
          BarnardTest(
            canary: Proportion(events: Double(i), trials: 8),
            baseline: Proportion(events: Double(j), trials: 10)))
        guard test.pValue(.greater) <= 0.05 else { continue }
        let first = Binomial(trials: 8, probability: 0.3).logProbability(of: Double(i))
        barnard += exp(first + Binomial(trials: 10, probability: 0.3).logProbability(of: Double(j)))
      }
    }
    for i in 0...30 {
      for j in 0...40 where i + j > 0 {
        let test = PoissonRateTest(
          canary: try EventRate(events: Double(i), exposure: 1),
          baseline: try EventRate(events: Double(j), exposure: 2))
        let logP = try #require(test.estimatedLogP(.twoSided))
        guard logP <= log(0.05) else { continue }
        let chance = Poisson(mean: 5).logProbability(of: Double(i))
        poisson += exp(chance + Poisson(mean: 10).logProbability(of: Double(j)))
      }
    }
    #expect(barnard <= 0.05 && barnard > 0.01)
    #expect(poisson <= 0.055 && poisson > 0.03)
    let tooLarge = try Proportion(events: 1, trials: 1e6)
    #expect(BarnardTest(canary: tooLarge, baseline: tooLarge) == nil)
  }

  @Test func stratifiedTestIsNotFooledBySimpson() throws {
    // Within both strata the rates are equal; pooled, the canary looks nine times worse.
    let strata = [
      (
        canary: try Proportion(events: 1, trials: 100),
        baseline: try Proportion(events: 9, trials: 900)
      ),
      (
        canary: try Proportion(events: 90, trials: 900),
        baseline: try Proportion(events: 10, trials: 100)
      ),
    ]
    let test = try StratifiedTest(strata: strata)
    #expect(abs(test.z) < 1e-12)
    #expect(abs(test.oddsRatio - 1) < 1e-12)
    #expect(test.oddsRatioInterval().contains(1))
    let pooled = try TwoProportionTest(
      canary: strata[0].canary.merged(with: strata[1].canary),
      baseline: strata[0].baseline.merged(with: strata[1].baseline))
    #expect(try pooled.logP(.greater, method: .pooled) < log(1e-10))
  }

  @Test func stratifiedTestRejectsFivePercentWithoutChange() throws {
    var generator = SeededGenerator(seed: 41)
    let runs = 1_000
    var rejected = 0
    for _ in 0..<runs {
      let strata = try (0..<8).map { stratum in
        let rate = 0.05 + 0.03 * Double(stratum)
        return (
          canary: try Proportion(events: generator.binomial(30, rate), trials: 30),
          baseline: try Proportion(events: generator.binomial(60, rate), trials: 60)
        )
      }
      if try StratifiedTest(strata: strata).logP(.twoSided) <= log(0.05) { rejected += 1 }
    }
    #expect(plausibleCounts(0.05, of: runs).contains(rejected))
  }

  @Test func sampleRatioSeesAWrongSplitAndRefusesNonsense() throws {
    #expect(try SampleRatioTest(counts: [500, 500], weights: [1, 1]).logP == 0)
    #expect(try SampleRatioTest(counts: [1_110, 8_890], weights: [0.1, 0.9]).logP < log(0.001))
    #expect(throws: NotComputable.invalidWeight) {
      try SampleRatioTest(counts: [1, 2], weights: [0, 1])
    }
    #expect(throws: NotComputable.emptyInput) {
      try SampleRatioTest(counts: [0, 0], weights: [1, 1])
    }
  }

  @Test func sampleRatioBayesFactorHasMeanOneUnderTheNull() throws {
    // An e-value: its mean over all outcomes of 12 assignments is 1.
    var total = 0.0
    for count in 0...12 {
      let test = try SampleRatioTest(
        counts: [Double(count), Double(12 - count)], weights: [0.3, 0.7])
      let chance = Binomial(trials: 12, probability: 0.3).logProbability(of: Double(count))
      total += exp(try test.logBayesFactor(concentration: 5) + chance)
    }
    #expect(abs(total - 1) < 1e-12)
  }

  @Test func overdispersionIsOneForBinomialPodsAndFindsSpread() throws {
    var generator = SeededGenerator(seed: 43)
    let even = try Overdispersion(
      pods: (0..<200).map { _ in try Proportion(events: generator.binomial(300, 0.1), trials: 300) }
    )
    #expect(abs(even.binomialDispersion - 1) < 0.4)
    #expect(even.interval().contains(0.1))
    let uneven = try Overdispersion(
      pods: (0..<200).map { _ in
        let rate = 0.1 * exp(generator.normal(sd: 0.3))
        return try Proportion(events: generator.binomial(300, min(1, rate)), trials: 300)
      })
    #expect(abs(uneven.tauSquared.squareRoot() - 0.3) < 0.1)
    #expect(uneven.logHeterogeneityP < log(1e-4))
    #expect(throws: NotComputable.tooFewClusters) {
      try Overdispersion(pods: [Proportion(events: 1, trials: 2), Proportion()])
    }
  }

  @Test func counterResetsCountFromZero() throws {
    let increase = try CounterIncrease(of: [5, 9, 2, 4])
    #expect(increase.total == 8)
    #expect(increase.resets == 1)
    #expect(throws: NotComputable.tooFewObservations) { try CounterIncrease(of: [5]) }
    #expect(throws: NotComputable.nanInput) { try CounterIncrease(of: [5, .nan]) }
  }
}
