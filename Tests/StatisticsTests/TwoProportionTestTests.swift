import Foundation
import Statistics
import Testing

@Suite struct TwoProportionTestTests {
  private func test(_ x1: Double, _ n1: Double, _ x2: Double, _ n2: Double) throws
    -> TwoProportionTest
  {
    try TwoProportionTest(
      canary: Proportion(events: x1, trials: n1), baseline: Proportion(events: x2, trials: n2))
  }

  @Test func teaTastingMatchesFisher() throws {
    // R. Fisher, The Design of Experiments, 1935: 3 of 4 right, P = 17/70 and 34/70.
    let tea = try test(3, 4, 1, 4).fisher
    #expect(abs(exp(tea.logP(.greater)) - 17.0 / 70) < 1e-14)
    #expect(abs(exp(tea.logP(.twoSided)) - 34.0 / 70) < 1e-14)
    #expect(abs(exp(tea.logP(.less)) - 69.0 / 70) < 1e-14)
  }

  @Test func newcombeIntervalMatchesHisTable() throws {
    // R. Newcombe, Stat. Med. 17, 1998, table II, method 10: 56/70 − 48/80.
    let interval = try test(56, 70, 48, 80).newcombeInterval()
    #expect(abs(interval.lower - 0.0524) < 5e-5)
    #expect(abs(interval.upper - 0.3339) < 5e-5)
  }

  @Test func miettinenNurminenMatchesNewcombesTable() throws {
    // The same table, method 6 (score interval with N/(N − 1)): 0.0528 to 0.3382.
    let interval = try test(56, 70, 48, 80).miettinenNurminenInterval()
    #expect(abs(interval.lower - 0.0528) < 5e-5)
    #expect(abs(interval.upper - 0.3382) < 5e-5)
  }

  @Test func intervalsAreMirroredWhenArmsAreExchanged() throws {
    let (test, mirror) = (try test(3, 40, 11, 70), try test(11, 70, 3, 40))
    for (a, b) in [
      (try test.newcombeInterval(), try mirror.newcombeInterval()),
      (try test.miettinenNurminenInterval(), try mirror.miettinenNurminenInterval()),
      (try test.agrestiCaffoInterval(), try mirror.agrestiCaffoInterval()),
    ] {
      #expect(abs(a.lower + b.upper) < 1e-13)
      #expect(abs(a.upper + b.lower) < 1e-13)
    }
    #expect(abs(test.fisher.logP(.greater) - mirror.fisher.logP(.less)) < 1e-13)
  }

  @Test func fisherTwoSidedEqualsPlainEnumeration() throws {
    for (x1, n1, x2, n2) in [(7.0, 20.0, 3.0, 18.0), (0, 9, 4, 9), (5, 5, 0, 5), (12, 30, 30, 70)] {
      let law = Hypergeometric(population: n1 + n2, events: x1 + x2, draws: n1)
      let observed = law.logProbability(of: x1)
      var sum = 0.0
      for k in stride(from: law.support.lowerBound, through: law.support.upperBound, by: 1)
      where law.logProbability(of: k) <= observed + 1e-9 {
        sum += exp(law.logProbability(of: k))
      }
      let p = exp(try test(x1, n1, x2, n2).fisher.logP(.twoSided))
      #expect(abs(p - min(1, sum)) < 1e-13, "\(x1)/\(n1) against \(x2)/\(n2)")
    }
  }

  @Test func rareEventsUseFisherAndNoEventsProveNothing() throws {
    let rare = try test(1, 1_000, 2, 9_000).evidence(for: .greater)
    #expect(rare.method.hasPrefix("Fisher"))
    let none = try test(0, 1_000, 0, 9_000).evidence(for: .greater)
    #expect(none.strength.logP == 0)
    #expect(none.interval.lower < 0 && none.interval.upper > 0)
    #expect(try test(50, 1_000, 400, 9_000).evidence(for: .greater).method.contains("z test"))
    #expect(throws: NotComputable.zeroVariance) { try test(0, 9, 0, 9).z() }
    #expect(throws: NotComputable.emptyInput) {
      try TwoProportionTest(canary: Proportion(), baseline: Proportion(events: 1, trials: 2))
    }
  }

  @Test func nonInferiorityNeedsAPositiveMargin() throws {
    let test = try test(50, 1_000, 45, 1_000)
    #expect(throws: NotComputable.invalidMargin) {
      try test.logP(notWorseBy: 0, higherIsBetter: false)
    }
    #expect(try test.logP(notWorseBy: 0.05, higherIsBetter: false) < -8)
    let result = try test.equivalence(within: -0.03, 0.03)
    #expect(
      (result.logP < log(0.05)) == (result.interval.lower > -0.03 && result.interval.upper < 0.03))
    #expect(throws: NotComputable.invalidMargin) { try test.equivalence(within: 1, -1) }
  }

  @Test func wilsonBoundsSolveTheScoreEquation() throws {
    let z = Normal.standard.inverseSurvival(0.025)
    for (x, n) in [(0.0, 10.0), (1, 1), (3, 17), (1, 1e9), (999_999_999, 1e9)] {
      let interval = try ProportionInterval.wilson.of(Proportion(events: x, trials: n))
      for bound in [interval.lower, interval.upper] where bound > 0 && bound < 1 {
        let score = (x / n - bound) / (bound * (1 - bound) / n).squareRoot()
        #expect(abs(abs(score) - z) < 1e-6, "\(x) of \(n)")
      }
    }
  }
}
