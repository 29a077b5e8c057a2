extension Timestamp {
  /// Reads what Prometheus' HTTP API takes for a time: seconds since the epoch, with a fraction, or
  /// RFC 3339 such as `2026-11-23T06:45:00Z` and `2026-11-23T07:45:00.5+01:00`.
  ///
  /// Nil for anything else.
  package init?(parsing text: some StringProtocol) {
    if let seconds = NumberText.parseDecimal(text.utf8) {
      guard let time = Timestamp(seconds: seconds) else { return nil }
      self = time
    } else {
      self.init(rfc3339: Array(text.utf8))
    }
  }

  private init?(rfc3339 bytes: [UInt8]) {
    var fields = Fields(bytes)
    guard let year = fields.number(digits: 4), fields.take("-"),
      let month = fields.number(digits: 2), (1...12).contains(month), fields.take("-"),
      let day = fields.number(digits: 2), fields.take("T") || fields.take("t"),
      let hour = fields.number(digits: 2), hour < 24, fields.take(":"),
      let minute = fields.number(digits: 2), minute < 60, fields.take(":"),
      let second = fields.number(digits: 2), second < 60,
      (1...Self.days(inMonth: month, of: year)).contains(day),
      let fraction = fields.fractionMilliseconds(), let offset = fields.offsetMinutes(),
      fields.isAtEnd
    else { return nil }
    let days = Self.daysSinceEpoch(year: year, month: month, day: day)
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    self.init(milliseconds: Int64(seconds) * 1000 + Int64(fraction))
  }

  /// RFC 3339 in UTC with milliseconds where there are any: `2026-11-23T06:45:00.25Z`.
  package var rfc3339: String {
    let (day, rest) = (
      milliseconds.flooredQuotient(86_400_000), milliseconds.flooredRest(86_400_000)
    )
    let (year, month, date) = Self.civilDate(daysSinceEpoch: day)
    let clock = "\(Self.two(rest / 3_600_000)):\(Self.two(rest / 60_000 % 60))"
    let fraction = rest % 1000
    var text = "\(Self.padded(year, 4))-\(Self.two(month))-\(Self.two(date))T\(clock)"
    text += ":\(Self.two(rest / 1000 % 60))"
    if fraction > 0 {
      var digits = Self.padded(fraction, 3)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += ".\(digits)"
    }
    return text + "Z"
  }

  private static func two(_ value: Int64) -> String { padded(value, 2) }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, by counting eras of 400 years from a
  /// 1st of March (Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
  private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The inverse of `daysSinceEpoch` (same source, civil_from_days).
  package static func civilDate(
    daysSinceEpoch days: Int64
  ) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Reads fixed-width fields from the left.
  private struct Fields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(digits: Int) -> Int? {
      guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) })
      else {
        return nil
      }
      defer { rest = rest.dropFirst(digits) }
      return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard let first = rest.first, UInt32(first) == character.value else { return false }
      rest = rest.dropFirst()
      return true
    }

    /// 0 when there is no fraction; digits past the third are cut.
    mutating func fractionMilliseconds() -> Int? {
      guard take(".") else { return 0 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      let three = digits.prefix(3)
      let value = three.reduce(0) { $0 * 10 + Int($1) - 0x30 }
      return [1: value * 100, 2: value * 10][three.count] ?? value
    }

    mutating func offsetMinutes() -> Int? {
      if take("Z") || take("z") { return 0 }
      let isWest = take("-")
      guard isWest || take("+"), let hours = number(digits: 2), hours < 24, take(":"),
        let minutes = number(digits: 2), minutes < 60
      else { return nil }
      return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
  }
}

extension Int64 {
  /// The quotient rounded towards minus infinity; `divisor` is positive.
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? quotient - 1 : quotient
  }

  /// What `flooredQuotient` leaves, in `0..<divisor`.
  fileprivate func flooredRest(_ divisor: Int64) -> Int64 {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }
}
