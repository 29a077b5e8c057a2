/// Arithmetic of two literals, at planning time.
enum ConstantFolding {
  /// Nil when one side isn't a number.
  static func folded(
    _ operation: BinaryOperation.Operator, _ left: QueryPlan, _ right: QueryPlan
  ) -> Double? {
    guard case .number(let a) = left, case .number(let b) = right else { return nil }
    var result = [Double.missing]
    combineCells(
      operation, [a.value].span, [b.value].span, comparison: .boolean, into: &result, from: 0)
    return result[0]
  }
}
