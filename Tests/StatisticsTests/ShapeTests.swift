import Foundation
import Statistics
import Testing

@Suite struct ShapeTests {
  @Test func permutationEqualsEnumeration() throws {
    var generator = SeededGenerator(seed: 91)
    for _ in 0..<10 {
      let canary = (0..<4).map { _ in Double(generator.next() % 40) / 10 }
      let baseline = (0..<5).map { _ in Double(generator.next() % 40) / 10 }
      let test = try PermutationTest(canary: canary, baseline: baseline)
      let pool = (canary + baseline).map { ($0 * 10).rounded() }
      func scaled(_ sum: Double) -> Double { 9 * sum - 4 * pool.reduce(0, +) }
      let observed = scaled(pool.prefix(4).reduce(0, +))
      var (greater, both, all) = (0.0, 0.0, 0.0)
      for mask in 0..<512 where mask.nonzeroBitCount == 4 {
        let sum = (0..<9).reduce(0.0) { mask >> $1 & 1 == 1 ? $0 + pool[$1] : $0 }
        all += 1
        if scaled(sum) >= observed { greater += 1 }
        if abs(scaled(sum)) >= abs(observed) { both += 1 }
      }
      let p = try #require(test.exactP())
      #expect(abs(p.greater - greater / all) < 1e-14)
      #expect(abs(p.twoSided - both / all) < 1e-14)
      let sampled = test.sampledP(draws: 400, using: &generator)
      #expect(abs(sampled.greater - p.greater) < 0.15)
    }
    #expect(try PermutationTest(canary: [0.1234567891], baseline: [1]).exactP() == nil)
  }

  @Test func permutationRejectsAtMostFivePercent() throws {
    var generator = SeededGenerator(seed: 92)
    let runs = 300
    var rejected = 0
    for _ in 0..<runs {
      let test = try PermutationTest(
        canary: (0..<7).map { _ in Double(generator.next() % 20) },
        baseline: (0..<6).map { _ in Double(generator.next() % 20) })
      if let p = test.exactP(), p.twoSided <= 0.05 { rejected += 1 }
    }
    #expect(rejected <= plausibleCounts(0.05, of: runs).upperBound)
  }

  @Test func distributionFunctionTestsRejectAboutFivePercent() throws {
    var generator = SeededGenerator(seed: 93)
    let runs = 300
    var (cramer, anderson) = (0, 0)
    for _ in 0..<runs {
      let (a, b) = (generator.exponentials(25), generator.exponentials(20))
      if try CramerVonMisesTest(canary: a, baseline: b).pValue <= 0.05 { cramer += 1 }
      // F. Scholz, M. Stephens, table 1: 5 % point of the standardised statistic, 1.960 for large
      // samples of two arms.
      if try AndersonDarlingTest(canary: a, baseline: b).standardised > 1.96 { anderson += 1 }
    }
    #expect(plausibleCounts(0.05, of: runs).contains(cramer))
    #expect(plausibleCounts(0.05, of: runs).contains(anderson))
  }

  @Test func exactAndLimitLawsAgreeRoughly() throws {
    var generator = SeededGenerator(seed: 94)
    let test = try CramerVonMisesTest(
      canary: generator.normals(11), baseline: generator.normals(12, mean: 0.8))
    let exact = try #require(test.exactP())
    #expect(abs(exact - test.pValue) < 0.02)
    let tied = try CramerVonMisesTest(canary: [1, 2], baseline: [2, 3])
    #expect(tied.exactP() == nil)
    let anderson = try AndersonDarlingTest(canary: [1, 2, 3, 4], baseline: [9, 8, 7, 6])
    // Every relabeling but 2 of 70 is less extreme.
    let p = anderson.sampledP(draws: 600, using: &generator)
    #expect(p < 0.08 && p > 0.005)
    #expect(throws: NotComputable.allValuesEqual) {
      try AndersonDarlingTest(canary: [1, 1], baseline: [1, 1])
    }
  }

  @Test func uniformBoundariesHoldForAWholeWalk() throws {
    let mixture = try UniformBoundary(.normal, tunedAt: 50, alpha: 0.05)
    let stitched = try StitchedBoundary(alpha: 0.05, startTime: 5)
    let times = (1...200).map { Double($0) }
    let (first, second) = (times.map(mixture.bound(at:)), times.map(stitched.bound(at:)))
    var generator = SeededGenerator(seed: 95)
    let runs = 400
    var (crossedMixture, crossedStitched) = (0, 0)
    for _ in 0..<runs {
      var sum = 0.0
      var (one, two) = (false, false)
      for index in times.indices {
        sum += generator.normal()
        one = one || sum > first[index]
        two = two || sum > second[index]
      }
      crossedMixture += one ? 1 : 0
      crossedStitched += two ? 1 : 0
    }
    #expect(crossedMixture <= plausibleCounts(0.05, of: runs).upperBound)
    #expect(crossedStitched <= plausibleCounts(0.05, of: runs).upperBound)
    // At the bound the mixture is worth exactly 1/α.
    #expect(abs(mixture.logMixture(sum: mixture.bound(at: 70), at: 70) - log(20)) < 1e-12)
    #expect(throws: NotComputable.nonPositiveExposure) {
      try UniformBoundary(.gammaPoisson(scale: 0), tunedAt: 1, alpha: 0.05)
    }
  }
}
