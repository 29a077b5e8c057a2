internal import Glibc
internal import MetricModel

/// A function of one number.
enum MathFunction {
  case abs, ceil, floor, exp, sqrt, ln, log2, log10
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
  case rad, deg, sgn, negative

  /// Applies the function to the present cells of a range.
  func apply(_ cells: inout [Double], _ range: Range<Int>) {
    switch self {
    case .abs: mapCells(&cells, range) { $0.magnitude }
    case .ceil: mapCells(&cells, range) { $0.rounded(.up) }
    case .floor: mapCells(&cells, range) { $0.rounded(.down) }
    case .exp: mapCells(&cells, range) { Glibc.exp($0) }
    case .sqrt: mapCells(&cells, range) { $0.squareRoot() }
    case .ln: mapCells(&cells, range) { Glibc.log($0) }
    case .log2: mapCells(&cells, range) { Glibc.log2($0) }
    case .log10: mapCells(&cells, range) { Glibc.log10($0) }
    case .sin: mapCells(&cells, range) { Glibc.sin($0) }
    case .cos: mapCells(&cells, range) { Glibc.cos($0) }
    case .tan: mapCells(&cells, range) { Glibc.tan($0) }
    case .asin: mapCells(&cells, range) { Glibc.asin($0) }
    case .acos: mapCells(&cells, range) { Glibc.acos($0) }
    case .atan: mapCells(&cells, range) { Glibc.atan($0) }
    case .sinh: mapCells(&cells, range) { Glibc.sinh($0) }
    case .cosh: mapCells(&cells, range) { Glibc.cosh($0) }
    case .tanh: mapCells(&cells, range) { Glibc.tanh($0) }
    case .asinh: mapCells(&cells, range) { Glibc.asinh($0) }
    case .acosh: mapCells(&cells, range) { Glibc.acosh($0) }
    case .atanh: mapCells(&cells, range) { Glibc.atanh($0) }
    case .rad: mapCells(&cells, range) { $0 * Double.pi / 180 }
    case .deg: mapCells(&cells, range) { $0 * 180 / Double.pi }
    case .sgn: mapCells(&cells, range) { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
    case .negative: mapCells(&cells, range) { -$0 }
    }
  }
}

/// A part of a date in UTC; the number is seconds since the epoch, its fraction cut off.
enum DatePart {
  case minute, hour, dayOfMonth, dayOfWeek, dayOfYear, daysInMonth, month, year

  func apply(_ cells: inout [Double], _ range: Range<Int>) {
    mapCells(&cells, range) { Double(of(CivilTime(secondsSinceEpoch: goInteger($0)))) }
  }

  private func of(_ time: CivilTime) -> Int64 {
    switch self {
    case .minute: time.minute
    case .hour: time.hour
    case .dayOfMonth: time.date.day
    case .dayOfWeek: time.date.weekday
    case .dayOfYear: time.date.dayOfYear
    case .daysInMonth: time.date.daysInMonth
    case .month: time.date.month
    case .year: time.date.year
    }
  }
}
