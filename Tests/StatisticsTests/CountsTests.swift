import Statistics
import Testing

@Suite struct CountsTests {
  @Test func proportionsRefuseImpossibleCounts() {
    #expect(throws: NotComputable.countExceedsTotal) { try Proportion(events: 2, trials: 1) }
    #expect(throws: NotComputable.negativeCount) { try Proportion(events: -1, trials: 1) }
    #expect(throws: NotComputable.nanInput) { try Proportion(events: .nan, trials: 1) }
    #expect(throws: NotComputable.nonFiniteInput) { try Proportion(events: 1, trials: .infinity) }
    #expect(throws: NotComputable.emptyInput) { try Proportion(events: 1, trials: 0) }
  }

  @Test func proportionsMergeAndCount() throws {
    var arm = Proportion(of: [0, 1, 1, .nan, 0])
    #expect(arm == (try Proportion(events: 2, trials: 4)))
    arm.merge(try Proportion(events: 1, trials: 6))
    #expect(arm.fraction == 0.3)
    #expect(arm.nonEvents == 7)
    #expect(Proportion().fraction.isNaN)
    #expect(try Proportion(events: 1.6, trials: 9.7).rounded == Proportion(events: 2, trials: 10))
  }

  @Test func cumulativeBucketsBecomeCountsPerBucket() throws {
    let buckets = try BucketCounts(upperBounds: [0.1, 0.5, .infinity], cumulative: [90, 99, 100])
    #expect(buckets.counts == [90, 9, 1])
    #expect(buckets.total == 100)
  }

  @Test func exceedancesAreCountedAtBoundsOnly() throws {
    let buckets = try BucketCounts(upperBounds: [0.1, 0.5, .infinity], cumulative: [90, 99, 100])
    #expect(buckets.exceedance(above: 0.1) == (try Proportion(events: 10, trials: 100)))
    #expect(buckets.exceedance(above: .infinity) == (try Proportion(events: 0, trials: 100)))
    #expect(buckets.exceedance(above: 0.2) == nil)
  }

  @Test func bucketsMergeOnlyWithTheSameBounds() throws {
    var left = try BucketCounts(upperBounds: [1, 2], counts: [3, 4])
    try left.merge(BucketCounts(upperBounds: [1, 2], counts: [10, 20]))
    #expect(left.counts == [13, 24])
    let other = try BucketCounts(upperBounds: [1, 3], counts: [1, 1])
    #expect(throws: NotComputable.lengthMismatch) { try left.merge(other) }
  }

  @Test func bucketsRefuseImpossibleShapes() {
    #expect(throws: NotComputable.nonMonotoneBuckets) {
      try BucketCounts(upperBounds: [1, 2], cumulative: [5, 3])
    }
    #expect(throws: NotComputable.nonMonotoneBuckets) {
      try BucketCounts(upperBounds: [2, 1], counts: [5, 3])
    }
    #expect(throws: NotComputable.lengthMismatch) {
      try BucketCounts(upperBounds: [2], counts: [5, 3])
    }
    #expect(throws: NotComputable.negativeCount) {
      try BucketCounts(upperBounds: [1, 2], counts: [5, -3])
    }
    #expect(throws: NotComputable.nanInput) {
      try BucketCounts(upperBounds: [1, .nan], counts: [5, 3])
    }
  }
}

@Suite struct SeededGeneratorTests {
  @Test func sequenceIsThePublishedOne() {
    // xoshiro256** seeded by SplitMix64(0), from the authors' C code.
    var generator = SeededGenerator(seed: 0)
    #expect(generator.next() == 11_091_344_671_253_066_420)
    #expect(generator.next() == 13_793_997_310_169_335_082)
    #expect(generator.next() == 1_900_383_378_846_508_768)
  }

  @Test func sameSeedSameSequenceAndUnitsStayInRange() {
    var (first, second) = (SeededGenerator(seed: 9), SeededGenerator(seed: 9))
    var sum = 0.0
    for _ in 0..<10_000 {
      let unit = first.nextUnit()
      #expect(unit == second.nextUnit())
      #expect(0 <= unit && unit < 1)
      sum += unit
    }
    #expect(abs(sum / 10_000 - 0.5) < 0.015)
    #expect(first == second)
    #expect(SeededGenerator(seed: 1) != SeededGenerator(seed: 2))
  }
}
