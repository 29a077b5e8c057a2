/// A moment in the proleptic Gregorian calendar, UTC, for the date functions.
struct CivilTime: Equatable {
  var year: Int64
  /// 1 to 12.
  var month: Int64
  /// 1 to 31.
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64
  /// 0 is Sunday.
  var weekday: Int64
  /// 1 to 366.
  var dayOfYear: Int64

  private static let secondsPerDay: Int64 = 86_400
  private static let daysPerEra: Int64 = 146_097
  /// From Go's year zero, -292277022399, a multiple of days.
  private static let secondsBeforeEpoch: Int64 = 9_223_372_028_715_321_600

  /// Any count of seconds is allowed; years run to hundreds of billions at the ends.
  ///
  /// Go counts unsigned seconds from a year zero long ago. The 8 thousand million seconds before it
  /// (all that NaN and infinities are converted to lies there) wrap into the far future.
  init(secondsSinceEpoch seconds: Int64) {
    let unsigned = UInt64(bitPattern: seconds &+ Self.secondsBeforeEpoch)
    let days =
      Int64(unsigned / UInt64(Self.secondsPerDay)) - Self.secondsBeforeEpoch / Self.secondsPerDay
    let rest = Int64(unsigned % UInt64(Self.secondsPerDay))
    hour = rest / 3600
    minute = rest % 3600 / 60
    second = rest % 60
    // 1970-01-01 was a Thursday.
    weekday = Self.floorModulo(days &+ 4, 7)
    // Years that begin in March put the leap day last; an era is 400 of them. 719,468 days lie
    // between 0000-03-01 and the epoch.
    let shifted = days &+ 719_468
    let era = Self.floorDivide(shifted, Self.daysPerEra)
    let dayOfEra = shifted &- era &* Self.daysPerEra
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayFromMarch + 2) / 153
    day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let isLeap = Self.isLeap(year)
    dayOfYear =
      month <= 2
      ? dayFromMarch - 305 : dayFromMarch + (isLeap ? 61 : 60)
  }

  var daysInMonth: Int64 {
    switch month {
    case 2: Self.isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func isLeap(_ year: Int64) -> Bool {
    floorModulo(year, 4) == 0 && (floorModulo(year, 100) != 0 || floorModulo(year, 400) == 0)
  }

  private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    a / b - (a % b < 0 ? 1 : 0)
  }

  private static func floorModulo(_ a: Int64, _ b: Int64) -> Int64 {
    let rest = a % b
    return rest < 0 ? rest + b : rest
  }
}
