import Statistics
import Testing

/// Whatever numbers come in, the answer is a number, NaN or a typed error; never a trap, never an
/// endless loop.
@Suite struct HostileInputTests {
  static let numbers: [Double] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 0.5, 1e-300, .leastNonzeroMagnitude, 1e308, -1e308,
    0x1p53, 1e9,
    1e-9, 3, 7.25, 0.999_999_999_999,
  ]

  private func draw(_ generator: inout SeededGenerator) -> Double {
    Self.numbers[Int(generator.next() % UInt64(Self.numbers.count))]
  }

  @Test func distributionsAnswerAnything() {
    for x in Self.numbers {
      for a in Self.numbers {
        let one: [any Distribution] = [
          StudentT(degreesOfFreedom: a), ChiSquared(degreesOfFreedom: a), Poisson(mean: a),
        ]
        for distribution in one {
          let tails = distribution.tails(at: x)
          #expect(tails.lower.isNaN || 0...1 ~= tails.lower, "\(distribution) at \(x)")
          _ = distribution.quantile(x)
        }
      }
    }
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1_500 {
      let (x, a, b) = (draw(&generator), draw(&generator), draw(&generator))
      let two: [any Distribution] = [
        Normal(mean: a, standardDeviation: b), Gamma(shape: a, scale: b), Beta(a: a, b: b),
        FDistribution(numeratorDegrees: a, denominatorDegrees: b),
        Binomial(trials: a, probability: b),
        Hypergeometric(population: 100, events: a, draws: b),
      ]
      for distribution in two {
        let tails = distribution.tails(at: x)
        #expect(tails.upper.isNaN || 0...1 ~= tails.upper, "\(distribution) at \(x)")
        _ = distribution.quantile(x)
        _ = distribution.inverseSurvival(x)
      }
    }
  }

  @Test func comparisonsOfCountsAnswerOrRefuse() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<3_000 {
      let n = (0..<4).map { _ in draw(&generator) }
      guard let canary = try? Proportion(events: n[0], trials: n[1]),
        let baseline = try? Proportion(events: n[2], trials: n[3])
      else { continue }
      _ = try? ProportionInterval.clopperPearson.of(canary)
      _ = try? ExactBinomialTest(canary, against: 0.5).logP(.twoSided)
      _ = try? TwoProportionTest(canary: canary, baseline: baseline).evidence(for: .twoSided)
      _ = try? StratifiedTest(strata: [(canary, baseline)])
      _ = try? Overdispersion(pods: [canary, baseline])
      var process = StratifiedEProcess(for: .twoSided)
      try? process.observe(canary: canary, baseline: baseline)
      try? process.observe(canary: canary, baseline: baseline)
      _ = process.evidence()
      _ = try? BetaBinomialComparison(canary: canary, baseline: baseline).logChanceCanaryHigher
    }
  }

  @Test func comparisonsOfSamplesAnswerOrRefuse() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<1_500 {
      let a = (0..<Int(generator.next() % 6)).map { _ in draw(&generator) }
      let b = (0..<Int(generator.next() % 6)).map { _ in draw(&generator) }
      _ = try? WelchTest(canary: Moments(of: a), baseline: Moments(of: b)).evidence(for: .less)
      _ = try? MannWhitneyTest(canary: a, baseline: b).evidence(for: .greater)
      _ = try? HodgesLehmannEstimate(canary: a, baseline: b).interval()
      _ = try? KolmogorovSmirnovTest(canary: a, baseline: b).exactP()
      _ = try? CramerVonMisesTest(canary: a, baseline: b).pValue
      _ = try? AndersonDarlingTest(canary: a, baseline: b)
      _ = try? PermutationTest(canary: a, baseline: b).exactP()
      _ = try? QuantileDifference(canary: a, baseline: b, at: 0.5)
      _ = try? RatioTest(
        canary: RatioArm(numerators: a, denominators: a),
        baseline: RatioArm(numerators: b, denominators: b))
      _ = try? HotellingTest(canary: a.map { [$0] }, baseline: b.map { [$0] })
      _ = try? LeastSquares(rows: a.map { [1, $0] }, responses: b)
      _ = try? Autocorrelation(of: a)
      _ = try? EnergyChangePoint(of: a)
      _ = try? Outliers(of: a).kayenta()
      _ = try? BootstrapInterval(estimate: 1, replicates: a, jackknife: b).biasCorrected
      _ = KayentaJudge().verdict(experiment: a, control: b)
    }
  }

  @Test func histogramsAndCategoriesAnswerOrRefuse() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<1_500 {
      let a = (0..<4).map { _ in draw(&generator) }
      let b = (0..<4).map { _ in draw(&generator) }
      _ = try? MannWhitneyTest(canaryCounts: a, baselineCounts: b).evidence(for: .twoSided)
      _ = try? Drift(canary: a, baseline: b).logP
      _ = try? SampleRatioTest(counts: a, weights: b).logBayesFactor(concentration: 10)
      if let buckets = try? BucketCounts(upperBounds: [1, 2, 3, .infinity], counts: a) {
        _ = try? HistogramQuantile(of: buckets).interval(at: 0.5)
        _ = try? KolmogorovSmirnovTest(canary: buckets, baseline: buckets).exactP()
      }
      if let first = try? EventRate(events: a[0], exposure: a[1]),
        let second = try? EventRate(events: a[2], exposure: a[3])
      {
        let test = PoissonRateTest(canary: first, baseline: second)
        _ = test.evidence(for: .twoSided)
        _ = test.estimatedLogP(.twoSided)
      }
    }
  }
}
