import Glibc

/// The metric rule of Kayenta's judge NetflixACAJudge-v1.0, fault for fault, for those who migrate.
///
/// ```swift
/// let verdict = KayentaJudge().verdict(experiment: canaryPoints, control: baselinePoints)
/// verdict.classification  // .pass, .high, .low, …
/// ```
///
/// One 98 % Mann-Whitney interval of the shift per metric; High when its lower end exceeds a
/// quarter of the estimated shift itself and the effect size reaches the allowed increase. Known
/// faults, kept on purpose: the interval is found to an absolute 1e-4, so metrics in small units
/// (rates near 1e-5, latencies in seconds) get wrong intervals and may be judged differently in
/// other units; points are treated as independent; nothing corrects for several metrics or looks;
/// an effect size that is not a number (a zero mean) counts as reached. The Gaussian noise that
/// Kayenta adds to two constant arms is not: their shift is known, and the answer is the same.
package struct KayentaJudge: Sendable, Hashable {
  /// Which direction fails the metric.
  package enum Direction: String, Sendable, Hashable { case increase, decrease, either }

  /// What becomes of missing values.
  package enum MissingValues: String, Sendable, Hashable { case remove, replace }

  /// How the effect size is measured.
  package enum Measure: String, Sendable, Hashable {
    /// The experiment's mean over the control's.
    case meanRatio
    /// P(experiment > control) + ½ P(equal).
    case cles
  }

  package var direction = Direction.either
  package var missingValues = MissingValues.remove
  package var measure = Measure.meanRatio
  /// The factor of the interquartile fences whose outliers are removed; nil keeps them.
  package var outlierFactor: Double?
  /// The effect sizes from which a change counts; nil is the measure's neutral value, 1 or 0.5.
  package var allowedIncrease: Double?
  package var allowedDecrease: Double?
  /// The effect sizes from which a critical metric fails the whole canary.
  package var criticalIncrease: Double?
  package var criticalDecrease: Double?
  package var isCritical = false
  package var mustHaveData = false
  /// The level of the interval; the judge's is 0.98.
  package var confidence = 0.98
  /// The share of the shift's estimate that the interval must clear; the judge's is a quarter.
  package var tolerance = 0.25

  package init() {}

  /// What a metric is classified as.
  package enum Classification: String, Sendable, Hashable {
    case pass = "Pass"
    case high = "High"
    case low = "Low"
    case noData = "Nodata"
    case noDataFailMetric = "NodataFailMetric"
    case error = "Error"
  }

  /// The judgement of one metric.
  package struct Verdict: Sendable, Hashable {
    package var classification: Classification
    /// Whether this metric alone fails the canary.
    package var isCriticalFailure: Bool
    /// The experiment's mean over the control's; 1 where nothing was compared, NaN for a zero mean.
    package var deviation: Double
    /// By the chosen measure; nil where nothing was compared.
    package var effectSize: Double?
    /// The interval of the shift; nil where nothing was compared.
    package var interval: ConfidenceInterval?
    /// The Hodges-Lehmann shift as the solver finds it; nil where nothing was compared.
    package var shift: Double?
    /// The values that were compared.
    package var experiment: Moments
    package var control: Moments
    /// Their smallest and largest; 0 without values.
    package var experimentRange: ClosedRange<Double>
    package var controlRange: ClosedRange<Double>
  }

  /// Judges one metric.
  package func verdict(experiment: [Double], control: [Double]) -> Verdict {
    let experiment = cleaned(experiment)
    let control = cleaned(control)
    var verdict = Verdict(
      classification: .pass, isCriticalFailure: false, deviation: 1,
      experiment: Moments(of: experiment), control: Moments(of: control),
      experimentRange: Self.range(of: experiment), controlRange: Self.range(of: control))
    if experiment.isEmpty || control.isEmpty {
      if missingValues == .replace { return verdict }
      // A critical metric that must have data is reported as plain missing data.
      verdict.classification = mustHaveData && !isCritical ? .noDataFailMetric : .noData
      verdict.isCriticalFailure = isCritical
      return verdict
    }
    let isOneValue = Set(experiment).union(control).count == 1
    if isOneValue || experiment.sorted() == control.sorted() { return verdict }

    let shift = KayentaShift(
      experiment: experiment, control: control, confidence: confidence)
    let ratio = verdict.experiment.mean / verdict.control.mean
    let hasZeroMean = verdict.experiment.mean == 0 || verdict.control.mean == 0
    verdict.deviation = hasZeroMean ? .nan : ratio
    let effect = measure == .meanRatio ? verdict.deviation : shift.superiority
    verdict.effectSize = effect
    verdict.interval = shift.interval
    verdict.shift = shift.estimate
    classify(&verdict, effect: effect, interval: shift.interval, estimate: shift.estimate)
    return verdict
  }

  private func classify(
    _ verdict: inout Verdict, effect: Double, interval: ConfidenceInterval, estimate: Double
  ) {
    let neutral = measure == .meanRatio ? 1 : 0.5
    let margin = tolerance * abs(estimate)
    func reaches(above limit: Double?) -> Bool { effect.isNaN || effect >= (limit ?? neutral) }
    func reaches(below limit: Double?) -> Bool { effect.isNaN || effect <= (limit ?? neutral) }
    if direction != .decrease, interval.lower > margin, reaches(above: allowedIncrease) {
      verdict.classification = .high
      verdict.isCriticalFailure = isCritical && reaches(above: criticalIncrease)
    } else if direction != .increase, interval.upper < -margin, reaches(below: allowedDecrease) {
      verdict.classification = .low
      verdict.isCriticalFailure = isCritical && reaches(below: criticalDecrease)
    }
  }

  private static func range(of values: [Double]) -> ClosedRange<Double> {
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    return least <= most ? least...most : 0...0
  }

  private func cleaned(_ values: [Double]) -> [Double] {
    let present =
      missingValues == .remove
      ? values.filter { !$0.isNaN } : values.map { $0.isNaN ? 0 : $0 }
    guard let outlierFactor, let outliers = try? Outliers(of: present) else { return present }
    let flags = outliers.kayenta(factor: outlierFactor).flags
    return zip(present, flags).filter { !$0.1 }.map(\.0)
  }
}
