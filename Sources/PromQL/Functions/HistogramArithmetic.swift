internal import MetricModel

/// Binary operators where at least one side is a native histogram, and those that want one.
///
/// Histograms can be added, subtracted and compared for equality; scaled by numbers, and trimmed at
/// them. All else leaves nothing, and a remark.
struct HistogramArithmetic {
  let operation: BinaryOperation.Operator
  let comparison: ComparisonResult
  /// What there was to say.
  private(set) var remarks: Set<Remark> = []

  init(_ operation: BinaryOperation.Operator, _ comparison: ComparisonResult) {
    self.operation = operation
    self.comparison = comparison
  }

  /// The element that two give; nil when there is none.
  mutating func combined(_ left: SampleValue, _ right: SampleValue) -> SampleValue? {
    switch (left, right) {
    case (.histogram(let left), .histogram(let right)): return combined(left, right)
    case (.histogram(let histogram), .number(let number)): return scaled(histogram, number)
    case (.number(let number), .histogram(var histogram)):
      guard operation == .multiply else { return incompatible("float", "histogram") }
      histogram.multiply(by: number)
      histogram.compact()
      return .histogram(histogram)
    case (.number, .number): return incompatible("float", "float")
    }
  }

  /// Says that nothing comes of two elements.
  mutating func incompatible(_ left: String, _ right: String) -> SampleValue? {
    remarks.insert(.incompatibleTypes(left: left, operation, right: right))
    return nil
  }

  private mutating func scaled(_ histogram: NativeHistogram, _ number: Double) -> SampleValue? {
    var result = histogram
    switch operation {
    case .multiply: result.multiply(by: number)
    case .divide: result.divide(by: number)
    case .trimUpper:
      result.trim(above: number)
      return .histogram(result)
    case .trimLower:
      result.trim(below: number)
      return .histogram(result)
    default: return incompatible("histogram", "float")
    }
    result.compact()
    return .histogram(result)
  }

  private mutating func combined(
    _ left: NativeHistogram, _ right: NativeHistogram
  ) -> SampleValue? {
    switch operation {
    case .add:
      return sum(left, right, .addition) { sum, other throws(HistogramMismatch) in
        try sum.add(other)
      }
    case .subtract:
      return sum(left, right, .subtraction) { rest, other throws(HistogramMismatch) in
        let found = try rest.subtract(other)
        rest.hint = .gauge
        return found
      }
    case .equal: return compared(left, right, wantsEqual: true)
    case .notEqual: return compared(left, right, wantsEqual: false)
    default: return incompatible("histogram", "histogram")
    }
  }

  private func compared(
    _ left: NativeHistogram, _ right: NativeHistogram, wantsEqual: Bool
  ) -> SampleValue? {
    let holds = left.hasEqualContents(to: right) == wantsEqual
    switch comparison {
    case .boolean: return .number(holds ? 1 : 0)
    case .left: return holds ? .histogram(left) : nil
    case .right: return holds ? .histogram(right) : nil
    }
  }

  /// As Prometheus does, histograms of which one was reset and the other wasn't are not added.
  private mutating func sum(
    _ left: NativeHistogram, _ right: NativeHistogram, _ name: HistogramOperation,
    _ combine: (inout NativeHistogram, NativeHistogram) throws(HistogramMismatch) ->
      HistogramRemarks
  ) -> SampleValue? {
    var result = left
    let found: HistogramRemarks
    do throws(HistogramMismatch) {
      found = try combine(&result, right)
    } catch {
      remarks.insert(.incompatibleBuckets(operation))
      return nil
    }
    if found.contains(.counterResetCollision) {
      remarks.insert(.counterResetCollision(name))
      return nil
    }
    if found.contains(.boundsReconciled) { remarks.insert(.boundsReconciled(name)) }
    result.compact()
    return .histogram(result)
  }
}
