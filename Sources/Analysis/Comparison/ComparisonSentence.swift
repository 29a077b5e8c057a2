internal import Glibc
internal import MetricModel
internal import Statistics

/// A comparison in a sentence: both arms, the difference with its interval, and what decided.
struct ComparisonSentence {
  let text: String

  init(_ report: ComparisonReport, spec: CompareSpec) {
    guard let evidence = report.evidence else {
      text = report.reason
      return
    }
    let parts = [
      Self.levels(report, spec), Self.difference(evidence, spec),
      Self.decision(report, evidence, spec),
    ]
    var sentence = parts.joined(separator: "; ")
    if report.podDeviation > 0 {
      sentence +=
        "; pods of one version differ by \(PlainNumber.percent(report.podDeviation)) of "
        + "themselves, which is allowed for"
    }
    text = sentence
  }

  private static func levels(_ report: ComparisonReport, _ spec: CompareSpec) -> String {
    let (canary, stable) = (report.canary, report.stable)
    let (first, second) = (PlainNumber.count(canary.samples), PlainNumber.count(stable.samples))
    switch spec.measure {
    case .proportion:
      return "canary \(PlainNumber.percent(canary.level)) bad of \(first), "
        + "stable \(PlainNumber.percent(stable.level)) of \(second)"
    case .distribution:
      return "canary p99 \(PlainNumber.short(canary.level)) of \(first) observations, "
        + "stable p99 \(PlainNumber.short(stable.level)) of \(second)"
    case .mean:
      return "canary \(PlainNumber.short(canary.level)) over \(first) pods, "
        + "stable \(PlainNumber.short(stable.level)) over \(second)"
    case .rate, .quantile, .ratio:
      return "canary \(report.measure) \(PlainNumber.short(canary.level)) of \(first), "
        + "stable \(PlainNumber.short(stable.level)) of \(second)"
    }
  }

  private static func difference(_ evidence: Evidence, _ spec: CompareSpec) -> String {
    let interval = evidence.interval
    switch spec.measure {
    case .proportion:
      return "difference \(PlainNumber.points(evidence.estimate)) points "
        + "(\(PlainNumber.points(interval.lower)) to \(PlainNumber.points(interval.upper)))"
    case .mean:
      return "difference \(PlainNumber.short(evidence.estimate)) "
        + "(\(PlainNumber.short(interval.lower)) to \(PlainNumber.short(interval.upper)))"
    case .distribution, .rate, .quantile, .ratio:
      return "\(PlainNumber.short(evidence.estimate)) times "
        + "(\(PlainNumber.short(interval.lower)) to \(PlainNumber.short(interval.upper)))"
    }
  }

  private static func decision(
    _ report: ComparisonReport, _ evidence: Evidence, _ spec: CompareSpec
  ) -> String {
    let margin = report.margin.map { value in
      guard case .proportion = spec.measure else { return PlainNumber.short(value) }
      return PlainNumber.points(value) + (value == 0.01 ? " point" : " points")
    }
    let shown =
      switch spec.test {
      case .nonInferiority: "not worse by the margin of \(margin ?? "0")"
      case .superiority: "better"
      case .equivalence: "within the margin of \(margin ?? "0") on both sides"
      }
    switch report.outcome {
    case .worse: return "worse: \(strength(report, evidence))"
    case .notWorse: return shown
    default:
      let canPass = spec.test == .superiority || margin != nil
      return "not enough evidence yet: "
        + (canPass ? "neither worse nor \(shown) is shown " : "worse is not shown ")
        + "(\(strength(report, evidence)))"
    }
  }

  private static func strength(_ report: ComparisonReport, _ evidence: Evidence) -> String {
    let found =
      evidence.strength.logE.map { "evidence e = \(PlainNumber.exponential($0))" }
      ?? "p = \(PlainNumber.exponential(evidence.strength.logP))"
    if report.isPlanned {
      let side = report.crossedAt == nil ? "within" : "beyond"
      return "\(found), \(side) the boundary that is planned for this time"
    }
    guard let required = report.requiredLogE else { return found }
    return "\(found), \(PlainNumber.exponential(required)) needed"
  }
}

/// Numbers for people: few digits, thousands apart.
enum PlainNumber {
  /// `12,345`.
  static func count(_ value: Double) -> String {
    guard let whole = Int64(exactly: value.rounded()) else { return NumberText.json(value) }
    let digits = Array(String(whole.magnitude))
    var text = whole < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  /// `1.25 %`.
  static func percent(_ share: Double) -> String { "\(short(share * 100)) %" }

  /// A share as percentage points: `0.5`.
  static func points(_ share: Double) -> String { short(share * 100) }

  /// Three significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return NumberText.json(value) }
    let exponent = Int(log10(value.magnitude).rounded(.down))
    guard exponent > -5, exponent < 9 else { return NumberText.json(value) }
    let scale = pow(10, Double(min(max(2 - exponent, 0), 8)))
    return NumberText.plain((value * scale).rounded() / scale)
  }

  /// exp(x) with two digits, also where it is too large or small for a double: `1.2e9`.
  static func exponential(_ logarithm: Double) -> String {
    guard logarithm.isFinite else { return logarithm < 0 ? "0" : "infinite" }
    let decimal = logarithm / log(10)
    if decimal > -3, decimal < 4 { return short(exp(logarithm)) }
    let exponent = decimal.rounded(.down)
    let mantissa = (pow(10, decimal - exponent) * 10).rounded() / 10
    return "\(NumberText.plain(mantissa))e\(NumberText.plain(exponent))"
  }
}
