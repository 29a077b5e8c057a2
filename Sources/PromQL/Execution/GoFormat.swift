internal import MetricModel

/// Go's spellings that occur only in texts of errors and annotations.
enum GoFormat {
  /// `{__name__="up", job="api"}`: labels as Prometheus' error texts have them, the name within.
  static func braces(_ labels: Labels) -> String {
    let inner = labels.pairs.map { name, value in
      "\(LabelName.isLegacy(name) ? name : GoText.quoted(name))=\(GoText.quoted(value))"
    }
    return "{\(inner.joined(separator: ", "))}"
  }

  /// `%f`: six digits after the point.
  static func sixDecimals(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return NumberText.plain(value) }
    let scaled = (value.magnitude * 1_000_000).rounded(.toNearestOrEven)
    let digits = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, 7 - digits.utf8.count)) + digits
    return (value.sign == .minus ? "-" : "") + padded.dropLast(6) + "." + padded.suffix(6)
  }

  /// `%.2g`: two significant digits.
  static func twoDigits(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return NumberText.general(value) }
    var exponent = 0
    var mantissa = value.magnitude
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    var digits = Int((mantissa * 10).rounded(.toNearestOrEven))
    if digits == 100 {
      digits = 10
      exponent += 1
    }
    let sign = value < 0 ? "-" : ""
    let fraction = digits % 10 == 0 ? "" : ".\(digits % 10)"
    if exponent < -4 || exponent >= 2 {
      let width = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
      return "\(sign)\(digits / 10)\(fraction)e\(exponent < 0 ? "-" : "+")\(width)"
    }
    return sign + NumberText.plain(Self.decimal(digits, exponent: exponent - 1))
  }

  private static func decimal(_ digits: Int, exponent: Int) -> Double {
    var scale = 1.0
    for _ in 0..<abs(exponent) { scale *= 10 }
    return exponent < 0 ? Double(digits) / scale : Double(digits) * scale
  }

  /// RFC 3339 in UTC, whole seconds.
  static func time(_ milliseconds: Int64) -> String {
    Timestamp(milliseconds: milliseconds / 1000 * 1000).rfc3339
  }
}
