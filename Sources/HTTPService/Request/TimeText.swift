import MetricModel

/// Points in time as Prometheus' API takes them: seconds since the epoch, or RFC 3339 as Go
/// reads it.
///
///     TimeText.parse("1700000000.5")
///     TimeText.parse("2023-11-14T22:13:20.5+01:00")
enum TimeText {
  /// Rounds seconds to the nearest millisecond, cuts off the digits of RFC 3339 beyond it; nil for
  /// anything else.
  static func parse(_ text: String) -> Timestamp? {
    let unsigned = text.hasPrefix("+") ? text.dropFirst() : text[...]
    if let seconds = NumberText.parseDecimal(unsigned.utf8) { return Timestamp(seconds: seconds) }
    // Prometheus prints the ends of its time line so, but Go's parser knows four-digit years only.
    if text == "-292273086-05-16T16:47:06Z" { return .earliest }
    if text == "292277025-08-18T07:12:54.999999999Z" { return .latest }
    var reader = Reader(rest: Array(text.utf8)[...])
    return reader.timestamp()
  }

  /// `2026-11-23T06:26:58Z`, in UTC to the second.
  static func utc(_ time: Timestamp, dateSeparator: String, timeSeparator: String) -> String {
    let seconds = (Double(time.milliseconds) / 1000).rounded(.down)
    let whole = Int64(exactly: seconds) ?? 0
    let (days, rest) = floorDivision(whole, 86_400)
    let date = civilDate(days)
    let dateText = [
      padded(date.year, 4), padded(Int64(date.month), 2), padded(Int64(date.day), 2),
    ].joined(separator: dateSeparator)
    let timeText = [
      padded(rest / 3600, 2), padded(rest / 60 % 60, 2), padded(rest % 60, 2),
    ].joined(separator: timeSeparator)
    return dateText + "T" + timeText + "Z"
  }

  /// Reads from the front of a text.
  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func timestamp() -> Timestamp? {
      guard let year = number(4), take("-"), let month = number(2), take("-"),
        let day = number(2), take("T"), let hour = hour(), take(":"), let minute = number(2),
        take(":"), let second = number(2), let fraction = fraction(), let zone = zone(),
        rest.isEmpty, (1...12).contains(month), day >= 1,
        day <= TimeText.days(in: month, of: year), hour < 24, minute < 60, second < 60
      else { return nil }
      let days = TimeText.dayNumber(year: year, month: month, day: day)
      let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone
      return Timestamp(milliseconds: seconds * 1000 + fraction)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest = rest.dropFirst()
      return true
    }

    private mutating func number(_ digits: Int) -> Int64? {
      let text = rest.prefix(digits)
      guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      rest = rest.dropFirst(digits)
      return text.reduce(0) { $0 * 10 + Int64($1) - 0x30 }
    }

    /// Go takes one digit for hours.
    private mutating func hour() -> Int64? { number(2) ?? number(1) }

    /// Milliseconds of `.123456`; 0 when there is none. Go takes a comma too.
    private mutating func fraction() -> Int64? {
      guard take(".") || take(",") else { return 0 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      guard !digits.isEmpty else { return nil }
      let padded = (digits + [0x30, 0x30]).prefix(3)
      return padded.reduce(0) { $0 * 10 + Int64($1) - 0x30 }
    }

    /// Seconds east of Greenwich.
    private mutating func zone() -> Int64? {
      if take("Z") { return 0 }
      let isWest = rest.first == UInt8(ascii: "-")
      guard take("+") || take("-"), let hours = number(2), take(":"), let minutes = number(2),
        hours <= 24, minutes < 60
      else { return nil }
      let east = hours * 3600 + minutes * 60
      return isWest ? -east : east
    }
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    switch month {
    case 2: return isLeap ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March so that
  /// the leap day is the last of its year.
  private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivision(shifted, 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The inverse of `dayNumber`.
  private static func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
    let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leapDays) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivision(
    _ value: Int64, _ divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ number: Int64, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
