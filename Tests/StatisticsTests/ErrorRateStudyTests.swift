import Foundation
import Statistics
import Testing

/// Without a change, tests reject as often as they say; with or without, intervals cover as often
/// as they say. Bounds are binomial, so a sound test fails here once in a million runs.
@Suite struct ErrorRateStudyTests {
  static let runs = 1_000
  let alpha = log(0.05)

  @Test func welchRejectsFivePercentAndCoversNinetyFive() throws {
    var generator = SeededGenerator(seed: 101)
    var (rejected, covered) = (0, 0)
    for _ in 0..<Self.runs {
      let test = try WelchTest(
        canary: Moments(of: generator.normals(8, mean: 3, sd: 1)),
        baseline: Moments(of: generator.normals(20, mean: 3, sd: 3)))
      if test.logP(.twoSided) <= alpha { rejected += 1 }
      if test.interval().contains(0) { covered += 1 }
    }
    #expect(plausibleCounts(0.05, of: Self.runs).contains(rejected))
    #expect(plausibleCounts(0.95, of: Self.runs).contains(covered))
  }

  @Test func proportionsRejectAtMostFivePercent() throws {
    var generator = SeededGenerator(seed: 102)
    var (fisher, pooled) = (0, 0)
    for _ in 0..<Self.runs {
      let test = try TwoProportionTest(
        canary: Proportion(events: generator.binomial(100, 0.1), trials: 100),
        baseline: Proportion(events: generator.binomial(300, 0.1), trials: 300))
      if test.fisher.logP(.greater) <= alpha { fisher += 1 }
      if try test.logP(.greater, method: .pooled) <= alpha { pooled += 1 }
    }
    #expect(fisher <= plausibleCounts(0.05, of: Self.runs).upperBound)
    // The z test's size at these counts is between 4 % and 6.5 % by enumeration.
    #expect(pooled <= plausibleCounts(0.065, of: Self.runs).upperBound)
    #expect(pooled >= plausibleCounts(0.03, of: Self.runs).lowerBound)
  }

  @Test(arguments: [(0.3, 0.1), (0.02, 0.02), (0.9, 0.97)])
  func proportionIntervalsCover(rates: (Double, Double)) throws {
    var generator = SeededGenerator(seed: 103)
    var covered = [String: Int]()
    for _ in 0..<Self.runs {
      let test = try TwoProportionTest(
        canary: Proportion(events: generator.binomial(60, rates.0), trials: 60),
        baseline: Proportion(events: generator.binomial(120, rates.1), trials: 120))
      let truth = rates.0 - rates.1
      if try test.newcombeInterval().contains(truth) { covered["Newcombe", default: 0] += 1 }
      if try test.agrestiCaffoInterval().contains(truth) { covered["Agresti", default: 0] += 1 }
      if try test.miettinenNurminenInterval().contains(truth) { covered["score", default: 0] += 1 }
      if try ProportionInterval.clopperPearson.of(test.canary).contains(rates.0) {
        covered["exact", default: 0] += 1
      }
    }
    // Coverage of score-type intervals waves around 95 %; that of the exact one never goes below.
    for (name, count) in covered {
      let least = name == "exact" ? 0.95 : 0.93
      #expect(count >= plausibleCounts(least, of: Self.runs).lowerBound, "\(name) at \(rates)")
    }
    #expect(covered.count == 4)
  }

  @Test func mannWhitneyRejectsAtMostFivePercentAndItsIntervalCovers() throws {
    var generator = SeededGenerator(seed: 104)
    var (exact, asymptotic, covered) = (0, 0, 0)
    for _ in 0..<Self.runs {
      let test = try MannWhitneyTest(
        canary: generator.exponentials(12), baseline: generator.exponentials(15))
      if let law = test.exactLaw(), law.logP(.twoSided) <= alpha { exact += 1 }
      if test.logP(.twoSided) <= alpha { asymptotic += 1 }
      if test.effectInterval().contains(0.5) { covered += 1 }
    }
    #expect(exact <= plausibleCounts(0.05, of: Self.runs).upperBound)
    #expect(asymptotic <= plausibleCounts(0.05, of: Self.runs).upperBound)
    #expect(covered >= plausibleCounts(0.935, of: Self.runs).lowerBound)
  }

  @Test func mannWhitneyIntervalCoversAShiftWithUnequalSpread() throws {
    // P(X > Y) for normals: Φ(δ / √(σ₁² + σ₂²)).
    let truth = Normal.standard.cdf(1.5 / 5.0.squareRoot())
    var generator = SeededGenerator(seed: 105)
    var covered = 0
    for _ in 0..<Self.runs {
      let test = try MannWhitneyTest(
        canary: generator.normals(25, mean: 1.5, sd: 1), baseline: generator.normals(40, sd: 2))
      if test.effectInterval().contains(truth) { covered += 1 }
    }
    #expect(covered >= plausibleCounts(0.94, of: Self.runs).lowerBound)
    #expect(covered <= plausibleCounts(0.975, of: Self.runs).upperBound)
  }
}
