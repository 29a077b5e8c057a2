package import MetricModel

/// A length of time as Go's `time.ParseDuration` reads it, which is how Argo spells durations:
/// `90s`, `1h15m`, `1.5h`, `300ms`; days and weeks are unknown to it.
package struct GoDuration: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// As near as 64 bits of nanoseconds allow, some 290 years.
  init(_ length: Milliseconds) {
    let (nanoseconds, overflow) = length.count.multipliedReportingOverflow(by: 1_000_000)
    self.nanoseconds = overflow ? (length.count > 0 ? .max : .min) : nanoseconds
  }

  /// The nearest whole number of milliseconds.
  package var milliseconds: Milliseconds {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return Milliseconds(whole + (rest >= 500_000 ? 1 : rest <= -500_000 ? -1 : 0))
  }

  package static func < (left: GoDuration, right: GoDuration) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  private static let units: [(suffix: String, nanoseconds: Double)] = [
    ("ns", 1), ("us", 1e3), ("\u{b5}s", 1e3), ("\u{3bc}s", 1e3), ("ms", 1e6), ("s", 1e9),
    ("m", 60e9), ("h", 3600e9),
  ]

  /// Nil for anything Go refuses.
  package init?(parsing text: String) {
    var rest = Array(text.utf8)[...]
    var sign = 1.0
    if let first = rest.first, first == 0x2b || first == 0x2d {
      sign = first == 0x2d ? -1 : 1
      rest.removeFirst()
    }
    if rest.elementsEqual([0x30]) {
      self.init(nanoseconds: 0)
      return
    }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == 0x2e }
      guard digits.contains(where: { $0 != 0x2e }), let amount = NumberText.parseDecimal(digits)
      else { return nil }
      rest = rest.dropFirst(digits.count)
      let suffix = rest.prefix { !((0x30...0x39).contains($0) || $0 == 0x2e) }
      rest = rest.dropFirst(suffix.count)
      guard let unit = Self.units.first(where: { suffix.elementsEqual($0.suffix.utf8) }) else {
        return nil
      }
      total += amount * unit.nanoseconds
    }
    guard total < 9.2e18 else { return nil }
    self.init(nanoseconds: Int64((sign * total).rounded()))
  }

  /// Go's spelling: `1h15m0s`, `1.5s`, `300ms`.
  package var description: String {
    if nanoseconds == 0 { return "0s" }
    let sign = nanoseconds < 0 ? "-" : ""
    let magnitude = nanoseconds.magnitude
    func spelled(_ value: UInt64, in unit: UInt64) -> String {
      NumberText.plain(Double(value) / Double(unit))
    }
    if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
    if magnitude < 1_000_000 { return "\(sign)\(spelled(magnitude, in: 1000))\u{b5}s" }
    if magnitude < 1_000_000_000 { return "\(sign)\(spelled(magnitude, in: 1_000_000))ms" }
    let hours = magnitude / 3_600_000_000_000
    let minutes = magnitude / 60_000_000_000 % 60
    let seconds = spelled(magnitude % 60_000_000_000, in: 1_000_000_000)
    if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(seconds)s" }
    return minutes > 0 ? "\(sign)\(minutes)m\(seconds)s" : "\(sign)\(seconds)s"
  }

  /// The methods that conditions may call, with what they answer.
  static let methods: [String: ConditionType] = [
    "Hours": .number, "Minutes": .number, "Seconds": .number, "Milliseconds": .integer,
  ]

  func method(_ name: String) -> ConditionValue? {
    switch name {
    case "Hours": .number(Double(nanoseconds) / 3600e9)
    case "Minutes": .number(Double(nanoseconds) / 60e9)
    case "Seconds": .number(Double(nanoseconds) / 1e9)
    case "Milliseconds": .integer(nanoseconds / 1_000_000)
    default: nil
    }
  }
}
