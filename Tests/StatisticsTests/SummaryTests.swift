import Foundation
import Statistics
import Testing

/// Summaries that merge, layouts, budgets, and the bootstrap.
@Suite struct SummaryTests {
  @Test func comomentsMergeInAnyGrouping() throws {
    var generator = SeededGenerator(seed: 1)
    let pairs = (0..<300).map { _ in
      (x: 1e9 + generator.nextNormal(), y: 5 + generator.nextNormal())
    }
    var whole = Comoments()
    for pair in pairs { whole.add(x: pair.x, y: pair.y) }
    var parts = (0..<7).map { _ in Comoments() }
    for (index, pair) in pairs.enumerated() { parts[index % 7].add(x: pair.x, y: pair.y) }
    var merged = Comoments()
    for part in parts.reversed() { merged.merge(part) }
    for (got, want) in [
      (merged.meanX, whole.meanX), (merged.squaresX, whole.squaresX),
      (merged.squaresY, whole.squaresY), (merged.crossed, whole.crossed),
    ] {
      #expect(abs(got - want) <= 1e-9 * abs(want))
    }
    #expect(merged.count == 300)
  }

  @Test(arguments: [0.0, 1e9, -3e5], [1 as UInt64, 2, 3])
  func comomentsMergeAssociatively(offset: Double, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = (0..<6).map { number in
      var part = Comoments()
      for _ in 0..<1 + 37 * number {
        let x = generator.normal(mean: offset, sd: 2)
        part.add(x: x, y: 3 * (x - offset) + generator.normal(mean: -offset))
      }
      return part
    }
    func joined(_ parts: [Comoments]) -> Comoments {
      parts.reduce(into: Comoments()) { $0.merge($1) }
    }
    let fromLeft = joined(parts)
    let pairs = [0, 2, 4].map { joined([parts[$0], parts[$0 + 1]]) }
    for other in [joined(parts.reversed()), joined([pairs[2], joined([pairs[0], pairs[1]])])] {
      #expect(other.count == fromLeft.count)
      for (got, want) in [
        (other.squaresX, fromLeft.squaresX), (other.squaresY, fromLeft.squaresY),
        (other.crossed, fromLeft.crossed), (other.meanX, fromLeft.meanX),
        (other.meanY, fromLeft.meanY),
      ] {
        // Means are as good as their spread.
        #expect(abs(got - want) <= 1e-13 * max(abs(want), 2), "seed \(seed)")
      }
    }
  }

  @Test func aRatioArmFromComomentsIsThatFromValues() throws {
    let (y, x) = ([3.0, 5, 8, 1, 9], [10.0, 14, 20, 6, 31])
    var units = Comoments()
    for (numerator, denominator) in zip(y, x) { units.add(x: denominator, y: numerator) }
    let (summed, listed) = (
      try RatioArm(units), try RatioArm(numerators: y, denominators: x)
    )
    #expect(abs(summed.ratio - listed.ratio) < 1e-15)
    #expect(abs(summed.variance - listed.variance) < 1e-15)
    units.add(x: .nan, y: 1)
    #expect(throws: NotComputable.nonFiniteInput) { try RatioArm(units) }
  }

  @Test func recordsOfUnitsAddUp() throws {
    var first = ExperimentArm()
    first.add(unit: 1, numerator: 10)
    first.add(unit: 2, numerator: 4, denominator: 2)
    first.setCovariate(unit: 1, 7)
    var second = ExperimentArm()
    second.add(unit: 1, numerator: 5)
    second.assign(unit: 3)
    first.merge(second)
    #expect(first.unitCount == 3)
    #expect(abs(first.values.mean - 19.0 / 3) < 1e-14)
    #expect(first.pairs.sumX == 4)
    #expect(try first.adjustable().covariates == [7, 7, 7])
  }

  @Test func layoutsMeetOnTheBoundsTheyShare() throws {
    let old = try BucketCounts(upperBounds: [1, 2, 4, .infinity], counts: [5, 3, 2, 1])
    let new = try BucketCounts(upperBounds: [1, 3, 4, .infinity], counts: [6, 2, 2, 0])
    let (a, b) = try BucketCounts.aligned(old, new)
    #expect(a.upperBounds == [1, 4, .infinity])
    #expect(a.counts == [5, 5, 1])
    #expect(b.counts == [6, 4, 0])
    let foreign = try BucketCounts(upperBounds: [7, .infinity], counts: [1, 1])
    #expect(throws: NotComputable.lengthMismatch) { try BucketCounts.aligned(old, foreign) }
    #expect(throws: NotComputable.nonMonotoneBuckets) { try old.coarsened(to: [3]) }
  }

  @Test func nativeHistogramsMergeAtTheLowerSchema() throws {
    // Bucket i of schema 1 ends at 2^(i/2); two of them make one of schema 0.
    let fine = try ExponentialBuckets(schema: 1, firstIndex: -2, counts: [1, 2, 4, 8, 16])
    let coarse = try fine.reduced(to: 0)
    #expect(coarse.firstIndex == -1)
    #expect(coarse.counts == [1, 6, 24])
    #expect(coarse.upperBound(of: 1) == fine.upperBound(of: 2))
    let other = try ExponentialBuckets(schema: 0, firstIndex: 3, counts: [5], zeroCount: 2)
    let merged = try fine.merged(with: other)
    #expect(merged.schema == 0)
    #expect(merged.counts == [1, 6, 24, 0, 5])
    #expect(try merged.bucketCounts().counts == [3, 6, 24, 0, 5, 0])
    #expect(throws: NotComputable.invalidWeight) { try fine.reduced(to: 2) }
  }

  @Test func budgetsNeverHandOutMoreThanTheyHave() throws {
    var budget = try ErrorBudget(0.05)
    #expect(abs(try budget.draw(0.4) - 0.02) < 1e-15)
    #expect(abs(try budget.shares(weights: [2, 1, 1]).reduce(0, +) - 0.03) < 1e-15)
    #expect(try budget.draw(1) <= 0.03 + 1e-15)
    #expect(try budget.draw(0.5) < 1e-15)
    #expect(throws: NotComputable.invalidProbability) { try ErrorBudget(0.7) }
    let even = try ErrorBudget.combinedLogE([log(40), 0, 0, 0])
    #expect(abs(even - log(10.75)) < 1e-12)
    // What Bonferroni stops, the mean stops too.
    #expect(try ErrorBudget.combinedLogE([log(80), -.infinity, -5, 0]) >= log(20))
  }

  @Test func theBootstrapOfAQuantileIsThatOfItsResamples() throws {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<400).map { _ in exp(generator.nextNormal()) }
    let sorted = values.sorted()
    let direct = (0..<2_000).map { _ in
      QuantileEstimate.interpolated(
        (0..<400).map { _ in sorted[Int(generator.nextUnit() * 400)] }.sorted(), at: 0.9)
    }
    let short = try Bootstrap.quantile(of: values, at: 0.9, replicates: 2_000, using: &generator)
    let long = try BootstrapInterval(
      estimate: QuantileEstimate.interpolated(sorted, at: 0.9), replicates: direct,
      jackknife: (0..<400).map { left in
        QuantileEstimate.interpolated(
          Array(sorted[..<left]) + Array(sorted[(left + 1)...]), at: 0.9)
      })
    #expect(abs(short.acceleration - long.acceleration) < 1e-12)
    #expect(abs(short.standardError / long.standardError - 1) < 0.1)
    #expect(abs(short.percentile.upper - long.percentile.upper) < 0.15)
  }

  @Test func theBootstrapOfAHistogramCoversItsQuantile() throws {
    let buckets = try BucketCounts(
      upperBounds: [1, 2, 3, 4, .infinity], counts: [500, 300, 150, 45, 5])
    var generator = SeededGenerator(seed: 4)
    let interval = try Bootstrap.histogram(buckets, replicates: 500, using: &generator) {
      HistogramQuantile(of: $0).value(at: 0.9)
    }
    let wilson = try HistogramQuantile(of: buckets).interval(at: 0.9)
    #expect(abs(interval.percentile.lower - wilson.lower) < 0.06)
    #expect(abs(interval.percentile.upper - wilson.upper) < 0.06)
  }

  @Test func theSplitIsCheckedAtEveryScrape() throws {
    var generator = SeededGenerator(seed: 6)
    var fair = try SampleRatioProcess(weights: [0.1, 0.9])
    var broken = fair
    for _ in 0..<60 {
      let (a, b) = (generator.binomial(1_000, 0.1), generator.binomial(1_000, 0.12))
      try fair.observe([a, 1_000 - a])
      try broken.observe([b, 1_000 - b])
    }
    #expect(fair.largestLogE < log(20))
    #expect(broken.largestLogE > log(1_000))
    #expect(try broken.evidence().interval.contains(0.12))
    #expect(throws: NotComputable.lengthMismatch) { try fair.observe([1, 2, 3]) }
  }

  @Test func podVarianceOfLogOddsIsFoundWhereMostTrialsAreEvents() throws {
    var generator = SeededGenerator(seed: 8)
    let pods = try (0..<400).map { _ in
      let logOdds = 2 + 0.5 * generator.nextNormal()
      let events = generator.binomial(2_000, 1 / (1 + exp(-logOdds)))
      return try Proportion(events: events, trials: 2_000)
    }
    let spread = try Overdispersion(pods: pods)
    #expect(abs(spread.logOddsVariance - 0.25) < 0.06)
  }
}
