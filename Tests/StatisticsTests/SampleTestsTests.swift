import Foundation
import Statistics
import Testing

@Suite struct SampleTestsTests {
  @Test func hodgesLehmannEqualsTheListOfDifferences() throws {
    var generator = SeededGenerator(seed: 51)
    for size in [1, 2, 5, 12] {
      let a = generator.normals(size + 3, mean: -0.2)
      let b = (0..<size).map { _ in Double(generator.next() % 4) }
      let all = a.flatMap { x in b.map { x - $0 } }.sorted()
      let shift = try HodgesLehmannEstimate(canary: a, baseline: b)
      for rank in 1...all.count { #expect(shift.difference(ranked: rank) == all[rank - 1]) }
      let median = QuantileEstimate.interpolated(all, at: 0.5)
      #expect(abs(shift.estimate - median) < 1e-15)
    }
    #expect(throws: NotComputable.nonFiniteInput) {
      try HodgesLehmannEstimate(canary: [.infinity], baseline: [1])
    }
  }

  @Test func hodgesLehmannIntervalCoversTheShift() throws {
    var generator = SeededGenerator(seed: 52)
    let runs = 300
    var (small, large) = (0, 0)
    for _ in 0..<runs {
      let exact = try HodgesLehmannEstimate(
        canary: generator.exponentials(9).map { $0 + 2 }, baseline: generator.exponentials(11))
      if exact.interval().contains(2) { small += 1 }
      let rough = try HodgesLehmannEstimate(
        canary: generator.normals(60, mean: 2), baseline: generator.normals(50))
      if rough.interval().contains(2) { large += 1 }
    }
    #expect(small >= plausibleCounts(0.95, of: runs).lowerBound)
    #expect(large >= plausibleCounts(0.945, of: runs).lowerBound)
    #expect(large <= plausibleCounts(0.97, of: runs).upperBound)
  }

  @Test func kolmogorovSmirnovSeesAShiftAndCountsPaths() throws {

    var generator = SeededGenerator(seed: 53)
    let a = generator.normals(400)
    let test = try KolmogorovSmirnovTest(canary: a, baseline: a.map { $0 + 1 })
    #expect(test.logP < log(1e-10))
    #expect(test.distanceAbove > 0.3 && test.distanceBelow == 0)
    // Every value of one arm below every one of the other: 2 / C(9, 4).
    let separated = try KolmogorovSmirnovTest(canary: [1, 2, 3, 4], baseline: [5, 6, 7, 8, 9])
    let exact = try #require(separated.exactP())
    #expect(abs(exact.twoSided - 2.0 / 126) < 1e-15)
    #expect(abs(exact.above - 1.0 / 126) < 1e-15)
    #expect(exact.below == 1)
  }

  @Test func kolmogorovSmirnovRejectsAtMostFivePercent() throws {
    var generator = SeededGenerator(seed: 54)
    let runs = 400
    var (exact, limit) = (0, 0)
    for _ in 0..<runs {
      let test = try KolmogorovSmirnovTest(
        canary: generator.exponentials(20), baseline: generator.exponentials(30))
      if let p = test.exactP(), p.twoSided <= 0.05 { exact += 1 }
      if test.logP <= log(0.05) { limit += 1 }
    }
    #expect(exact <= plausibleCounts(0.05, of: runs).upperBound)
    #expect(limit <= exact)
  }

  @Test func quantileIntervalsCoverAndAreInfiniteWhenTheyMust() throws {
    var generator = SeededGenerator(seed: 55)
    let runs = 1_000
    var covered = 0
    for _ in 0..<runs {
      let p90 = try QuantileEstimate(of: generator.exponentials(100), at: 0.9)
      if p90.interval.contains(log(10)) { covered += 1 }
    }
    #expect(covered >= plausibleCounts(0.95, of: runs).lowerBound)
    let few = try QuantileEstimate(of: [3, 1, 2], at: 0.99)
    #expect(few.value == 2.98)
    #expect(few.interval.lower == 2 && few.interval.upper == .infinity)
    #expect(throws: NotComputable.tooFewObservations) { try few.standardError() }
    #expect(throws: NotComputable.invalidProbability) { try QuantileEstimate(of: [1], at: 1.1) }
    #expect(try QuantileEstimate(of: [1, 2], at: 0).interval.lower == -.infinity)
    #expect(try QuantileEstimate(of: [1, 2], at: 1).value == 2)
  }

  @Test func quantileDifferencesRejectAboutFivePercent() throws {
    var generator = SeededGenerator(seed: 56)
    let runs = 600
    var rejected = 0
    for _ in 0..<runs {
      let test = try QuantileDifference(
        canary: generator.exponentials(300), baseline: generator.exponentials(400), at: 0.9)
      if test.evidence(for: .twoSided).strength.logP <= log(0.05) { rejected += 1 }
    }
    #expect(rejected <= plausibleCounts(0.06, of: runs).upperBound)
  }

  @Test func histogramQuantileFollowsPrometheus() throws {
    let buckets = try BucketCounts(upperBounds: [1, 2, .infinity], cumulative: [2, 6, 8])
    let quantile = HistogramQuantile(of: buckets)
    #expect(quantile.value(at: 0.5) == 1.5)
    #expect(quantile.value(at: 0.99) == 2)
    #expect(quantile.value(at: -1) == -.infinity)
    #expect(quantile.value(at: .nan).isNaN)
    let interval = try quantile.interval(at: 0.5)
    #expect(interval.lower < 1.5 && interval.upper >= 1.5)
    let empty = HistogramQuantile(of: try BucketCounts(upperBounds: [1], counts: [0]))
    #expect(empty.value(at: 0.5).isNaN)
    #expect(throws: NotComputable.emptyInput) { try empty.interval(at: 0.5) }
  }

  @Test func ratiosOfSumsCoverWithUnitsThatVary() throws {
    var generator = SeededGenerator(seed: 57)
    let runs = 600
    var (covered, fieller) = (0, 0)
    func arm(_ units: Int) throws -> RatioArm {
      let denominators = generator.exponentials(units, mean: 20).map { 5 + $0 }
      // Each unit has its own level: errors within it are not independent.
      let numerators = denominators.map { $0 * (2 + generator.normal(sd: 0.4)) }
      return try RatioArm(numerators: numerators, denominators: denominators)
    }
    for _ in 0..<runs {
      let test = try RatioTest(canary: arm(60), baseline: arm(80))
      if test.interval().contains(0) { covered += 1 }
      if test.fiellerInterval().contains(1) { fieller += 1 }
    }
    #expect(covered >= plausibleCounts(0.935, of: runs).lowerBound)
    #expect(fieller >= plausibleCounts(0.935, of: runs).lowerBound)
    #expect(throws: NotComputable.zeroDenominator) {
      try RatioArm(numerators: [1, 2], denominators: [0, 0])
    }
    #expect(throws: NotComputable.tooFewObservations) {
      try RatioArm(numerators: [1], denominators: [1])
    }
  }
}
