import Foundation
import Statistics
import Testing

/// As `RuleStudyTests`, for rules that draw again what they were given, and for those that allow
/// for observations that depend on each other.
@Suite struct DependenceStudyTests {
  /// Forty pods of five requests each. What a pod does to its requests outweighs what chance does,
  /// and whether a pod is of the canary is one fact for all of its requests.
  private static func pods(
    _ generator: inout SeededGenerator
  ) throws -> (fit: LeastSquares, clusters: [Int]) {
    var (isCanary, response, clusters) = ([Double](), [Double](), [Int]())
    for pod in 0..<40 {
      let effect = generator.normal()
      for _ in 0..<5 {
        isCanary.append(pod.isMultiple(of: 2) ? 1 : 0)
        response.append(effect + generator.normal(sd: 0.7))
        clusters.append(pod)
      }
    }
    let columns = [isCanary.map { _ in 1 }, isCanary]
    return (try LeastSquares(columns: columns, responses: response), clusters)
  }

  /// A slope between two independent series, each of which remembers half of its last value.
  private static func memories(_ generator: inout SeededGenerator) throws -> LeastSquares {
    func series() -> [Double] {
      var last = generator.normal()
      return (0..<400).map { _ in
        last = 0.5 * last + generator.normal()
        return last
      }
    }
    let x = series()
    return try LeastSquares(columns: [x.map { _ in 1 }, x], responses: series())
  }

  private static func logP(
    _ fit: LeastSquares, _ kind: LeastSquares.Covariance, degrees: Double
  ) throws -> Double {
    let t = fit.coefficients[1] / (try fit.standardErrors(kind)[1])
    return StudentT(degreesOfFreedom: degrees).tails(at: t).logP(.twoSided)
  }

  static let tests: [RuleStudyTests.Rule] = [
    // Among 59 relabelings and the data themselves, three ranks of sixty are 5 %.
    RuleStudyTests.Rule("Anderson-Darling") {
      let test = try AndersonDarlingTest(canary: $0.exponentials(9), baseline: $0.exponentials(7))
      return log(test.sampledP(draws: 59, using: &$0) - 1e-9)
    },
    RuleStudyTests.Rule("Anderson-Darling on ties", exact: false) { generator in
      func whole(_ count: Int) -> [Double] {
        generator.exponentials(count, mean: 3).map { $0.rounded() }
      }
      let test = try AndersonDarlingTest(canary: whole(10), baseline: whole(8))
      return log(test.sampledP(draws: 59, using: &generator) - 1e-9)
    },
    RuleStudyTests.Rule("clusters") {
      let (fit, clusters) = try pods(&$0)
      return try logP(fit, .clustered(clusters, corrected: true), degrees: 39)
    },
    RuleStudyTests.Rule("autocorrelation") {
      try logP(memories(&$0), .autocorrelated(lag: 15), degrees: 398)
    },
    RuleStudyTests.Rule("pods differ", exact: false) { generator in
      try Overdispersion(pods: (0..<12).map { _ in try RuleStudyTests.arm(&generator, 80, 0.2) })
        .logHeterogeneityP
    },
    RuleStudyTests.Rule("the least of ten p-values, Holm") { generator in
      let pValues = (0..<10).map { _ in generator.nextUnit() }
      return log(try MultipleComparisons.holm.adjusted(pValues).min() ?? 1)
    },
    RuleStudyTests.Rule("bets on a mean, at a hundred looks", exact: false) { generator in
      var bets = try BettingMean(against: 0.3, alpha: 0.05)
      var largest = 0.0
      for _ in 0..<100 {
        try bets.observe(generator.nextUnit() < 0.3 ? 1 : 0)
        largest = max(largest, bets.logCapital)
      }
      return -largest
    },
  ]

  @Test(arguments: tests)
  func `no difference is found in at most five of a hundred samples`(
    rule: RuleStudyTests.Rule
  ) throws {
    var (generator, found) = (SeededGenerator(seed: 2_027), 0)
    for _ in 0..<500 where try rule.logP(&generator) <= log(0.05) { found += 1 }
    let plausible = plausibleCounts(0.05, of: 500)
    #expect(found <= plausible.upperBound, "\(found) of 500")
    if rule.isExact { #expect(found >= plausible.lowerBound, "\(found) of 500") }
  }

  @Test func `what forgets the dependence alarms far too often on the same data`() throws {
    var (generator, clustered, remembered) = (SeededGenerator(seed: 2_027), 0, 0)
    for _ in 0..<200 {
      let pods = try Self.pods(&generator).fit
      if try Self.logP(pods, .classical, degrees: 198) <= log(0.05) { clustered += 1 }
    }
    for _ in 0..<600 {
      let memories = try Self.memories(&generator)
      if try Self.logP(memories, .classical, degrees: 398) <= log(0.05) { remembered += 1 }
    }
    #expect(clustered > plausibleCounts(0.05, of: 200).upperBound, "\(clustered) of 200")
    #expect(remembered > plausibleCounts(0.05, of: 600).upperBound, "\(remembered) of 600")
  }

  /// The mean of skewed values and its replicates by drawing the values again.
  private static func mean(_ generator: inout SeededGenerator) throws -> BootstrapInterval {
    let values = generator.exponentials(60)
    let sum = values.reduce(0, +)
    let replicates = (0..<250).map { _ in
      values.reduce(0.0) { total, _ in
        total + values[Int(generator.nextUnit() * 60)]
      } / 60
    }
    return try BootstrapInterval(
      estimate: sum / 60, replicates: replicates, jackknife: values.map { (sum - $0) / 59 })
  }

  static let intervals: [RuleStudyTests.Interval] = [
    RuleStudyTests.Interval("mean, BCa", 1) { try mean(&$0).biasCorrected },
    RuleStudyTests.Interval("mean, normal", 1) { try mean(&$0).normal },
    RuleStudyTests.Interval("p90 of raw values, BCa", log(10)) {
      let values = $0.exponentials(300)
      return try Bootstrap.quantile(of: values, at: 0.9, replicates: 400, using: &$0).biasCorrected
    },
    RuleStudyTests.Interval("share in the last bucket, BCa", exp(-2)) {
      let counts = RuleStudyTests.counts(&$0, 300)
      let buckets = try BucketCounts(upperBounds: [1, 2, 3, 4, .infinity], counts: counts)
      return try Bootstrap.histogram(buckets, replicates: 400, using: &$0) {
        $0.counts[4] / $0.total
      }.biasCorrected
    },
    RuleStudyTests.Interval("canary's pods, cluster errors", 0) {
      let (fit, clusters) = try pods(&$0)
      let error = try fit.standardErrors(.clustered(clusters, corrected: true))[1]
      let t = StudentT(degreesOfFreedom: 39).inverseSurvival(0.025)
      let slope = fit.coefficients[1]
      return ConfidenceInterval(level: 0.95, lower: slope - t * error, upper: slope + t * error)
    },
    RuleStudyTests.Interval("slope, autocorrelation", 0) {
      let fit = try memories(&$0)
      let error = try fit.standardErrors(.autocorrelated(lag: 15))[1]
      let (slope, z) = (fit.coefficients[1], Normal.standard.inverseSurvival(0.025))
      return ConfidenceInterval(level: 0.95, lower: slope - z * error, upper: slope + z * error)
    },
  ]

  @Test(arguments: intervals)
  func `an interval covers the truth in at least 95 of a hundred samples`(
    rule: RuleStudyTests.Interval
  ) throws {
    var (generator, missed) = (SeededGenerator(seed: 405), 0)
    for _ in 0..<400 where try !rule.of(&generator).contains(rule.truth) { missed += 1 }
    #expect(missed <= plausibleCounts(0.05, of: 400).upperBound, "\(missed) of 400")
  }
}
