import Foundation
import Statistics
import Testing

/// Every test at 5 % and every interval at 95 % on simulated data without a difference, with
/// binomial bounds that a sound rule breaks once in a million runs. Judges: `SmallStudyTests`.
@Suite struct RuleStudyTests {
  /// A rule, and the logarithm of its p-value on data that it draws itself.
  struct Rule: Sendable, CustomStringConvertible {
    var description: String
    /// Whether p is spread evenly, or p ≤ 5 % rarer than that because counts are discrete.
    var isExact: Bool
    var logP: @Sendable (inout SeededGenerator) throws -> Double

    init(
      _ name: String, exact: Bool = true,
      _ logP: @escaping @Sendable (inout SeededGenerator) throws -> Double
    ) {
      (description, isExact, self.logP) = (name, exact, logP)
    }
  }

  static func arm(
    _ generator: inout SeededGenerator, _ trials: Int, _ chance: Double
  ) throws -> Proportion {
    try Proportion(events: generator.binomial(trials, chance), trials: Double(trials))
  }

  static func counts(_ generator: inout SeededGenerator, _ count: Int) -> [Double] {
    var counts = [Double](repeating: 0, count: 5)
    for _ in 0..<count { counts[min(4, Int(-2 * log1p(-generator.nextUnit())))] += 1 }
    return counts
  }

  static func poisson(_ generator: inout SeededGenerator, _ mean: Double) throws -> EventRate {
    try EventRate(events: generator.binomial(400, mean / 400), exposure: mean)
  }

  static let tests: [Rule] = [
    Rule("two proportions, z", exact: false) {
      try TwoProportionTest(canary: arm(&$0, 400, 0.2), baseline: arm(&$0, 300, 0.2))
        .logP(.twoSided, method: .pooled)
    },
    Rule("two proportions, Fisher", exact: false) {
      try TwoProportionTest(canary: arm(&$0, 80, 0.1), baseline: arm(&$0, 60, 0.1)).fisher
        .logP(.greater)
    },
    Rule("Barnard", exact: false) {
      let test = BarnardTest(canary: try arm(&$0, 12, 0.3), baseline: try arm(&$0, 10, 0.3))
      return try log(#require(test).pValue(.greater))
    },
    Rule("one share, exact", exact: false) {
      try ExactBinomialTest(arm(&$0, 60, 0.15), against: 0.15).logP(.greater)
    },
    Rule("strata with different rates", exact: false) { generator in
      try StratifiedTest(
        strata: [0.02, 0.1, 0.4].map {
          (try arm(&generator, 150, $0), try arm(&generator, Int(1_000 * $0) + 50, $0))
        }
      ).logP(.twoSided)
    },
    Rule("Poisson rates, conditional", exact: false) {
      PoissonRateTest(canary: try poisson(&$0, 10), baseline: try poisson(&$0, 15)).logP(.greater)
    },
    Rule("Poisson rates, E-test", exact: false) {
      let test = PoissonRateTest(canary: try poisson(&$0, 5), baseline: try poisson(&$0, 7))
      return test.estimatedLogP(.greater) ?? 0
    },
    Rule("Mann-Whitney on values") {
      MannWhitneyLogP.of(
        try MannWhitneyTest(canary: $0.exponentials(40), baseline: $0.exponentials(30)))
    },
    Rule("Mann-Whitney on buckets") {
      MannWhitneyLogP.of(
        try MannWhitneyTest(canaryCounts: counts(&$0, 300), baselineCounts: counts(&$0, 200)))
    },
    Rule("Kolmogorov-Smirnov", exact: false) {
      let test = try KolmogorovSmirnovTest(canary: $0.normals(20), baseline: $0.normals(15))
      return try log(#require(test.exactP()).twoSided)
    },
    Rule("Cramer-von Mises") {
      log(try CramerVonMisesTest(canary: $0.normals(40), baseline: $0.normals(40)).pValue)
    },
    Rule("permutation of means") {
      let test = try PermutationTest(
        canary: $0.exponentials(7).map { ($0 * 100).rounded() },
        baseline: $0.exponentials(6).map { ($0 * 100).rounded() })
      return try log(#require(test.exactP()).twoSided)
    },
    Rule("several groups") { generator in
      try VarianceAnalysis(groups: (0..<4).map { Moments(of: generator.normals(6 + $0, sd: 2)) })
        .logP
    },
    Rule("ratio by delta") { generator in
      func arm() throws -> RatioArm {
        let x = generator.exponentials(200).map { $0 + 1 }
        return try RatioArm(
          numerators: x.map { 0.3 * $0 + 0.2 * generator.nextNormal() }, denominators: x)
      }
      return try RatioTest(canary: arm(), baseline: arm()).logP(.twoSided)
    },
    Rule("CUPED") { generator in
      func arm() throws -> CovariateArm {
        let before = generator.normals(60)
        return try CovariateArm(
          outcomes: before.map { 2 * $0 + generator.nextNormal() }, covariates: before)
      }
      return try CovariateAdjustment(canary: arm(), baseline: arm()).test.logP(.twoSided)
    },
    Rule("regression with unequal spread, HC3") { generator in
      let x = generator.normals(120)
      let fit = try LeastSquares(
        columns: [x.map { _ in 1 }, x], responses: x.map { (1 + abs($0)) * generator.nextNormal() })
      let t = fit.coefficients[1] / (try fit.standardErrors(.hc3)[1])
      return StudentT(degreesOfFreedom: 118).tails(at: t).logP(.twoSided)
    },
    Rule("Hotelling") { generator in
      func rows() -> [[Double]] { (0..<20).map { _ in generator.normals(3) } }
      return try HotellingTest(canary: rows(), baseline: rows()).logP
    },
    Rule("p90 of raw values", exact: false) {
      let difference = try QuantileDifference(
        canary: $0.exponentials(800), baseline: $0.exponentials(800), at: 0.9)
      return Normal.standard.tails(at: difference.z).logP(.twoSided)
    },
    Rule("traffic split") {
      let first = $0.binomial(2_000, 0.3)
      return try SampleRatioTest(counts: [first, 2_000 - first], weights: [3, 7]).logP
    },
    Rule("drift, chi-squared") {
      try Drift(canary: counts(&$0, 400), baseline: counts(&$0, 500)).logP
    },
    Rule("equivalence at its margin") {
      try WelchTest(
        canary: Moments(of: $0.normals(30, mean: 1)), baseline: Moments(of: $0.normals(30))
      ).logP(notWorseBy: 1, higherIsBetter: false)
    },
    Rule("group sequential, five looks") { generator in
      let fractions = [0.2, 0.4, 0.6, 0.8, 1]
      let bounds = try AlphaSpending.pocock.bounds(alpha: 0.05, fractions: fractions).z
      var sum = 0.0
      for (number, bound) in bounds.enumerated() {
        sum += generator.nextNormal()
        if sum / Double(number + 1).squareRoot() > bound { return log(0.04) }
      }
      return 0
    },
  ]

  @Test(arguments: tests)
  func `no difference is found in at most five of a hundred samples`(rule: Rule) throws {
    var (generator, found) = (SeededGenerator(seed: 2_026), 0)
    for _ in 0..<500 where try rule.logP(&generator) <= log(0.05) { found += 1 }
    let plausible = plausibleCounts(0.05, of: 500)
    #expect(found <= plausible.upperBound, "\(found) of 500")
    if rule.isExact { #expect(found >= plausible.lowerBound, "\(found) of 500") }
  }

  /// A process, and its largest log e-value over a hundred looks without a difference.
  static let processes: [Rule] = [
    Rule("strata of counts") { generator in
      var process = StratifiedEProcess(for: .greater)
      for _ in 0..<100 {
        try process.observe(canary: arm(&generator, 40, 0.1), baseline: arm(&generator, 60, 0.1))
      }
      return process.largestLogE
    },
    Rule("normal mixture") { generator in
      var (sum, largest) = (0.0, 0.0)
      for n in 1...100 {
        sum += generator.nextNormal()
        let look = try MixtureSPRT(
          estimate: sum / Double(n), standardError: 1 / Double(n).squareRoot())
        largest = max(largest, look.logE(priorVariance: 0.1))
      }
      return largest
    },
    Rule("sub-Gaussian boundary") { generator in
      let boundary = try UniformBoundary(.normal, tunedAt: 30, alpha: 0.05)
      var (sum, largest) = (0.0, 0.0)
      for n in 1...100 {
        sum += generator.nextNormal()
        largest = max(largest, boundary.logMixture(sum: sum, at: Double(n)))
      }
      return largest
    },
    Rule("traffic split") { generator in
      var process = try SampleRatioProcess(weights: [1, 3])
      var largest = 0.0
      for _ in 0..<100 {
        let first = generator.binomial(40, 0.25)
        largest = max(largest, try process.observe([first, 40 - first]))
      }
      return largest
    },
  ]

  @Test(arguments: processes)
  func `an e-value reaches twenty in at most five of a hundred streams`(rule: Rule) throws {
    var (generator, found) = (SeededGenerator(seed: 77), 0)
    for _ in 0..<300 where try rule.logP(&generator) >= log(20) { found += 1 }
    #expect(found <= plausibleCounts(0.05, of: 300).upperBound, "\(found) of 300")
  }

  /// An interval, and the truth that it should contain.
  struct Interval: Sendable, CustomStringConvertible {
    var description: String
    var truth: Double
    var of: @Sendable (inout SeededGenerator) throws -> ConfidenceInterval

    init(
      _ name: String, _ truth: Double,
      _ interval: @escaping @Sendable (inout SeededGenerator) throws -> ConfidenceInterval
    ) {
      (description, self.truth, of) = (name, truth, interval)
    }
  }

  static func pair(_ generator: inout SeededGenerator) throws -> TwoProportionTest {
    try TwoProportionTest(canary: arm(&generator, 120, 0.15), baseline: arm(&generator, 150, 0.1))
  }

  static let intervals: [Interval] = [
    Interval("Welch", 0.5) {
      try WelchTest(
        canary: Moments(of: $0.normals(20, mean: 0.5, sd: 3)), baseline: Moments(of: $0.normals(12))
      ).interval()
    },
    Interval("Newcombe", 0.05) { try pair(&$0).newcombeInterval() },
    Interval("Agresti-Caffo", 0.05) { try pair(&$0).agrestiCaffoInterval() },
    Interval("Miettinen-Nurminen", 0.05) { try pair(&$0).miettinenNurminenInterval() },
    Interval("Katz", 1.5) {
      guard let interval = try pair(&$0).katzInterval() else { throw NotComputable.noInformation }
      return interval
    },
    Interval("Woolf", 0.15 / 0.85 / (0.1 / 0.9)) {
      guard let interval = try pair(&$0).woolfInterval() else { throw NotComputable.noInformation }
      return interval
    },
    Interval("Wilson", 0.15) { try ProportionInterval.wilson.of(arm(&$0, 120, 0.15)) },
    Interval("Poisson rate", 1) { try poisson(&$0, 12).interval() },
    Interval("ratio of Poisson rates", 1) {
      PoissonRateTest(canary: try poisson(&$0, 20), baseline: try poisson(&$0, 30))
        .ratioInterval()
    },
    Interval("odds ratio over strata", 1) { generator in
      try StratifiedTest(
        strata: [0.05, 0.3].map {
          (try arm(&generator, 200, $0), try arm(&generator, 300, $0))
        }
      ).oddsRatioInterval()
    },
    Interval("Mann-Whitney's effect", 0.5) {
      try MannWhitneyTest(canary: $0.normals(30, sd: 2), baseline: $0.normals(40)).effectInterval()
    },
    Interval("Hodges-Lehmann", 0.7) {
      try HodgesLehmannEstimate(
        canary: $0.normals(25, mean: 0.7), baseline: $0.normals(30)
      ).interval()
    },
    Interval("quantile of raw values", log(4)) {
      try QuantileEstimate(of: $0.exponentials(200), at: 0.75).interval
    },
    Interval("Fieller", 1) { generator in
      func arm() throws -> RatioArm {
        let x = generator.exponentials(150).map { $0 + 1 }
        return try RatioArm(
          numerators: x.map { 0.5 * $0 + 0.1 * generator.nextNormal() }, denominators: x)
      }
      return try RatioTest(canary: arm(), baseline: arm()).fiellerInterval()
    },
    Interval("normal mixture after 50 looks", 0.2) { generator in
      let mean = Moments(of: generator.normals(50, mean: 0.2)).mean
      return try MixtureSPRT(estimate: mean, standardError: 1 / 50.0.squareRoot())
        .interval(alpha: 0.05, priorVariance: 0.1)
    },
  ]

  @Test(arguments: intervals)
  func `an interval covers the truth in at least 95 of a hundred samples`(rule: Interval) throws {
    var (generator, missed) = (SeededGenerator(seed: 404), 0)
    for _ in 0..<400 where try !rule.of(&generator).contains(rule.truth) { missed += 1 }
    #expect(missed <= plausibleCounts(0.05, of: 400).upperBound, "\(missed) of 400")
  }
}

/// Two-sided, without the correction for continuity.
private enum MannWhitneyLogP {
  static func of(_ test: MannWhitneyTest) -> Double {
    test.logP(.twoSided, continuityCorrected: false)
  }
}
