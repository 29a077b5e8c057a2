import Foundation
import Statistics
import Testing

@Suite struct MannWhitneyTestTests {
  @Test func exactLawMatchesTheClassicTable() throws {
    // H. Mann, D. Whitney, Ann. Math. Stat. 18, 1947, table for n = 4, m = 4: P(U ≤ 1) = .029.
    let test = try MannWhitneyTest(canary: [1, 2, 3, 5], baseline: [4, 6, 7, 8])
    #expect(test.u == 1)
    let law = try #require(test.exactLaw())
    #expect(abs(exp(law.logP(.less)) - 2.0 / 70) < 1e-15)
    #expect(abs(exp(law.logP(.greater)) - 69.0 / 70) < 1e-15)
  }

  @Test func exactLawEqualsEnumerationOfAllDeals() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let canary = (0..<4).map { _ in Double(generator.next() % 5) }
      let baseline = (0..<5).map { _ in Double(generator.next() % 5) }
      let test = try MannWhitneyTest(canary: canary, baseline: baseline)
      let pool = canary + baseline
      var (above, below, deals) = (0.0, 0.0, 0.0)
      for mask in 0..<(1 << 9) where mask.nonzeroBitCount == 4 {
        let first = (0..<9).filter { mask >> $0 & 1 == 1 }.map { pool[$0] }
        let second = (0..<9).filter { mask >> $0 & 1 == 0 }.map { pool[$0] }
        var u = 0.0
        for a in first { for b in second { u += a > b ? 1 : (a == b ? 0.5 : 0) } }
        deals += 1
        if u >= test.u { above += 1 }
        if u <= test.u { below += 1 }
      }
      let law = try #require(test.exactLaw())
      #expect(abs(exp(law.logUpper) - above / deals) < 1e-14)
      #expect(abs(exp(law.logLower) - below / deals) < 1e-14)
    }
  }

  @Test func bucketsAndSamplesOfTheirRanksAgree() throws {
    let (a, b) = ([3.0, 0, 5, 2], [1.0, 4, 4, 6])
    let buckets = try MannWhitneyTest(
      canary: BucketCounts(upperBounds: [1, 2, 3, .infinity], counts: a),
      baseline: BucketCounts(upperBounds: [1, 2, 3, .infinity], counts: b))
    let samples = try MannWhitneyTest(
      canary: a.enumerated().flatMap {
        [Double](repeating: Double($0.offset), count: Int($0.element))
      },
      baseline: b.enumerated().flatMap {
        [Double](repeating: Double($0.offset), count: Int($0.element))
      })
    #expect(buckets == samples)
    #expect(buckets.u == samples.u)
    #expect(buckets.exactLaw() == samples.exactLaw())
  }

  @Test func exchangingTheArmsMirrorsTheEffect() throws {
    var generator = SeededGenerator(seed: 8)
    let (a, b) = (generator.normals(30), generator.exponentials(20))
    let test = try MannWhitneyTest(canary: a, baseline: b)
    let mirror = try MannWhitneyTest(canary: b, baseline: a)
    #expect(abs(test.effect + mirror.effect - 1) < 1e-15)
    #expect(abs(test.logP(.greater) - mirror.logP(.less)) < 1e-13)
    #expect(abs(test.effectInterval().lower + mirror.effectInterval().upper - 1) < 1e-13)
    #expect(test.effectInterval().contains(test.effect))
  }

  @Test func separatedAndEqualArmsHaveHonestIntervals() throws {
    let separated = try MannWhitneyTest(canary: [5, 6, 7], baseline: [1, 2, 3])
    #expect(separated.effect == 1)
    #expect(separated.effectInterval().upper == 1)
    #expect(separated.effectInterval().lower < 0.75)
    let equal = try MannWhitneyTest(canary: [1, 1], baseline: [1, 1, 1])
    #expect(equal.logP(.twoSided) == 0)
    #expect(equal.effectInterval().lower < 0.3 && equal.effectInterval().upper > 0.7)
    #expect(throws: NotComputable.allValuesEqual) { try equal.z() }
    #expect(!equal.evidence(for: .twoSided).assumptionsHold)
  }

  @Test func nonInferiorityAgreesWithTheInterval() throws {
    var generator = SeededGenerator(seed: 9)
    let test = try MannWhitneyTest(canary: generator.normals(60), baseline: generator.normals(70))
    let margin = 0.15
    let interval = test.effectInterval(level: 0.9)
    let proven = try test.logP(notWorseBy: margin, higherIsBetter: false) < log(0.05)
    #expect(proven == (interval.upper < 0.5 + margin))
    let mirror = try test.logP(notWorseBy: margin, higherIsBetter: true) < log(0.05)
    #expect(mirror == (interval.lower > 0.5 - margin))
    #expect(throws: NotComputable.invalidMargin) {
      try test.logP(notWorseBy: 0.5, higherIsBetter: true)
    }
    let separated = try MannWhitneyTest(canary: [5, 6], baseline: [1, 2])
    #expect(throws: NotComputable.zeroVariance) {
      try separated.logP(notWorseBy: 0.1, higherIsBetter: true)
    }
  }

  @Test func refusesWhatCannotBeRanked() {
    #expect(throws: NotComputable.emptyInput) { try MannWhitneyTest(canary: [], baseline: [1]) }
    #expect(throws: NotComputable.nanInput) { try MannWhitneyTest(canary: [.nan], baseline: [1]) }
    #expect(throws: NotComputable.emptyInput) {
      try MannWhitneyTest(canaryCounts: [0, 0], baselineCounts: [1, 1])
    }
    #expect(throws: NotComputable.lengthMismatch) {
      try MannWhitneyTest(canaryCounts: [1], baselineCounts: [1, 1])
    }
  }
}
