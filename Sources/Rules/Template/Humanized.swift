internal import MetricModel

/// Numbers as people read them, by the rules of Prometheus' `humanize` functions.
enum Humanized {
  /// `%.4g`.
  static func fourDigits(_ value: Double) -> String {
    GoPrinting.general(value, precision: 4)
  }

  /// With SI prefixes: 1234567 is `1.235M`, 0.12 is `120m`.
  static func decimal(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return fourDigits(value) }
    if value.magnitude >= 1 {
      return scaled(value, by: 1000, ["k", "M", "G", "T", "P", "E", "Z", "Y"])
    }
    var (rest, prefix) = (value, "")
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where rest.magnitude < 1 {
      prefix = next
      rest *= 1000
    }
    return fourDigits(rest) + prefix
  }

  /// With binary prefixes: 1048576 is `1Mi`.
  static func binary(_ value: Double) -> String {
    guard value.magnitude > 1, value.isFinite else { return fourDigits(value) }
    return scaled(value, by: 1024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
  }

  private static func scaled(_ value: Double, by base: Double, _ prefixes: [String]) -> String {
    var (rest, prefix) = (value, "")
    for next in prefixes where rest.magnitude >= base {
      prefix = next
      rest /= base
    }
    return fourDigits(rest) + prefix
  }

  /// Seconds as `1d 2h 3m 4s`, `1.234s`, `123.5ms`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return fourDigits(seconds) }
    if seconds == 0 { return "0s" }
    if seconds.magnitude >= 1 {
      let sign = seconds < 0 ? "-" : ""
      guard let whole = Int64(exactly: seconds.magnitude.rounded(.towardZero)) else {
        return fourDigits(seconds) + "s"
      }
      let (days, hours) = (whole / 86_400, whole / 3600 % 24)
      let (minutes, rest) = (whole / 60 % 60, whole % 60)
      if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(rest)s" }
      if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(rest)s" }
      if minutes != 0 { return "\(sign)\(minutes)m \(rest)s" }
      return fourDigits(seconds) + "s"
    }
    var (rest, prefix) = (seconds, "")
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where rest.magnitude < 1 {
      prefix = next
      rest *= 1000
    }
    return "\(fourDigits(rest))\(prefix)s"
  }
}
