internal import Glibc

/// Quantiles as PromQL has them: linear between ranks, NaN below every number.
enum Quantiles {
  /// - Parameter values: reordered.
  static func quantile(_ q: Double, of values: inout [Double]) -> Double {
    if values.isEmpty || q.isNaN { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    values.sort { precedes($0, $1) }
    let last = Double(values.count - 1)
    let rank = q * last
    let lower = max(0, floor(rank))
    let upper = min(last, lower + 1)
    let weight = rank - floor(rank)
    return values[Int(lower)] * (1 - weight) + values[Int(upper)] * weight
  }

  /// A strict order with NaN first.
  static func precedes(_ a: Double, _ b: Double) -> Bool {
    if a.isNaN { return !b.isNaN }
    return a < b
  }

  static func isInRange(_ q: Double) -> Bool { q >= 0 && q <= 1 }
}
