/// A length of time in whole milliseconds, with Prometheus' spelling: `1h30m`, `15s`, `250ms`.
///
///     Milliseconds(parsing: "1h30m")          // 5 400 000 ms
///     Milliseconds.minutes(5).description     // "5m"
package struct Milliseconds: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number of milliseconds; may be negative.
  package var count: Int64

  package init(_ count: Int64) {
    self.count = count
  }

  package static let zero = Milliseconds(0)
  package static func seconds(_ value: Int64) -> Milliseconds { Milliseconds(value &* 1000) }
  package static func minutes(_ value: Int64) -> Milliseconds { Milliseconds(value &* 60_000) }
  package static func hours(_ value: Int64) -> Milliseconds { Milliseconds(value &* 3_600_000) }

  /// Rounds to the nearest millisecond; nil when `seconds` is not finite or does not fit.
  package init?(seconds: Double) {
    guard let instant = Timestamp(seconds: seconds) else { return nil }
    self.init(instant.milliseconds)
  }

  /// The length in seconds.
  package var seconds: Double { Double(count) / 1000 }

  package static func < (left: Milliseconds, right: Milliseconds) -> Bool {
    left.count < right.count
  }

  /// The units of a duration, largest first, with their lengths in milliseconds.
  package static let units: [(suffix: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000),
    ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// Reads `0` or units in falling order, each at most once, whole numbers only.
  /// Nil for anything else, and for lengths past 2^63 ms.
  package init?(parsing text: some StringProtocol) {
    if text == "0" {
      self.init(0)
      return
    }
    var total: Int64 = 0
    var nextUnit = 0
    var rest = Array(text.utf8)[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      let suffix = rest.prefix { $0 < 0x30 || $0 > 0x39 }
      rest = rest.dropFirst(suffix.count)
      guard let amount = Int64(String(decoding: digits, as: UTF8.self)),
        let unit = Self.units.firstIndex(where: { Array($0.suffix.utf8) == Array(suffix) }),
        unit >= nextUnit
      else { return nil }
      nextUnit = unit + 1
      let (length, tooLong) = amount.multipliedReportingOverflow(
        by: Self.units[unit].milliseconds)
      let (sum, overflow) = total.addingReportingOverflow(length)
      guard !tooLong, !overflow else { return nil }
      total = sum
    }
    self.init(total)
  }

  /// Prometheus' canonical spelling: years, weeks and days only where the length is a whole number
  /// of them, as in `model.Duration.String`.
  package var description: String {
    if count == 0 { return "0s" }
    var rest = count.magnitude
    var text = count < 0 ? "-" : ""
    for unit in Self.units {
      let length = UInt64(unit.milliseconds)
      let onlyIfExact = unit.suffix == "y" || unit.suffix == "w"
      if onlyIfExact && rest % length != 0 { continue }
      let amount = rest / length
      if amount > 0 {
        text += "\(amount)\(unit.suffix)"
        rest -= amount * length
      }
    }
    return text
  }
}
