internal import MetricModel

/// A time in UTC with the methods that templates call on it.
///
///     GoTime(0).formatted("Mon, 02 Jan 2006 15:04:05 GMT")    // "Thu, 01 Jan 1970 00:00:00 GMT"
package struct GoTime {
  /// Since 1970.
  let nanoseconds: Int64

  package init(_ nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  private var seconds: Int64 { nanoseconds.flooredDivision(by: 1_000_000_000).quotient }
  private var fraction: Int64 { nanoseconds.flooredDivision(by: 1_000_000_000).remainder }
  private var secondOfDay: Int64 { seconds.flooredDivision(by: 86_400).remainder }
  private var date: CivilDate {
    CivilDate(daysSinceEpoch: seconds.flooredDivision(by: 86_400).quotient)
  }

  /// `2015-06-23 13:19:44.128 +0000 UTC`.
  var text: String {
    var digits = padded(fraction, 9)
    while digits.hasSuffix("0") { digits.removeLast() }
    return formatted("2006-01-02 15:04:05") + (fraction == 0 ? "" : "." + digits) + " +0000 UTC"
  }

  private func padded(_ number: Int64, _ width: Int, _ filler: String = "0") -> String {
    let text = String(number)
    return String(repeating: filler, count: max(0, width - text.utf8.count)) + text
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  /// Go's layouts: the pieces of `Mon Jan 2 15:04:05 MST 2006`, longest first.
  private static let pieces = [
    "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00", "-07:00", "-0700", "15", "01",
    "02", "03", "04", "05", "06", "PM", "pm", "_2", "1", "2", "3", "4", "5",
  ]

  /// By one of Go's layouts, which spell the moment `Mon Jan 2 15:04:05 MST 2006`.
  package func formatted(_ layout: String) -> String {
    var result = ""
    var rest = layout[...]
    while let character = rest.first {
      if character == ".", rest.dropFirst().first == "0" || rest.dropFirst().first == "9" {
        let digit = rest.dropFirst().first
        let width = rest.dropFirst().prefix { $0 == digit }.count
        result += fractionText(width, trims: digit == "9")
        rest = rest.dropFirst(width + 1)
      } else if let piece = Self.pieces.first(where: { rest.hasPrefix($0) }) {
        result += self.piece(piece)
        rest = rest.dropFirst(piece.count)
      } else {
        result.append(character)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private func fractionText(_ width: Int, trims: Bool) -> String {
    var digits = String(padded(fraction, 9).prefix(width))
    if trims { while digits.hasSuffix("0") { digits.removeLast() } }
    return digits.isEmpty ? "" : "." + digits
  }

  private func piece(_ piece: String) -> String {
    let (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
    let half = hour % 12 == 0 ? 12 : hour % 12
    let date = date
    let month = Self.months[max(0, min(11, Int(date.month) - 1))]
    let day = Int64(date.day)
    let weekday = Self.weekdays[Int(date.weekday)]
    switch piece {
    case "2006": return padded(Int64(date.year), 4)
    case "06": return padded(Int64(date.year) % 100, 2)
    case "January": return month
    case "Jan": return String(month.prefix(3))
    case "01": return padded(Int64(date.month), 2)
    case "1": return String(date.month)
    case "Monday": return weekday
    case "Mon": return String(weekday.prefix(3))
    case "02": return padded(day, 2)
    case "_2": return padded(day, 2, " ")
    case "2": return String(day)
    case "15": return padded(hour, 2)
    case "03": return padded(half, 2)
    case "3": return String(half)
    case "04": return padded(minute, 2)
    case "4": return String(minute)
    case "05": return padded(second, 2)
    case "5": return String(second)
    case "PM": return hour < 12 ? "AM" : "PM"
    case "pm": return hour < 12 ? "am" : "pm"
    case "MST": return "UTC"
    case "Z07:00": return "Z"
    case "-07:00": return "+00:00"
    default: return "+0000"
    }
  }

  /// `1h2m3.5s`.
  static func durationText(_ nanoseconds: Int64) -> String {
    let magnitude = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    if magnitude == 0 { return "0s" }
    if magnitude < 1_000_000_000 {
      let (unit, scale): (String, UInt64) =
        magnitude < 1000 ? ("ns", 1) : magnitude < 1_000_000 ? ("µs", 1000) : ("ms", 1_000_000)
      return sign + decimals(magnitude, scale) + unit
    }
    let minutes = magnitude / 60_000_000_000
    let rest = decimals(magnitude % 60_000_000_000, 1_000_000_000) + "s"
    if minutes == 0 { return sign + rest }
    return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + rest
  }

  private static func decimals(_ value: UInt64, _ scale: UInt64) -> String {
    guard value % scale != 0 else { return String(value / scale) }
    var digits = String(value % scale)
    digits =
      String(repeating: "0", count: String(scale).utf8.count - 1 - digits.utf8.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(value / scale).\(digits)"
  }

  /// A method of `time.Time` or `time.Duration`; nil where the value has none of the name.
  static func call(
    _ method: String, on object: TemplateValue, _ arguments: [TemplateValue]
  ) throws(TemplateQueryError) -> TemplateValue? {
    switch (object, method, arguments.first) {
    case (.time(let time), "Format", .text(let layout)):
      return .text(GoTime(time).formatted(layout))
    case (.time(let time), "Add", .duration(let duration)):
      let (sum, overflow) = time.addingReportingOverflow(duration)
      guard !overflow else { throw TemplateQueryError("the time is out of range") }
      return .time(sum)
    case (.time(let time), "Unix", nil): return .integer(GoTime(time).seconds)
    case (.time(let time), "UnixMilli", nil):
      return .integer(time.flooredDivision(by: 1_000_000).quotient)
    case (.time(let time), "UnixNano", nil): return .integer(time)
    case (.time(let time), "String", nil): return .text(GoTime(time).text)
    case (.time, "UTC", nil): return object
    case (.duration(let duration), "String", nil): return .text(durationText(duration))
    case (.duration(let duration), "Seconds", nil): return .number(Double(duration) / 1e9)
    case (.duration(let duration), "Minutes", nil): return .number(Double(duration) / 60e9)
    case (.duration(let duration), "Hours", nil): return .number(Double(duration) / 3600e9)
    case (.duration(let duration), "Milliseconds", nil): return .integer(duration / 1_000_000)
    default: return nil
    }
  }
}
