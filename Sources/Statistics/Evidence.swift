import Glibc

/// What a comparison of canary and baseline has shown, whatever the method.
///
/// ```swift
/// let test = try TwoProportionTest(canary: canary, baseline: baseline)
/// let evidence = try test.evidence(for: .greater)
/// evidence.estimate        // the canary's error ratio minus the baseline's
/// evidence.interval        // its 95 % confidence interval
/// evidence.strength.logP   // natural logarithm of the p-value, finite far below 1e-308
/// ```
///
/// Differences are canary minus baseline.
package struct Evidence: Sendable, Hashable {
  /// What the estimate measures.
  package var effect: Effect
  /// The estimated effect, in the unit of `effect`.
  package var estimate: Double
  /// The confidence interval of the effect, always two-sided; bounds may be infinite.
  package var interval: ConfidenceInterval
  /// How strongly the data speak against "no effect" in the direction of `alternative`.
  package var strength: Strength
  /// The direction that was tested.
  package var alternative: Alternative
  /// The observations behind it.
  package var samples: SamplesPerArm
  /// The method's name as the design note lists it, with its variant.
  package var method: String
  /// What the method assumes and whether the data agree.
  package var assumptions: [Assumption]

  package init(
    effect: Effect, estimate: Double, interval: ConfidenceInterval, strength: Strength,
    alternative: Alternative, samples: SamplesPerArm, method: String,
    assumptions: [Assumption] = []
  ) {
    self.effect = effect
    self.estimate = estimate
    self.interval = interval
    self.strength = strength
    self.alternative = alternative
    self.samples = samples
    self.method = method
    self.assumptions = assumptions
  }

  /// Whether every assumption that was checked holds.
  package var assumptionsHold: Bool {
    assumptions.allSatisfy { $0.finding != .violated }
  }
}

/// The quantity that an estimate measures, with its unit.
package struct Effect: Sendable, Hashable {
  /// For example "difference of proportions".
  package var name: String
  /// For example "percentage points", "seconds"; empty for pure numbers.
  package var unit: String
  /// The value of the effect when the arms do not differ: 0 for differences, 1 for ratios.
  package var neutralValue: Double

  package init(name: String, unit: String = "", neutralValue: Double = 0) {
    self.name = name
    self.unit = unit
    self.neutralValue = neutralValue
  }
}

/// A two-sided confidence interval.
package struct ConfidenceInterval: Sendable, Hashable {
  /// The coverage asked for, 0.95 for instance.
  package var level: Double
  package var lower: Double
  package var upper: Double

  package init(level: Double, lower: Double, upper: Double) {
    self.level = level
    self.lower = lower
    self.upper = upper
  }

  /// Whether the value lies in the closed interval; false for NaN.
  package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

/// Evidence on a logarithmic scale, natural logarithms throughout.
///
/// A p-value answers at a sample size fixed in advance; an e-value may be looked at after each
/// scrape. Each converts to the other conservatively: 1/e is a p-value (Ville's inequality). A
/// p-value gives no e-value of use.
package enum Strength: Sendable, Hashable {
  /// The logarithm of a p-value, at most 0.
  case logP(Double)
  /// The logarithm of an e-value; positive values speak against "no effect".
  case logE(Double)

  /// The logarithm of the p-value, by Ville's inequality where the evidence is an e-value.
  package var logP: Double {
    switch self {
    case .logP(let logP): logP
    case .logE(let logE): min(0, -logE)
    }
  }

  /// The p-value; 0 where it is below the smallest double, `logP` is exact there.
  package var pValue: Double { exp(logP) }

  /// The logarithm of the e-value, or nil where the evidence is a p-value.
  package var logE: Double? {
    switch self {
    case .logP: nil
    case .logE(let logE): logE
    }
  }
}

/// Observations per arm: values, requests or scrapes as the method's note says.
///
/// Doubles, since counts that come out of `increase()` need not be whole.
package struct SamplesPerArm: Sendable, Hashable {
  package var canary: Double
  package var baseline: Double

  package init(canary: Double, baseline: Double) {
    self.canary = canary
    self.baseline = baseline
  }
}

/// One thing a method takes for granted, and what the data say about it.
package struct Assumption: Sendable, Hashable {
  /// The outcome of checking an assumption.
  package enum Finding: String, Sendable, Hashable {
    /// The data agree.
    case holds
    /// The data disagree, so the evidence should be used with care.
    case violated
    /// The data given cannot tell.
    case notChecked
  }

  /// For example "at least 5 expected events and non-events per arm".
  package var statement: String
  package var finding: Finding

  package init(_ statement: String, _ finding: Finding) {
    self.statement = statement
    self.finding = finding
  }
}
