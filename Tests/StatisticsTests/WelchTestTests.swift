import Foundation
import Statistics
import Testing

@Suite struct WelchTestTests {
  @Test func sleepDataMatchesStudentsPublishedResult() throws {
    // W. Gosset's sleep data (Biometrika 6, 1908); t and p as printed in R's help of t.test.
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    let test = try WelchTest(canary: Moments(of: first), baseline: Moments(of: second))
    #expect(abs(test.t - (-1.8608)) < 5e-5)
    #expect(abs(test.degreesOfFreedom - 17.776) < 5e-4)
    #expect(abs(exp(test.logP(.twoSided)) - 0.07939) < 5e-6)
    let interval = test.interval()
    #expect(abs(interval.lower - (-3.3654832)) < 5e-8)
    #expect(abs(interval.upper - 0.2054832) < 5e-8)
  }

  @Test func exchangingTheArmsMirrorsTheAnswer() throws {
    let (a, b) = (Moments(of: [1, 2, 4, 8]), Moments(of: [3, 3.5, 9]))
    let (test, mirror) = (
      try WelchTest(canary: a, baseline: b), try WelchTest(canary: b, baseline: a)
    )
    #expect(test.estimate == -mirror.estimate)
    #expect(abs(test.logP(.greater) - mirror.logP(.less)) < 1e-14)
    #expect(abs(test.interval().lower + mirror.interval().upper) < 1e-14)
  }

  @Test func refusesWhatCannotBeCompared() {
    let good = Moments(of: [1, 2, 3])
    func refusal(_ values: [Double]) -> NotComputable? {
      do throws(NotComputable) {
        _ = try WelchTest(canary: Moments(of: values), baseline: good)
        return nil
      } catch { return error }
    }
    #expect(refusal([]) == .emptyInput)
    #expect(refusal([1]) == .tooFewObservations)
    #expect(refusal([1, .nan]) == .nanInput)
    #expect(refusal([1, -.infinity]) == .nonFiniteInput)
    #expect(refusal([1, 1]) == nil)
    #expect(throws: NotComputable.zeroVariance) {
      try WelchTest(canary: Moments(of: [2, 2]), baseline: Moments(of: [3, 3]))
    }
  }

  @Test func evidenceSaysWhatWasMeasured() throws {
    let test = try WelchTest(canary: Moments(of: [1, 2, 3]), baseline: Moments(of: [2, 3, 4, 5]))
    let evidence = test.evidence(for: .less, unit: "seconds")
    #expect(evidence.effect.unit == "seconds")
    #expect(evidence.estimate == -1.5)
    #expect(evidence.samples == SamplesPerArm(canary: 3, baseline: 4))
    #expect(evidence.strength.logP == test.logP(.less))
    #expect(!evidence.assumptionsHold)
  }
}
