internal import Glibc

/// What a comparison leaves in a cell.
enum ComparisonResult {
  /// The left or the right operand where it holds, nothing elsewhere.
  case left, right
  /// 1 or 0.
  case boolean
}

/// Applies `function` to each present cell of a range.
@inline(__always)
func mapCells(
  _ cells: inout [Double], _ range: Range<Int>, _ function: (Double) -> Double
) {
  var span = cells.mutableSpan
  for index in range where !span[index].isMissing { span[index] = function(span[index]) }
}

/// Applies `function` to cells where both are present; elsewhere the result is missing.
@inline(__always)
private func combineCells(
  _ left: Span<Double>, _ right: Span<Double>, into result: inout MutableSpan<Double>,
  _ start: Int, _ function: (Double, Double) -> Double
) {
  for index in 0..<left.count {
    let (a, b) = (left[index], right[index])
    result[start &+ index] = a.isMissing || b.isMissing ? .missing : function(a, b)
  }
}

/// `left operation right`, cell by cell, into `cells` from `start` on.
func combineCells(
  _ operation: BinaryOperation.Operator, _ left: Span<Double>, _ right: Span<Double>,
  comparison: ComparisonResult, into cells: inout [Double], from start: Int
) {
  var result = cells.mutableSpan
  switch operation {
  case .add: combineCells(left, right, into: &result, start) { $0 + $1 }
  case .subtract: combineCells(left, right, into: &result, start) { $0 - $1 }
  case .multiply: combineCells(left, right, into: &result, start) { $0 * $1 }
  case .divide: combineCells(left, right, into: &result, start) { $0 / $1 }
  case .modulo: combineCells(left, right, into: &result, start) { fmod($0, $1) }
  case .power: combineCells(left, right, into: &result, start) { pow($0, $1) }
  case .atan2: combineCells(left, right, into: &result, start) { Glibc.atan2($0, $1) }
  case .equal: compareCells(left, right, comparison, into: &result, start) { $0 == $1 }
  case .notEqual: compareCells(left, right, comparison, into: &result, start) { $0 != $1 }
  case .less: compareCells(left, right, comparison, into: &result, start) { $0 < $1 }
  case .lessOrEqual: compareCells(left, right, comparison, into: &result, start) { $0 <= $1 }
  case .greater: compareCells(left, right, comparison, into: &result, start) { $0 > $1 }
  case .greaterOrEqual: compareCells(left, right, comparison, into: &result, start) { $0 >= $1 }
  // Numbers have nothing to trim.
  case .trimUpper, .trimLower: combineCells(left, right, into: &result, start) { _, _ in .missing }
  case .and, .or, .unless, .defaulting: preconditionFailure("these work on whole vectors")
  }
}

@inline(__always)
private func compareCells(
  _ left: Span<Double>, _ right: Span<Double>, _ comparison: ComparisonResult,
  into result: inout MutableSpan<Double>, _ start: Int, _ holds: (Double, Double) -> Bool
) {
  switch comparison {
  case .left: combineCells(left, right, into: &result, start) { holds($0, $1) ? $0 : .missing }
  case .right: combineCells(left, right, into: &result, start) { holds($0, $1) ? $1 : .missing }
  case .boolean: combineCells(left, right, into: &result, start) { holds($0, $1) ? 1 : 0 }
  }
}

/// Go's `math.Max`: +Inf wins over NaN, NaN over numbers, 0 over -0.
func goMax(_ a: Double, _ b: Double) -> Double {
  if a == .infinity || b == .infinity { return .infinity }
  if a.isNaN || b.isNaN { return .nan }
  if a == 0 && b == 0 { return a.sign == .minus ? b : a }
  return a > b ? a : b
}

/// Go's `math.Min`: -Inf wins over NaN, NaN over numbers, -0 over 0.
func goMin(_ a: Double, _ b: Double) -> Double {
  if a == -.infinity || b == -.infinity { return -.infinity }
  if a.isNaN || b.isNaN { return .nan }
  if a == 0 && b == 0 { return a.sign == .minus ? a : b }
  return a < b ? a : b
}

/// Go's conversion of a float to an integer on amd64: truncated, and the least integer for NaN and
/// whatever doesn't fit.
func goInteger(_ value: Double) -> Int64 {
  Int64(exactly: value.rounded(.towardZero)) ?? .min
}
