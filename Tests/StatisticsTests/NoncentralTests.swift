import Foundation
import Statistics
import Testing

/// The noncentral laws against mpmath (`Reference/noncentral_tails.py`).
@Suite struct NoncentralTests {
  /// Chi-squared or t, x, degrees of freedom, noncentrality, upper or lower tail, its logarithm.
  static let golden: [(Bool, Double, Double, Double, Bool, Double)] = [
    (true, 7.81, 3.0, 10.0, false, -1.4327230730751562477),
    (true, 0.5, 3.0, 10.0, false, -7.0550821305008112873),
    (true, 60.0, 3.0, 10.0, true, -12.067974290044747109),
    (true, 400.0, 3.0, 10.0, true, -143.65311940540352687),
    (true, 1.0, 2.5, 50.0, false, -22.758043108105272745),
    (true, 900.0, 1.0, 400.0, true, -53.231285150512470578),
    (true, 250.0, 1.0, 400.0, false, -11.174076917505756629),
    (true, 0.001, 4.0, 0.5, false, -16.14524376131932946),
    (true, 2000.0, 10.0, 3.0, true, -914.1905249403966188),
    (false, 1.734, 18.0, 2.2, false, -1.1435448056481631628),
    (false, 5.0, 18.0, 2.2, true, -4.101890194186339821),
    (false, -1.0, 18.0, 2.2, false, -7.0921195945748259549),
    (false, 40.0, 18.0, 2.2, true, -34.580618667618056751),
    (false, -8.0, 30.0, 1.0, false, -24.532837267925893038),
    (false, 2.0, 3.0, 0.0, true, -2.6640861743156114582),
    (false, 0.3, 3.0, 4.0, false, -9.123056967272934462),
    (false, 12.0, 200.0, 5.0, true, -20.92943547472970788),
    (false, 3.0, 1.5, 2.0, true, -0.88770978026539074109),
    (false, -0.5, 6.0, -3.0, true, -5.0671115464207270428),
  ]

  @Test(arguments: golden)
  func tailsAgree(
    isChiSquared: Bool, x: Double, degrees: Double, noncentrality: Double, isUpper: Bool,
    want: Double
  ) {
    let tails =
      isChiSquared
      ? NoncentralChiSquared(degreesOfFreedom: degrees, noncentrality: noncentrality).tails(at: x)
      : NoncentralT(degreesOfFreedom: degrees, noncentrality: noncentrality).tails(at: x)
    let got = isUpper ? tails.logUpper : tails.logLower
    // An absolute error of a logarithm is a relative one of the tail.
    #expect(abs(got - want) <= 1e-12 * max(1, abs(want)), "off by \(got - want)")
  }

  @Test func quantilesAndTailsAreInverse() {
    let laws: [any Distribution] = [
      NoncentralChiSquared(degreesOfFreedom: 3, noncentrality: 10),
      NoncentralT(degreesOfFreedom: 18, noncentrality: 2.2),
    ]
    for law in laws {
      for p in [0.3, 1e-3, 1e-30, 1e-250] {
        let above = law.inverseSurvival(p)
        #expect(abs(law.logSurvival(above) - log(p)) < 1e-10 * abs(log(p)), "\(law) \(p)")
      }
      #expect(abs(law.cdf(law.quantile(0.2)) - 0.2) < 1e-12)
      #expect(law.quantile(2).isNaN)
    }
  }

  @Test func withoutNoncentralityTheyAreTheCentralOnes() {
    let chi = NoncentralChiSquared(degreesOfFreedom: 4, noncentrality: 0)
    #expect(abs(chi.logSurvival(30) - ChiSquared(degreesOfFreedom: 4).logSurvival(30)) < 1e-13)
    let t = NoncentralT(degreesOfFreedom: 7, noncentrality: 0)
    #expect(abs(t.logSurvival(4) - StudentT(degreesOfFreedom: 7).logSurvival(4)) < 1e-12)
    #expect(NoncentralT(degreesOfFreedom: -1, noncentrality: 0).cdf(1).isNaN)
  }
}
