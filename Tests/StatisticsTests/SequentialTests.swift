import Foundation
import Statistics
import Testing

@Suite struct SequentialTests {
  /// A rollout of 60 scrapes with rising weight; the largest log e-value and the last evidence.
  private func rollout(
    canaryRate: Double, baselineRate: (Int) -> Double, from generator: inout SeededGenerator
  ) throws -> StratifiedEProcess {
    var process = StratifiedEProcess(for: .greater)
    for scrape in 0..<60 {
      let canaryTrials = scrape < 20 ? 20 : (scrape < 40 ? 50 : 100)
      let rate = baselineRate(scrape)
      try process.observe(
        canary: Proportion(
          events: generator.binomial(canaryTrials, rate * canaryRate),
          trials: Double(canaryTrials)),
        baseline: Proportion(
          events: generator.binomial(200 - canaryTrials, rate), trials: Double(200 - canaryTrials)))
    }
    return process
  }

  @Test(arguments: [0.02, 0.08, 0.5])
  func anytimeFalseAlarmsStayBelowFivePercent(rate: Double) throws {
    let runs = 300
    var alarms = 0
    var missed = 0
    var generator = SeededGenerator(seed: 201)
    for _ in 0..<runs {
      let process = try rollout(
        canaryRate: 1, baselineRate: { rate * (1 + Double($0) / 60) }, from: &generator)
      if process.largestLogE >= log(20) { alarms += 1 }
      if !process.evidence().interval.contains(1) { missed += 1 }
    }
    #expect(alarms <= plausibleCounts(0.05, of: runs).upperBound)
    #expect(missed <= plausibleCounts(0.05, of: runs).upperBound)
  }

  @Test func aTripledRateIsFoundAndTheIntervalCoversIt() throws {
    var generator = SeededGenerator(seed: 202)
    var (found, covered) = (0, 0)
    for _ in 0..<100 {
      let process = try rollout(canaryRate: 3, baselineRate: { _ in 0.02 }, from: &generator)
      if process.largestLogE >= log(20) { found += 1 }
      if process.evidence().interval.contains(3) { covered += 1 }
    }
    #expect(found >= 95)
    #expect(covered >= 90)
  }

  @Test func aDriftingBaseRateWithRisingWeightIsNoEvidence() throws {
    // Simpson: the canary gets its traffic when all errors are frequent.
    var process = StratifiedEProcess(for: .greater)
    try process.observe(
      canary: Proportion(events: 1, trials: 100), baseline: Proportion(events: 9, trials: 900))
    try process.observe(
      canary: Proportion(events: 90, trials: 900), baseline: Proportion(events: 10, trials: 100))
    #expect(process.logE < 0)
    let evidence = process.evidence()
    #expect(abs(evidence.estimate - 1) < 1e-9)
    #expect(evidence.interval.contains(1))
  }

  @Test func noEventsAndEmptyStrataSayNothing() throws {
    var process = StratifiedEProcess(for: .less)
    try process.observe(canary: Proportion(), baseline: Proportion(events: 3, trials: 9))
    #expect(process.logE == 0)
    try process.observe(
      canary: Proportion(events: 0, trials: 9), baseline: Proportion(events: 0, trials: 9))
    let evidence = process.evidence()
    #expect(evidence.estimate == 1)
    #expect(evidence.interval.lower == 0 && evidence.interval.upper == .infinity)
    #expect(evidence.strength.logP == 0)
  }

  @Test func eventsInOneArmOnlyGiveAnOpenInterval() throws {
    var process = StratifiedEProcess(for: .greater)
    for _ in 0..<5 {
      try process.observe(
        canary: Proportion(events: 4, trials: 100), baseline: Proportion(events: 0, trials: 900))
    }
    let evidence = process.evidence()
    #expect(evidence.estimate == .infinity)
    #expect(evidence.interval.upper == .infinity)
    #expect(evidence.interval.lower > 1)
    #expect(evidence.strength.logP < log(0.001))
  }

  @Test func guessesOutsideTheUnitIntervalAreRefused() {
    var process = SafeTwoByTwo(ratios: RatioGrid([2]))
    #expect(throws: NotComputable.invalidProbability) {
      try process.observe(canary: Proportion(), baseline: Proportion(), baselineRate: 0)
    }
    #expect(throws: NotComputable.invalidProbability) {
      try BettingMean(against: 1, alpha: 0.05)
    }
  }

  @Test func conditionalFactorHasMeanOneUnderTheNull() throws {
    // Given K events the mean of θ^k / (1 + s(θ − 1))^K over Binomial(K, s) is 1.
    let grid = RatioGrid([2.5])
    var total = 0.0
    for k in 0...12 {
      var process = ConditionalRateRatio(ratios: grid)
      process.observe(
        canary: try Proportion(events: Double(k), trials: 30),
        baseline: try Proportion(events: Double(12 - k), trials: 70))
      let chance = Binomial(trials: 12, probability: 0.3).logProbability(of: Double(k))
      total += exp(process.logE + chance)
    }
    #expect(abs(total - 1) < 1e-12)
  }
}

@Suite struct MultipleComparisonsTests {
  @Test func holmMatchesAHandComputedExample() throws {
    let adjusted = try MultipleComparisons.holm.adjusted([0.01, 0.04, 0.03, 0.005])
    for (got, want) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(got - want) < 1e-15) }
  }

  @Test func strongerMethodsNeverAdjustLess() throws {
    var generator = SeededGenerator(seed: 77)
    for _ in 0..<50 {
      let p = (0..<7).map { _ in generator.nextUnit() }
      let bonferroni = try MultipleComparisons.bonferroni.adjusted(p)
      let holm = try MultipleComparisons.holm.adjusted(p)
      let hochberg = try MultipleComparisons.hochberg.adjusted(p)
      let bh = try MultipleComparisons.benjaminiHochberg.adjusted(p)
      for index in p.indices {
        #expect(bonferroni[index] >= holm[index])
        #expect(holm[index] >= hochberg[index])
        #expect(hochberg[index] >= bh[index])
        #expect(bh[index] >= p[index])
      }
    }
  }

  @Test func ebhRejectsAFamilyThatNoneCouldAlone() throws {
    // Three of 30 against n/(αk) = 3/(0.1·3) = 10.
    #expect(
      try MultipleComparisons.rejected(logE: [log(30), log(30), log(12)], alpha: 0.1) == [0, 1, 2])
    #expect(try MultipleComparisons.rejected(logE: [log(5), -.infinity], alpha: 0.1) == [])
    #expect(throws: NotComputable.emptyInput) {
      try MultipleComparisons.rejected(logE: [], alpha: 0.1)
    }
    #expect(throws: NotComputable.invalidProbability) {
      try MultipleComparisons.holm.adjusted([0.5, -0.1])
    }
  }
}
