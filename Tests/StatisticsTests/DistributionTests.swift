import Foundation
import Statistics
import Testing

@Suite struct DistributionTests {
  @Test func tailsAgreeWithQuadratureTo1e12() throws {
    var worst = (error: 0.0, line: "")
    for line in distributionTailsGolden.split(separator: "\n") {
      let words = line.split(separator: " ")
      let parameters = words[1].split(separator: ",").compactMap { Double($0) }
      let x = try #require(Double(words[2]))
      let expected = try #require(Double(words[3]))
      let got =
        switch words[0] {
        case "gammaLower": Gamma(shape: parameters[0]).logCDF(x)
        case "gammaUpper": Gamma(shape: parameters[0]).logSurvival(x)
        default: Beta(a: parameters[0], b: parameters[1]).logCDF(x)
        }
      // The error of the value is the absolute error of its logarithm.
      let error = abs(got - expected) / max(1, abs(expected) / 700)
      if error > worst.error || error.isNaN { worst = (error, String(line) + " got \(got)") }
    }
    print("largest error of a tail: \(worst)")
    #expect(worst.error < 1e-12, "\(worst.line)")
  }

  @Test(arguments: [1e-300, 1e-40, 1e-5, 0.01, 0.2, 0.4999, 0.5, 0.6, 0.9, 0.999_999])
  func quantilesInvertTheTails(p: Double) {
    let distributions: [(String, any Distribution)] = [
      ("normal", Normal(mean: 3, standardDeviation: 2)), ("t 2.5", StudentT(degreesOfFreedom: 2.5)),
      ("t 1", StudentT(degreesOfFreedom: 1)), ("t 200", StudentT(degreesOfFreedom: 200)),
      ("t 1e7", StudentT(degreesOfFreedom: 1e7)),
      ("gamma 5", Gamma(shape: 5, scale: 3)), ("gamma 1e6", Gamma(shape: 1e6)),
      ("beta 2 900", Beta(a: 2, b: 900)),
      ("beta 1e5 1e7", Beta(a: 1e5, b: 1e7)),
      ("F 3 17", FDistribution(numeratorDegrees: 3, denominatorDegrees: 17)),
    ]
    // Their quantiles leave the range of a double, or crowd at 1, in the far tails.
    let blunt: [(String, any Distribution)] = [
      ("gamma .7", Gamma(shape: 0.7)), ("beta .5 .5", Beta(a: 0.5, b: 0.5)),
    ]
    for (name, distribution) in distributions + (0.01...0.9 ~= p ? blunt : []) {
      let upper = distribution.inverseSurvival(p)
      let lower = distribution.quantile(p)
      // A step in the last place of x moves the tail by up to |x| h(x) ulps, in logarithms.
      let slack = 2e-12
      #expect(
        abs(distribution.logSurvival(upper) - log(p)) < slack * max(1, -log(p)),
        "\(name) upper \(p)")
      #expect(
        abs(distribution.logCDF(lower) - log(p)) < slack * max(1, -log(p)), "\(name) lower \(p)")
    }
  }

  @Test func normalDeviateMatchesPublishedDigits() {
    // Abramowitz and Stegun, table 26.1 and 26.5.
    #expect(abs(Normal.standard.inverseSurvival(0.025) - 1.959963984540054) < 1e-15)
    #expect(abs(Normal.standard.survival(1) - 0.158655253931457051) < 1e-16)
    #expect(Normal.standard.inverseSurvival(0.5) == 0)
    #expect(Normal.standard.inverseSurvival(0) == .infinity)
    #expect(Normal.standard.quantile(0) == -.infinity)
  }

  @Test func logTailsStayFiniteWhereTailsUnderflow() {
    // log Q(z) = −z²/2 − log(z √2π) + log(1 − 1/z² + …).
    let tail = Normal.standard.tails(at: 1_400)
    #expect(tail.upper == 0)
    #expect(abs(tail.logUpper - (-980_008.163_166_532_4)) < 1e-6)
    // log P(K = 0) = n log(1 − p).
    let none = Binomial(trials: 1e9, probability: 0.01).logCDF(0)
    #expect(abs(none / (1e9 * log1p(-0.01)) - 1) < 1e-14)
  }

  @Test func closedFormsHold() {
    // t with 1 and 2 degrees of freedom; the exponential; I_x(a, 1) = x^a.
    #expect(abs(StudentT(degreesOfFreedom: 1).survival(1e5) * .pi * 1e5 - 1) < 1e-9)
    let two = StudentT(degreesOfFreedom: 2).survival(3)
    #expect(abs(two - 0.5 * (1 - 3 / 11.0.squareRoot())) < 1e-15)
    #expect(abs(Gamma(shape: 1).logSurvival(500) + 500) < 1e-12)
    #expect(abs(Beta(a: 3.5, b: 1).logCDF(1e-90) - 3.5 * log(1e-90)) < 1e-11)
    #expect(abs(ChiSquared(degreesOfFreedom: 2).survival(50) / exp(-25) - 1) < 1e-14)
  }

  @Test func parametersOutsideTheDomainAnswerNaN() {
    #expect(StudentT(degreesOfFreedom: 0).survival(1).isNaN)
    #expect(StudentT(degreesOfFreedom: -1).quantile(0.5).isNaN)
    #expect(Gamma(shape: -1).cdf(1).isNaN)
    #expect(Gamma(shape: 1).quantile(1.5).isNaN)
    #expect(Beta(a: 0, b: 1).quantile(0.5).isNaN)
    #expect(Binomial(trials: 10.5, probability: 0.5).cdf(1).isNaN)
    #expect(Binomial(trials: 10, probability: -0.1).cdf(1).isNaN)
    #expect(Poisson(mean: -1).cdf(0).isNaN)
    #expect(Hypergeometric(population: 10, events: 11, draws: 2).cdf(0).isNaN)
    #expect(Normal(mean: 0, standardDeviation: 0).cdf(0).isNaN)
    for distribution in [Normal.standard as any Distribution, Gamma(shape: 2), Beta(a: 1, b: 2)] {
      #expect(distribution.cdf(.nan).isNaN)
      #expect(distribution.quantile(.nan).isNaN)
      #expect(distribution.cdf(-.infinity) == 0)
      #expect(distribution.cdf(.infinity) == 1)
    }
  }

  @Test func discreteTailsAreSumsOfProbabilities() {
    let discrete: [(any Distribution, (Double) -> Double, ClosedRange<Int>)] = [
      (
        Binomial(trials: 40, probability: 0.13),
        Binomial(trials: 40, probability: 0.13).logProbability, 0...40
      ),
      (Poisson(mean: 6.5), Poisson(mean: 6.5).logProbability, 0...60),
      (
        Hypergeometric(population: 70, events: 30, draws: 25),
        Hypergeometric(population: 70, events: 30, draws: 25).logProbability, 0...25
      ),
    ]
    for (distribution, logProbability, range) in discrete {
      var sum = CompensatedSum()
      for k in range {
        sum.add(exp(logProbability(Double(k))))
        let cdf = distribution.cdf(Double(k))
        #expect(abs(cdf - sum.result) < 1e-13 * max(1e-3, cdf), "\(distribution) at \(k)")
        if cdf < 0.999 { #expect(distribution.quantile(cdf * (1 - 1e-12)) == Double(k)) }
      }
      #expect(abs(sum.result - 1) < 1e-12)
    }
  }
}
