import Foundation
import Statistics
import Testing

@Suite struct MomentsTests {
  @Test func smallSetMatchesHandComputation() {
    let moments = Moments(of: [2, 4, 4, 4, 5, 5, 7, 9])
    #expect(moments.count == 8)
    #expect(moments.mean == 5)
    #expect(abs(moments.variance - 32.0 / 7) < 1e-15)
  }

  @Test func emptyHasNoMeanAndOneValueNoVariance() {
    #expect(Moments().mean.isNaN)
    #expect(Moments(of: [3]).mean == 3)
    #expect(Moments(of: [3]).variance.isNaN)
  }

  @Test func offsetOfABillionCostsNoDigits() {
    // Sixteenths are exact near 1e9, so the variance must not change at all.
    var generator = SeededGenerator(seed: 5)
    let near = (0..<1_000).map { _ in Double(generator.next() % 4_096) / 16 }
    let far = near.map { $0 + 1e9 }
    let (small, large) = (Moments(of: near), Moments(of: far))
    #expect(abs(small.variance / large.variance - 1) < 1e-13)
    #expect(abs(large.meanDifference(from: small) - 1e9) < 1e-6)
  }

  @Test func nonFiniteValuesAreCountedApart() {
    let moments = Moments(of: [1, .nan, 3, .infinity, -.infinity])
    #expect(moments.count == 2)
    #expect(moments.nanCount == 1)
    #expect(moments.infiniteCount == 2)
    #expect(moments.mean == 2)
    #expect(moments.merged(with: moments).infiniteCount == 4)
  }

  @Test(arguments: [0.0, 1e9, -3e5], [1 as UInt64, 2, 3])
  func mergeIsAssociativeAndEqualsTheWhole(offset: Double, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = (0..<6).map { generator.normals(1 + 37 * $0, mean: offset, sd: 2) }
    let summaries = parts.map { Moments(of: $0) }
    let whole = Moments(of: parts.flatMap { $0 })
    let fromLeft = summaries.reduce(Moments()) { $0.merged(with: $1) }
    let fromRight = summaries.reversed().reduce(Moments()) { $1.merged(with: $0) }
    let pairs = [0, 2, 4].map { summaries[$0].merged(with: summaries[$0 + 1]) }
    let nested = pairs[0].merged(with: pairs[1].merged(with: pairs[2]))
    for merged in [fromLeft, fromRight, nested] {
      #expect(merged.count == whole.count)
      #expect(abs(merged.meanDifference(from: whole)) < 1e-13 * max(1, abs(offset) * 1e-2))
      #expect(abs(merged.variance / whole.variance - 1) < 1e-13, "seed \(seed)")
    }
    #expect(whole.merged(with: Moments()) == whole)
    #expect(Moments().merged(with: whole) == whole)
  }
}

@Suite struct CompensatedSumTests {
  @Test func keepsWhatAPlainSumLoses() {
    #expect(CompensatedSum(of: [1, 1e100, 1, -1e100]).result == 2)
    #expect(CompensatedSum(of: []).result == 0)
    #expect(CompensatedSum(of: [.infinity, 1]).result == .infinity)
    #expect(CompensatedSum(of: [.infinity, -.infinity]).result.isNaN)
    #expect(CompensatedSum(of: [1, .nan]).result.isNaN)
    #expect(
      CompensatedSum(of: [.greatestFiniteMagnitude, .greatestFiniteMagnitude]).result == .infinity)
  }

  @Test func mergeInAnyGroupingAgrees() {
    var generator = SeededGenerator(seed: 11)
    let values = generator.normals(3_000, sd: 1e8)
    let whole = CompensatedSum(of: values).result
    let parts = stride(from: 0, to: 3_000, by: 100).map {
      CompensatedSum(of: Array(values[$0..<$0 + 100]))
    }
    let left = parts.reduce(CompensatedSum()) { $0.merged(with: $1) }.result
    let right = parts.reversed().reduce(CompensatedSum()) { $1.merged(with: $0) }.result
    #expect(abs(left - whole) <= 1e-13 * abs(whole))
    #expect(abs(right - whole) <= 1e-13 * abs(whole))
  }
}
