extension Timestamp {
  /// Reads what Prometheus' HTTP API takes for a time: seconds since the epoch, with a fraction, or
  /// RFC 3339 as Go reads it, such as `2026-11-23T06:45:00Z` and `2026-11-23T07:45:00.5+01:00`.
  ///
  /// Seconds are rounded to the millisecond, further digits of RFC 3339 cut off. Nil for anything
  /// else.
  package init?(parsing text: some StringProtocol) {
    let unsigned = text.hasPrefix("+") ? Substring(text.dropFirst()) : Substring(text)
    if let seconds = NumberText.parseDecimal(unsigned.utf8) {
      guard let time = Timestamp(seconds: seconds) else { return nil }
      self = time
    } else if text == "-292273086-05-16T16:47:06Z" {
      // How Prometheus prints the ends of its time line; Go's parser knows four-digit years only.
      self = .earliest
    } else if text == "292277025-08-18T07:12:54.999999999Z" {
      self = .latest
    } else {
      self.init(rfc3339: Array(text.utf8))
    }
  }

  private init?(rfc3339 bytes: [UInt8]) {
    var fields = TimeFields(bytes)
    guard let year = fields.number(4), fields.take("-"), let month = fields.number(2),
      fields.take("-"), let day = fields.number(2), fields.take("T"),
      let date = CivilDate(year: year, month: month, day: day),
      let hour = fields.number(2) ?? fields.number(1), hour < 24, fields.take(":"),
      let minute = fields.number(2), minute < 60, fields.take(":"),
      let second = fields.number(2), second < 60, let fraction = fields.fraction(),
      let east = fields.secondsEast(), fields.isAtEnd
    else { return nil }
    let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second - east
    self.init(milliseconds: seconds * 1000 + fraction)
  }

  /// RFC 3339 in UTC, with milliseconds where there are any: `2026-11-23T06:45:00.25Z`.
  package var rfc3339: String {
    let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: days)
    let day = [Self.padded(date.year, 4), Self.padded(date.month, 2), Self.padded(date.day, 2)]
    let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { Self.padded($0, 2) }
    var text = day.joined(separator: "-") + "T" + clock.joined(separator: ":")
    if rest % 1000 > 0 {
      var digits = Self.padded(rest % 1000, 3)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += ".\(digits)"
    }
    return text + "Z"
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

/// Reads the fixed-width fields of a time from the left.
private struct TimeFields {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == character.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func number(_ digits: Int) -> Int64? {
    let text = rest.prefix(digits)
    guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(digits)
    return text.reduce(0) { $0 * 10 + Int64($1) - 0x30 }
  }

  /// Milliseconds of `.123456`; 0 when there is none. Go takes a comma too.
  mutating func fraction() -> Int64? {
    guard take(".") || take(",") else { return 0 }
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    return (digits + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int64($1) - 0x30 }
  }

  /// Seconds east of Greenwich.
  mutating func secondsEast() -> Int64? {
    if take("Z") { return 0 }
    let isWest = take("-")
    guard isWest || take("+"), let hours = number(2), hours <= 24, take(":"),
      let minutes = number(2), minutes < 60
    else { return nil }
    return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
