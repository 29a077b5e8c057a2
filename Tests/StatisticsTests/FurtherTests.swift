import Foundation
import Statistics
import Testing

@Suite struct BayesianTests {
  @Test func smallPosteriorsMatchClosedForms() throws {
    // Beta(2, 2) against Beta(1, 3): P(X > Y) = 4/5 by integration of polynomials.
    let comparison = try BetaBinomialComparison(
      canary: Proportion(events: 1, trials: 2), baseline: Proportion(events: 0, trials: 2))
    #expect(abs(exp(comparison.logChanceCanaryHigher) - 0.8) < 1e-13)
    #expect(abs(exp(comparison.logChanceCanaryLower) - 0.2) < 1e-13)
    // E[max(X − Y, 0)] − E[max(Y − X, 0)] = E[X] − E[Y] = 1/4.
    let gap = comparison.expectedLossIfKept - comparison.expectedLossIfShipped
    #expect(abs(gap - 0.25) < 1e-13)
    #expect(throws: NotComputable.invalidPrior) {
      try BetaBinomialComparison(canary: Proportion(), baseline: Proportion(), priorA: 0)
    }
  }

  @Test func farChancesKeepTheirLogarithms() throws {
    let comparison = try BetaBinomialComparison(
      canary: Proportion(events: 900, trials: 1_000),
      baseline: Proportion(events: 10, trials: 1_000))
    #expect(comparison.logChanceCanaryLower < -700)
    #expect(comparison.logChanceCanaryLower.isFinite)
    #expect(comparison.logChanceCanaryHigher == 0)
  }

  @Test func normalPosteriorsShrinkTowardsThePrior() throws {
    let plain = try NormalPosterior(estimate: 1, standardError: 1)
    let shrunk = try NormalPosterior(estimate: 1, standardError: 1, prior: (mean: 0, variance: 1))
    #expect(shrunk.mean == 0.5)
    #expect(abs(shrunk.standardDeviation - 0.5.squareRoot()) < 1e-15)
    #expect(abs(exp(plain.logLossIfKept) - exp(plain.logLossIfShipped) - 1) < 1e-14)
    // φ(a) − a Q(a) is smooth where the form changes.
    let (below, above) = (
      try NormalPosterior(estimate: 4.999_999_9, standardError: 1).logLossIfShipped,
      try NormalPosterior(estimate: 5.000_000_1, standardError: 1).logLossIfShipped
    )
    #expect(abs(below - above) < 2e-6 && below > above)
    #expect(throws: NotComputable.zeroVariance) {
      try NormalPosterior(estimate: 1, standardError: 0)
    }
  }
}

@Suite struct LookTests {
  @Test func spentErrorIsWhatAWalkWithoutChangeLoses() throws {
    let fractions = [0.3, 0.6, 1]
    let bounds = try AlphaSpending.pocock.bounds(alpha: 0.05, fractions: fractions).z
    var generator = SeededGenerator(seed: 61)
    let runs = 4_000
    var stopped = 0
    for _ in 0..<runs {
      var (position, time) = (0.0, 0.0)
      for (t, z) in zip(fractions, bounds) {
        position += generator.normal(sd: (t - time).squareRoot())
        time = t
        if position / t.squareRoot() > z {
          stopped += 1
          break
        }
      }
    }
    #expect(plausibleCounts(0.05, of: runs).contains(stopped))
  }

  @Test func pocockConstantsMatchHisTable() throws {
    // S. Pocock, Biometrika 64, 1977, table 1: 2.178 for 2 looks, 2.413 for 5, 2.555 for 10.
    for (looks, constant) in [(1, 1.960), (2, 2.178), (5, 2.413), (10, 2.555)] {
      let got = try GroupSequentialDesign.pocock.constant(looks: looks, alpha: 0.05)
      #expect(abs(got - constant) < 5e-4)
    }
  }

  @Test func impossiblePlansAreRefused() {
    #expect(throws: NotComputable.nonIncreasingInformation) {
      try AlphaSpending.pocock.bounds(alpha: 0.05, fractions: [0.5, 0.5])
    }
    #expect(throws: NotComputable.nonIncreasingInformation) {
      try AlphaSpending.pocock.bounds(alpha: 0.05, fractions: [0.5, 1.5])
    }
    #expect(throws: NotComputable.invalidProbability) {
      try AlphaSpending.pocock.bounds(alpha: 0.7, fractions: [1])
    }
    #expect(throws: NotComputable.emptyInput) {
      try GroupSequentialDesign.pocock.constant(looks: 0, alpha: 0.05)
    }
  }

  @Test func alwaysValidSequencesAlarmRarely() throws {
    var generator = SeededGenerator(seed: 62)
    let runs = 300
    var (mixture, asymptotic) = (0, 0)
    for _ in 0..<runs {
      var sum = 0.0
      var (firstAlarm, secondAlarm) = (false, false)
      for look in 1...60 {
        sum += generator.normal(sd: 20.0.squareRoot())
        let n = 20 * Double(look)
        let (mean, error) = (sum / n, 1 / n.squareRoot())
        let sprt = try MixtureSPRT(estimate: mean, standardError: error)
        if sprt.logE(priorVariance: 0.01) >= log(20) { firstAlarm = true }
        let sequence = try AsymptoticConfidenceSequence(
          estimate: mean, standardError: error, count: n, tunedCount: 500)
        if !sequence.interval.contains(0) { secondAlarm = true }
      }
      mixture += firstAlarm ? 1 : 0
      asymptotic += secondAlarm ? 1 : 0
    }
    #expect(mixture <= plausibleCounts(0.05, of: runs).upperBound)
    #expect(asymptotic <= plausibleCounts(0.05, of: runs).upperBound)
  }

  @Test func mixtureIntervalEndsWhereTheEvidenceReachesOneOverAlpha() throws {
    let look = try MixtureSPRT(estimate: 0.02, standardError: 0.005)
    let interval = look.interval(alpha: 0.05, priorVariance: 1e-4)
    let edge = try MixtureSPRT(estimate: 0.02 - interval.lower, standardError: 0.005)
    #expect(abs(edge.logE(priorVariance: 1e-4) - log(20)) < 1e-10)
  }

  @Test func plannedSizesReachTheirPower() throws {
    let plan = try PowerAnalysis(alpha: 0.05, power: 0.8, ratio: 1)
    let size = try plan.canarySize(forProportion: 0.2, against: 0.1).rounded(.up)
    var generator = SeededGenerator(seed: 63)
    let runs = 600
    var found = 0
    for _ in 0..<runs {
      let test = try TwoProportionTest(
        canary: Proportion(events: generator.binomial(Int(size), 0.2), trials: size),
        baseline: Proportion(events: generator.binomial(Int(size), 0.1), trials: size))
      if try test.logP(.twoSided, method: .pooled) <= log(0.05) { found += 1 }
    }
    #expect(plausibleCounts(0.8, of: runs).contains(found))
    #expect(throws: NotComputable.zeroEffect) {
      try plan.canarySize(forDifference: 0, sd1: 1, sd2: 1)
    }
    // With no effect the power is the error rate.
    #expect(abs(try plan.tTestPower(effectSize: 0, canarySize: 9) - 0.05) < 1e-9)
    // J. Cohen, Statistical Power Analysis, 1988, table 2.4.1: d = .5, 64 per arm, power .80.
    #expect(abs(try plan.tTestPower(effectSize: 0.5, canarySize: 64) - 0.80) < 5e-3)
  }
}

@Suite struct SeriesTests {
  @Test func independentValuesAreWorthTheirNumberAndDependentOnesLess() throws {
    var generator = SeededGenerator(seed: 71)
    let noise = generator.normals(2_000)
    let independent = try Autocorrelation(of: noise)
    #expect(abs(independent.effectiveSampleSize / 2_000 - 1) < 0.2)
    var level = 0.0
    let dependent = try Autocorrelation(
      of: noise.map {
        level = 0.8 * level + $0
        return level
      }, lag: 40)
    // (1 − ρ)/(1 + ρ) = 1/9.
    #expect(abs(dependent.effectiveSampleSize / 2_000 - 1.0 / 9) < 0.05)
    #expect(abs(dependent.coefficients[1] - 0.8) < 0.05)
    #expect(throws: NotComputable.zeroVariance) { try Autocorrelation(of: [2, 2, 2]) }
  }

  @Test func changesAreFoundWhereTheyAre() throws {
    var generator = SeededGenerator(seed: 72)
    let values = generator.normals(40) + generator.normals(30, mean: 4)
    #expect(try EnergyChangePoint(of: values).leftCount == 40)
    let sums = CumulativeSums(of: values, mean: 0, standardDeviation: 1, limit: 5)
    let alarm = try #require(sums.firstAlarm)
    #expect(41...44 ~= alarm)
    #expect(throws: NotComputable.tooFewObservations) { try EnergyChangePoint(of: [1, 2, 3]) }
  }

  @Test func bootstrapOfAMeanAgreesWithTheory() throws {
    var generator = SeededGenerator(seed: 73)
    let sample = generator.exponentials(60)
    let mean = Moments(of: sample).mean
    let replicates = (0..<1_000).map { _ in
      Moments(of: (0..<60).map { _ in sample[Int(generator.nextUnit() * 60)] }).mean
    }
    let jackknife = sample.map { (mean * 60 - $0) / 59 }
    let bootstrap = try BootstrapInterval(
      estimate: mean, replicates: replicates, jackknife: jackknife)
    let theory = Moments(of: sample).standardDeviation / 60.0.squareRoot()
    #expect(abs(bootstrap.standardError / theory - 1) < 0.1)
    // A sample skewed to the right moves BCa to the right of the percentile interval.
    #expect(bootstrap.acceleration > 0)
    #expect(bootstrap.biasCorrected.upper > bootstrap.percentile.lower)
    #expect(throws: NotComputable.degenerateBootstrap) {
      try BootstrapInterval(estimate: 9, replicates: [1, 2], jackknife: [1, 2])
    }
  }
}

@Suite struct DistributionShapeTests {
  @Test func equalSharesDriftByNothingAndDisjointOnesByEverything() throws {
    let same = try Drift(canary: [10, 20, 30], baseline: [100, 200, 300])
    #expect(same.populationStability == 0)
    #expect(same.jensenShannon == 0)
    #expect(same.logP == 0)
    let apart = try Drift(canary: [10, 0], baseline: [0, 10], floor: 0)
    #expect(abs(apart.jensenShannon - log(2)) < 1e-15)
    #expect(apart.totalVariation == 1)
    #expect(apart.hellinger == 1)
    #expect(apart.cramersV == 1)
    #expect(throws: NotComputable.emptyInput) { try Drift(canary: [0], baseline: [1]) }
  }

  @Test func oneStragglerIsAnOutlierByEveryRule() throws {
    let values = (0..<30).map { 10 + Double($0 % 5) / 10 } + [50]
    let outliers = try Outliers(of: values)
    let expected = [Bool](repeating: false, count: 30) + [true]
    #expect(outliers.tukey().flags == expected)
    #expect(outliers.farFromMedian() == expected)
    #expect(outliers.farFromMean() == expected)
    #expect((outliers.winsorized().max() ?? .infinity) < 50)
    // A constant sample has no scale to be far by.
    #expect(try Outliers(of: [1, 1, 1, 9]).farFromMedian() == [false, false, false, false])
  }
}
