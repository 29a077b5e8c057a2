import Foundation
import Statistics
import Testing

@Suite struct RegressionTests {
  init() { pinLinearAlgebraToOneThread() }

  @Test func aLineThroughPointsOnItIsFoundExactly() throws {
    let fit = try LeastSquares(
      rows: (0..<10).map { [1, Double($0)] }, responses: (0..<10).map { 2 - 0.5 * Double($0) })
    #expect(abs(fit.coefficients[0] - 2) < 1e-14)
    #expect(abs(fit.coefficients[1] + 0.5) < 1e-15)
    #expect(abs(fit.rSquared - 1) < 1e-14)
  }

  @Test func leveragesSumToTheColumnsAndResidualsAreOrthogonal() throws {
    var generator = SeededGenerator(seed: 31)
    let rows = (0..<40).map { _ in [1, generator.normal(), generator.normal(mean: 1e6)] }
    let fit = try LeastSquares(rows: rows, responses: generator.normals(40))
    #expect(abs(fit.leverages.reduce(0, +) - 3) < 1e-12)
    for column in 0..<3 {
      let products = zip(rows, fit.residuals).map { $0[column] * $1 }
      let size = rows.reduce(0) { $0 + abs($1[column]) }
      #expect(abs(CompensatedSum(of: products).result) < 1e-10 * size)
    }
  }

  @Test func twoGroupsEqualThePooledTestAndHC2EqualsWelch() throws {
    var generator = SeededGenerator(seed: 32)
    let (a, b) = (generator.normals(12, mean: 1), generator.normals(30, sd: 3))
    let fit = try LeastSquares(
      rows: a.map { _ in [1, 1] } + b.map { _ in [1, 0] }, responses: a + b)
    let (canary, baseline) = (Moments(of: a), Moments(of: b))
    let pooled = try WelchTest(canary: canary, baseline: baseline, variances: .pooled)
    let welch = try WelchTest(canary: canary, baseline: baseline)
    #expect(abs(fit.coefficients[1] - pooled.estimate) < 1e-13)
    #expect(abs(try fit.standardErrors(.classical)[1] / pooled.standardError - 1) < 1e-12)
    #expect(abs(try fit.standardErrors(.hc2)[1] / welch.standardError - 1) < 1e-12)
    // One cluster per row is HC0.
    let clustered = try fit.standardErrors(.clustered(Array(0..<42), corrected: false))
    #expect(abs(clustered[1] / (try fit.standardErrors(.hc0))[1] - 1) < 1e-12)
  }

  @Test func badDesignsAreRefused() throws {
    #expect(throws: NotComputable.emptyInput) { try LeastSquares(rows: [], responses: []) }
    #expect(throws: NotComputable.lengthMismatch) {
      try LeastSquares(rows: [[1], [1, 2]], responses: [1, 2])
    }
    #expect(throws: NotComputable.tooFewObservations) {
      try LeastSquares(rows: [[1]], responses: [1])
    }
    #expect(throws: NotComputable.nanInput) {
      try LeastSquares(rows: [[1], [.nan]], responses: [1, 2])
    }
    #expect(throws: NotComputable.rankDeficient) {
      try LeastSquares(rows: [[1, 0], [1, 0], [1, 0]], responses: [1, 2, 3])
    }
    let fit = try LeastSquares(rows: [[1], [1], [1]], responses: [1, 2, 4])
    #expect(throws: NotComputable.tooFewClusters) {
      try fit.standardErrors(.clustered([7, 7, 7], corrected: true))
    }
  }

  @Test func clusterErrorsCoverWherePodsDiffer() throws {
    var generator = SeededGenerator(seed: 33)
    let runs = 400
    var (plain, clustered) = (0, 0)
    for _ in 0..<runs {
      var (rows, responses, pods) = ([[Double]](), [Double](), [Int]())
      for pod in 0..<16 {
        let level = generator.normal()
        for _ in 0..<8 {
          rows.append([1, pod < 8 ? 1 : 0])
          responses.append(level + generator.normal())
          pods.append(pod)
        }
      }
      let fit = try LeastSquares(rows: rows, responses: responses)
      let critical = StudentT(degreesOfFreedom: 14).inverseSurvival(0.025)
      let error = try fit.standardErrors(.clustered(pods, corrected: true))[1]
      if abs(fit.coefficients[1]) > critical * error { clustered += 1 }
      if abs(fit.coefficients[1]) > critical * (try fit.standardErrors(.hc3)[1]) { plain += 1 }
    }
    #expect(clustered <= plausibleCounts(0.065, of: runs).upperBound)
    #expect(plain > plausibleCounts(0.2, of: runs).lowerBound)
  }

  @Test func aCovariateThatPredictsNarrowsTheInterval() throws {
    var generator = SeededGenerator(seed: 34)
    func arm(_ count: Int, effect: Double) throws -> CovariateArm {
      let before = generator.normals(count, mean: 10, sd: 3)
      return try CovariateArm(
        outcomes: before.map { $0 + effect + generator.normal() }, covariates: before)
    }
    let (canary, baseline) = (try arm(200, effect: 0.5), try arm(200, effect: 0))
    let adjusted = try CovariateAdjustment(canary: canary, baseline: baseline)
    #expect(abs(adjusted.theta - 1) < 0.1)
    #expect(adjusted.varianceRatio < 0.2)
    #expect(adjusted.test.interval().contains(0.5))
    let lin = try CovariateAdjustment.regressionEffect(canary: canary, baseline: baseline)
    #expect(abs(lin.estimate - adjusted.test.estimate) < 0.02)
  }

  @Test func oneMetricHotellingIsStudentsTest() throws {
    var generator = SeededGenerator(seed: 35)
    let (a, b) = (generator.normals(9), generator.normals(14))
    let test = try HotellingTest(canary: a.map { [$0] }, baseline: b.map { [$0] })
    let student = try WelchTest(
      canary: Moments(of: a), baseline: Moments(of: b), variances: .pooled)
    #expect(abs(test.tSquared - student.t * student.t) < 1e-12)
    #expect(abs(test.logP - student.logP(.twoSided)) < 1e-12)
    #expect(throws: NotComputable.singularCovariance) {
      try HotellingTest(canary: [[1, 2], [2, 4], [5, 10]], baseline: [[3, 6], [4, 8]])
    }
  }
}
