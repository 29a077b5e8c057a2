/// A native histogram: one sample that holds a whole distribution.
///
///     // (1,2] holds 2 observations, (2,4] one.
///     var total = NativeHistogram(
///       schema: 0, count: 3, sum: 5, positive: HistogramBuckets(from: 1, [2, 1]))
///     total.quantile(0.5).value                  // 1.68…
///     try total.add(other)                       // brings both to a common layout first
///     total.description                          // {count:6, sum:10, (1,2]:4, (2,4]:2}
///
/// Buckets are exponential or, in schema -53, have bounds of their own (a classic histogram in one
/// sample, "NHCB"). Counts are floating-point numbers: rates and averages of histograms are
/// histograms as well. What can be asked of one:
///
/// - `buckets`: all populated and explicitly empty buckets, ascending, with bounds
/// - `add`, `subtract`, `multiply(by:)`, `divide(by:)`, `HistogramSum`, `HistogramMean`
/// - `isReset(since:)`: whether a counter started anew between two samples
/// - `quantile(_:)`, `fraction(above:through:)`, `mean`, `variance`
/// - `trim(above:)`, `trim(below:)`: the operators `</` and `>/`
/// - `validate()`: whether what came from outside makes sense
/// - `description` (Go's text), `expression` (the notation of test scripts)
///
/// Rules are those of Prometheus 3.14 (`model/histogram`); text and JSON come out byte-equal.
package struct NativeHistogram: Sendable {
  /// What is known about counter resets between the sample before and this one.
  package var hint: CounterResetHint
  /// Everything else: numbers to which sums apply.
  var cells: HistogramCells<Double>

  /// The schema of histograms whose buckets have bounds of their own.
  package static let customSchema: Int32 = -53
  /// The schemas that can be computed with: bucket bounds grow by 2^(2^-schema).
  package static let exponentialSchemas: ClosedRange<Int32> = -4...8

  /// Any parts, also ones that don't fit each other; see `validate()`.
  ///
  /// - Parameters:
  ///   - zeroThreshold: half the width of the zero bucket, which holds [-threshold, threshold].
  ///   - count: all observations, those that are not numbers included.
  ///   - customBounds: upper bounds of the buckets but the last (+Inf), for `customSchema` only.
  package init(
    schema: Int32 = 0, zeroThreshold: Double = 0, zeroCount: Double = 0, count: Double = 0,
    sum: Double = 0, positive: HistogramBuckets = HistogramBuckets(),
    negative: HistogramBuckets = HistogramBuckets(), customBounds: [Double] = [],
    hint: CounterResetHint = .unknown
  ) {
    self.hint = hint
    cells = HistogramCells(
      schema: schema, zeroThreshold: zeroThreshold, customBounds: customBounds, count: count,
      sum: sum, zeroCount: zeroCount, positive: positive, negative: negative)
  }

  init(cells: HistogramCells<Double>, hint: CounterResetHint) {
    self.cells = cells
    self.hint = hint
  }

  /// The sample with which a series of histograms ends, told by its sum.
  package static let staleMarker = NativeHistogram(sum: StaleMarker.value)

  package var schema: Int32 { cells.schema }
  /// Half the width of the zero bucket.
  package var zeroThreshold: Double { cells.zeroThreshold }
  /// Observations in [-zeroThreshold, zeroThreshold].
  package var zeroCount: Double { cells.zeroCount }
  /// All observations.
  package var count: Double { cells.count }
  /// The sum of observations; not a number if one of them wasn't.
  package var sum: Double { cells.sum }
  /// Observations above the zero bucket; all of them with custom bounds.
  package var positive: HistogramBuckets { cells.positive }
  /// Observations below the zero bucket, mirrored.
  package var negative: HistogramBuckets { cells.negative }
  /// Upper bounds, ascending, without +Inf; empty in exponential schemas.
  package var customBounds: [Double] { cells.customBounds }

  /// Whether buckets have bounds of their own.
  package var usesCustomBounds: Bool { cells.usesCustomBounds }
  /// Whether this says "the series has ended here".
  package var isStaleMarker: Bool { cells.sum.isStaleMarker }
  /// Whether a number in it is infinite, as after a sum that went too far.
  package var hasOverflow: Bool { cells.hasOverflow }

  /// The memory that Prometheus counts for such a histogram, in bytes: its limit of samples in a
  /// query takes one histogram for `(sizeBytes + 8) / 16` samples.
  package var sizeBytes: Int {
    168 + 8
      * (positive.spans.count + negative.spans.count + positive.count + negative.count
        + customBounds.count)
  }

  /// Scales everything; a negative factor makes a gauge of a counter.
  package mutating func multiply(by factor: Double) {
    cells.scale { $0 * factor }
    if factor < 0 { hint = .gauge }
  }

  /// Divides everything; a negative divisor makes a gauge, zero leaves count and sum infinite (or
  /// not a number) without buckets.
  package mutating func divide(by divisor: Double) {
    cells.scale { $0 / divisor }
    if divisor == 0 { cells.removeBuckets() }
    if divisor < 0 { hint = .gauge }
  }

  /// Removes buckets without population.
  package mutating func compact() { cells.compact() }

  /// Whether another histogram has the same numbers in the same buckets, bit for bit and explicitly
  /// empty buckets included. Hints don't matter: the meaning of PromQL's `==`.
  package func hasEqualContents(to other: NativeHistogram) -> Bool { cells == other.cells }
}

/// Equality of bits, hints included.
extension NativeHistogram: Equatable {}

/// What is known about counter resets before a histogram sample. Raw values are those of remote
/// write.
package enum CounterResetHint: UInt8, Sendable, CaseIterable {
  /// Look for yourself.
  case unknown = 0
  /// The counter started anew.
  case reset = 1
  /// It didn't.
  case notReset = 2
  /// A gauge, which can't reset.
  case gauge = 3

  /// The word in test scripts.
  package var word: String {
    switch self {
    case .unknown: "unknown"
    case .reset: "reset"
    case .notReset: "not_reset"
    case .gauge: "gauge"
    }
  }
}
