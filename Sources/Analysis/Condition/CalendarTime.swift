internal import MetricModel

/// A time as year, month, day and time of day in UTC, in the proleptic Gregorian calendar.
struct CalendarTime: Equatable {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int
  var millisecond: Int
  /// 0 for Sunday.
  var weekday: Int
  private let instant: Timestamp

  /// The methods of times that conditions may call, such as `now().Hour()`.
  static let methods: Set<String> = [
    "Year", "Month", "Day", "Hour", "Minute", "Second", "Weekday", "Unix", "UnixMilli",
  ]

  init(_ time: Timestamp) {
    instant = time
    let (days, rest) = Self.floorDivision(time.milliseconds, 86_400_000)
    millisecond = Int(rest % 1000)
    second = Int(rest / 1000 % 60)
    minute = Int(rest / 60_000 % 60)
    hour = Int(rest / 3_600_000)
    weekday = Int(Self.floorDivision(days + 4, 7).remainder)
    // Days from civil, run backwards: eras of 400 years that start on 1 March.
    let shifted = days + 719_468
    let (era, dayOfEra) = Self.floorDivision(shifted, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// RFC 3339 with milliseconds where there are any: `2026-11-23T06:30:00Z`.
  var text: String {
    let fraction = millisecond == 0 ? "" : "." + Self.padded(millisecond, 3)
    return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2) + "T"
      + Self.padded(hour, 2) + ":" + Self.padded(minute, 2) + ":" + Self.padded(second, 2)
      + fraction + "Z"
  }

  func method(_ name: String) -> Int64? {
    switch name {
    case "Year": Int64(year)
    case "Month": Int64(month)
    case "Day": Int64(day)
    case "Hour": Int64(hour)
    case "Minute": Int64(minute)
    case "Second": Int64(second)
    case "Weekday": Int64(weekday)
    case "Unix": Self.floorDivision(instant.milliseconds, 1000).quotient
    case "UnixMilli": instant.milliseconds
    default: nil
    }
  }

  /// Reads `2026-11-23`, `2026-11-23 06:30:00` and RFC 3339 with an offset; nil for anything else.
  static func parse(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      return Int64(String(decoding: bytes[range], as: UTF8.self))
    }
    func has(_ letters: String, at index: Int) -> Bool {
      index < bytes.count && letters.utf8.contains(bytes[index])
    }
    guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
      let day = number(8..<10), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var total = days(year: year, month: month, day: day) * 86_400_000
    guard bytes.count > 10 else { return Timestamp(milliseconds: total) }
    guard has("T ", at: 10), let hour = number(11..<13), has(":", at: 13),
      let minute = number(14..<16), has(":", at: 16), let second = number(17..<19),
      hour < 24, minute < 60, second < 61
    else { return nil }
    total += (hour * 3600 + minute * 60 + second) * 1000
    var position = 19
    if has(".", at: position) {
      let digits = bytes[(position + 1)...].prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty else { return nil }
      let padded = (digits.map { Int64($0 - 0x30) } + [0, 0, 0]).prefix(3)
      total += padded.reduce(0) { $0 * 10 + $1 }
      position += 1 + digits.count
    }
    if position == bytes.count { return bytes[10] == 0x20 ? Timestamp(milliseconds: total) : nil }
    if has("Z", at: position), position + 1 == bytes.count {
      return Timestamp(milliseconds: total)
    }
    guard has("+-", at: position), position + 6 == bytes.count,
      let hours = number(position + 1..<position + 3), has(":", at: position + 3),
      let minutes = number(position + 4..<position + 6)
    else { return nil }
    let offset = (hours * 60 + minutes) * 60_000
    return Timestamp(milliseconds: bytes[position] == 0x2b ? total - offset : total + offset)
  }

  /// Days since 1970-01-01.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivision(shiftedYear, 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func floorDivision(
    _ value: Int64, _ divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ value: Int, _ count: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
  }
}
