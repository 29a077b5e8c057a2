internal import MetricModel

/// A time in conditions: what may be asked of it, and how it is spelled, in UTC.
struct CalendarTime: Equatable {
  private let instant: Timestamp

  /// The methods of times that conditions may call, such as `now().Hour()`.
  static let methods: Set<String> = [
    "Year", "Month", "Day", "Hour", "Minute", "Second", "Weekday", "Unix", "UnixMilli",
  ]

  init(_ time: Timestamp) { instant = time }

  /// RFC 3339 with milliseconds where there are any: `2026-11-23T06:30:00Z`.
  var text: String { instant.rfc3339 }

  func method(_ name: String) -> Int64? {
    let (days, rest) = instant.milliseconds.flooredDivision(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: days)
    return switch name {
    case "Year": date.year
    case "Month": date.month
    case "Day": date.day
    case "Hour": rest / 3_600_000
    case "Minute": rest / 60_000 % 60
    case "Second": rest / 1000 % 60
    case "Weekday": date.weekday
    case "Unix": instant.milliseconds.flooredDivision(by: 1000).quotient
    case "UnixMilli": instant.milliseconds
    default: nil
    }
  }

  /// Reads `2026-11-23`, `2026-11-23 06:30:00` and RFC 3339 with an offset; nil for anything else.
  static func parse(_ text: String) -> Timestamp? {
    guard text.utf8.count >= 10, text.utf8.contains(UInt8(ascii: "-")) else { return nil }
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where text.utf8.count == 10: return Timestamp(parsing: "\(text)T00:00:00Z")
    case 1: return Timestamp(parsing: text)
    case 2: return Timestamp(parsing: "\(parts[0])T\(parts[1])Z")
    default: return nil
    }
  }
}
