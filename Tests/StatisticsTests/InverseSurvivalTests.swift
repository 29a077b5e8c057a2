import Foundation
import Statistics
import Testing

/// Points with a given upper tail, down to 1e-300, against mpmath
/// (`Reference/inverse_survival.py`).
@Suite struct InverseSurvivalTests {
  static let golden: [(String, [Double], Double, Double)] = [
    ("normal", [], 0.4, 0.2533471031357997988),
    ("normal", [], 1e-3, 3.0902323061678135415),
    ("normal", [], 1e-20, 9.2623400897984075737),
    ("normal", [], 1e-150, 26.122961190593983509),
    ("normal", [], 1e-300, 37.047096299361199237),
    ("t", [3], 0.4, 0.27667066233268991054),
    ("t", [3], 1e-3, 10.21453185240738655),
    ("t", [3], 1e-20, 4795275.7204689731019),
    ("t", [3], 1e-150, 1.0331108360446529096e+50),
    ("t", [3], 1e-300, 1.0331108360446529096e+100),
    ("t", [30], 0.4, 0.25560536495191277249),
    ("t", [30], 1e-3, 3.3851848668293051234),
    ("t", [30], 1e-20, 22.658878371940183071),
    ("t", [30], 1e-150, 501785.7535760917351),
    ("t", [30], 1e-300, 50178575360.505080756),
    ("chi2", [1], 0.4, 0.70832630080079380886),
    ("chi2", [1], 1e-3, 10.827566170662732293),
    ("chi2", [1], 1e-20, 87.161733426909822777),
    ("chi2", [1], 1e-150, 683.79337516103217773),
    ("chi2", [1], 1e-300, 1373.8726312223941371),
    ("chi2", [8], 0.4, 8.350525467753659018),
    ("chi2", [8], 1e-3, 26.124481558376141473),
    ("chi2", [8], 1e-20, 112.82320385171661348),
    ("chi2", [8], 1e-150, 722.54644688867215256),
    ("chi2", [8], 1e-300, 1417.3564186281981406),
    ("chi2", [500], 0.4, 507.38164026780731251),
    ("chi2", [500], 1e-3, 603.44600579517760642),
    ("chi2", [500], 1e-20, 851.77978269749786164),
    ("chi2", [500], 1e-150, 1830.2558327091717125),
    ("chi2", [500], 1e-300, 2717.6708255289441397),
    ("f", [4, 60], 0.4, 1.0285334270929918188),
    ("f", [4, 60], 1e-3, 5.3067015580982003473),
    ("f", [4, 60], 1e-20, 62.529834022285392434),
    ("f", [4, 60], 1e-150, 1681896.6956606199595),
    ("f", [4, 60], 1e-300, 168191217937.89066873),
    ("gamma", [2.5], 0.4, 2.5659335372009107974),
    ("gamma", [2.5], 1e-3, 10.257502826216439216),
    ("gamma", [2.5], 1e-20, 51.714488618878974312),
    ("gamma", [2.5], 1e-150, 353.91088414401377779),
    ("gamma", [2.5], 1e-300, 700.32029282651343496),
  ]

  @Test(arguments: golden)
  func inverseSurvivalAgrees(name: String, parameters: [Double], p: Double, want: Double) throws {
    let law: any Distribution
    switch name {
    case "normal": law = Normal.standard
    case "t": law = StudentT(degreesOfFreedom: parameters[0])
    case "chi2": law = ChiSquared(degreesOfFreedom: parameters[0])
    case "gamma": law = Gamma(shape: parameters[0])
    default:
      law = FDistribution(numeratorDegrees: parameters[0], denominatorDegrees: parameters[1])
    }
    let got = law.inverseSurvival(p)
    #expect(abs(got - want) <= 1e-12 * abs(want), "\(name): \(got), off by \(got / want - 1)")
    let back = law.logSurvival(want)
    #expect(abs(back - log(p)) <= 1e-12 * max(1, abs(log(p))), "\(name): \(back)")
  }
}
