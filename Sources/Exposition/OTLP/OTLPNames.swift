import MetricModel

/// How Prometheus names what OpenTelemetry sends; by default as words with underscores, with unit
/// and type as suffixes.
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
  static func metric(
    _ name: String, unit: String, _ kind: Kind,
    _ translation: OTLPOptions.Translation = .underscoreEscapingWithSuffixes
  ) -> String? {
    guard translation.escapes else {
      let whole = translation.addsSuffixes ? suffixed(name, unit: unit, kind) : name
      return whole.isEmpty ? nil : whole
    }
    guard translation.addsSuffixes else {
      let words = name.unicodeScalars.split { !isPlain($0) && $0 != ":" && $0 != "_" }
      return checked(words.map { String($0) }.joined(separator: "_"), from: name)
    }
    var words = split(name)
    let (main, per) = units(unit)
    if let main, !words.contains(main) { words.append(main) }
    if let per, !words.contains(per) { words.append(per) }
    if kind == .counter { words = words.filter { $0 != "total" } + ["total"] }
    if unit == "1" && kind == .gauge { words = words.filter { $0 != "ratio" } + ["ratio"] }
    return checked(words.joined(separator: "_"), from: name)
  }

  /// A name that no digit begins; nil when nothing but underscores is left of another one.
  private static func checked(_ joined: String, from name: String) -> String? {
    guard let first = joined.utf8.first else { return nil }
    guard joined == name || joined.utf8.contains(where: { $0 != 0x5f }) else { return nil }
    return (0x30...0x39).contains(first) ? "_" + joined : joined
  }

  /// The name as it is, with unit and type at its end.
  private static func suffixed(_ name: String, unit: String, _ kind: Kind) -> String {
    var name = name
    /// Without a suffix and the character before it.
    func drop(_ suffix: String) {
      if name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count + 1 {
        name = String(decoding: name.utf8.dropLast(suffix.utf8.count + 1), as: UTF8.self)
      }
    }
    let (main, per) = units(unit, escapes: false)
    var endings: [String] = []
    if unit == "1" && kind == .gauge { endings.append("ratio") }
    if kind == .counter { endings.append("total") }
    if let per { endings.append(per) }
    endings.forEach(drop)
    if let main, !name.hasSuffix(main) { name += "_" + main }
    return ([name] + endings.reversed()).joined(separator: "_")
  }

  /// The words of a name: letters, digits and colons.
  private static func split(_ text: String) -> [String] {
    text.unicodeScalars.split { !isPlain($0) && $0 != ":" }.map { String($0) }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
  }

  /// A label's name; nil for one of underscores only. Each character that a label can't have
  /// becomes an underscore, and names that begin with one or with a digit get a `key` before it, as
  /// Prometheus has it by default.
  static func label(
    _ name: String, _ translation: OTLPOptions.Translation = .underscoreEscapingWithSuffixes
  ) -> String? {
    guard name.utf8.contains(where: { $0 != 0x5f }) else { return nil }
    guard translation.escapes else { return name }
    var result = ""
    for scalar in name.unicodeScalars {
      if isPlain(scalar) { result.unicodeScalars.append(scalar) } else { result += "_" }
    }
    if (0x30...0x39).contains(result.utf8.first ?? 0) { return "key_" + result }
    if result.hasPrefix("_"), !result.hasPrefix("__") { result = "key" + result }
    return result.utf8.contains(where: { $0 != 0x5f }) ? result : nil
  }

  /// A unit in words, `By/s` as "bytes" and "per_second".
  static func units(
    _ unit: String, escapes: Bool = true
  ) -> (main: String?, per: String?) {
    let parts = unit.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    func spelled(_ part: Substring, _ words: [String: String]) -> String? {
      let text = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      let trimmed = String(text)
      // Annotations in braces say nothing about the unit.
      if trimmed.isEmpty || trimmed.contains("{") || trimmed.contains("}") { return nil }
      let spelled = words[trimmed] ?? trimmed
      let word = escapes ? split(spelled).joined(separator: "_") : spelled
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
