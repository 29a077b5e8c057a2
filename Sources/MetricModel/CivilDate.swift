/// A day of the proleptic Gregorian calendar.
///
///     CivilDate(daysSinceEpoch: 0)                        // 1970-01-01
///     CivilDate(year: 2024, month: 2, day: 29)?.daysSinceEpoch
///
/// Days are counted in eras of 400 years that begin on a 1st of March, so that the leap day is the
/// last of its year (Howard Hinnant, "chrono-compatible low-level date algorithms",
/// `days_from_civil` and `civil_from_days`).
package struct CivilDate: Hashable, Sendable {
  package let year: Int64
  /// 1 to 12.
  package let month: Int64
  /// 1 to 31.
  package let day: Int64

  private static let daysPerEra: Int64 = 146_097
  /// From 0000-03-01 to 1970-01-01.
  private static let daysBeforeEpoch: Int64 = 719_468

  /// Any number of days that a 64-bit count of milliseconds or seconds can give.
  package init(daysSinceEpoch days: Int64) {
    let (era, dayOfEra) = (days &+ Self.daysBeforeEpoch).flooredDivision(by: Self.daysPerEra)
    let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leapDays) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Nil for a day that the month doesn't have, and for years past a billion.
  package init?(year: Int64, month: Int64, day: Int64) {
    guard (1...12).contains(month), day >= 1, year.magnitude < 1_000_000_000,
      day <= Self.days(inMonth: month, of: year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Days from 1970-01-01, negative before.
  package var daysSinceEpoch: Int64 {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * Self.daysPerEra + dayOfEra - Self.daysBeforeEpoch
  }

  /// 0 is Sunday; 1970-01-01 was a Thursday.
  package var weekday: Int64 { (daysSinceEpoch &+ 4).flooredDivision(by: 7).remainder }

  /// 1 to 366.
  package var dayOfYear: Int64 {
    let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    return before[Int(month) - 1] + day + (month > 2 && Self.isLeap(year) ? 1 : 0)
  }

  package var daysInMonth: Int64 { Self.days(inMonth: month, of: year) }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }
}

extension Int64 {
  /// Quotient rounded towards minus infinity, and what it leaves in `0..<divisor`; `divisor` is
  /// positive.
  package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
