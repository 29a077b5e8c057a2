import MetricModel

/// How Prometheus names what OpenTelemetry sends: words with underscores, unit and type as suffixes
/// ("UnderscoreEscapingWithSuffixes", its default).
///
///     OTLPNames.metric("http.server.duration", unit: "ms", .histogram)
///     // http_server_duration_milliseconds
///
/// The rules are those of github.com/prometheus/otlptranslator.
enum OTLPNames {
  enum Kind {
    case gauge
    /// A sum that only grows.
    case counter
    case other
  }

  /// Nil for a name that nothing is left of.
  static func metric(_ name: String, unit: String, _ kind: Kind) -> String? {
    var words = split(name)
    let (main, per) = units(unit)
    if let main, !words.contains(main) { words.append(main) }
    if let per, !words.contains(per) { words.append(per) }
    if kind == .counter { words = words.filter { $0 != "total" } + ["total"] }
    if unit == "1" && kind == .gauge { words = words.filter { $0 != "ratio" } + ["ratio"] }
    let joined = words.joined(separator: "_")
    guard let first = joined.utf8.first else { return nil }
    return (0x30...0x39).contains(first) ? "_" + joined : joined
  }

  /// The words of a name: letters, digits and colons.
  private static func split(_ text: String) -> [String] {
    text.unicodeScalars.split { !isPlain($0) && $0 != ":" }.map { String($0) }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
  }

  /// A label's name; nil for one of underscores only.
  static func label(_ name: String) -> String? {
    // Names between double underscores are reserved and keep them.
    let isReserved = name.utf8.count > 4 && name.hasPrefix("__") && name.hasSuffix("__")
    let inner = isReserved ? String(name.dropFirst(2).dropLast(2)) : name
    var result = ""
    var endsInUnderscore = false
    for scalar in inner.unicodeScalars {
      if isPlain(scalar) {
        result.unicodeScalars.append(scalar)
        endsInUnderscore = false
      } else if !endsInUnderscore {
        result += "_"
        endsInUnderscore = true
      }
    }
    if isReserved { result = "__\(result)__" }
    guard result.utf8.contains(where: { $0 != 0x5f }) else { return nil }
    return (0x30...0x39).contains(result.utf8.first ?? 0) ? "key_" + result : result
  }

  /// A unit in words, `By/s` as "bytes" and "per_second".
  static func units(_ unit: String) -> (main: String?, per: String?) {
    let parts = unit.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    func spelled(_ part: Substring, _ words: [String: String]) -> String? {
      let text = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      let trimmed = String(text)
      // Annotations in braces say nothing about the unit.
      if trimmed.isEmpty || trimmed.contains("{") || trimmed.contains("}") { return nil }
      let word = split(words[trimmed] ?? trimmed).joined(separator: "_")
      return word.isEmpty ? nil : word
    }
    let main = parts.first.flatMap { spelled($0, mainUnits) }
    let per = parts.count > 1 ? spelled(parts[1], perUnits).map { "per_" + $0 } : nil
    return (main, per)
  }

  private static let mainUnits = [
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds",
    "us": "microseconds", "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes",
    "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes", "KBy": "kilobytes",
    "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts",
    "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz",
    "1": "", "%": "percent",
  ]

  private static let perUnits = [
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
  ]
}
