/// Why a histogram makes no sense, in Prometheus' wording.
package enum HistogramError: Error, Equatable, CustomStringConvertible {
  case invalidSchema(Int32)
  /// `place` tells which side: "positive side", "negative side" or "custom buckets".
  case negativeOffset(place: String, span: Int, offset: Int)
  case spansMismatch(place: String, needed: Int, found: Int)
  case negativeBucket(place: String, number: Int, count: Double)
  case negativeZeroBucket(Double)
  case negativeCount(Double)
  /// Fewer observations in all than in buckets; integer histograms only.
  case countTooSmall(buckets: UInt64, count: UInt64)
  /// Other observations in all than in buckets; integer histograms only.
  case countMismatch(buckets: UInt64, count: UInt64)
  case tooFewBounds(found: Int, spanned: Int)
  case boundsNotAscending(Double, Double)
  case boundIsNaN
  case boundIsInfinite
  case customZeroCount
  case customZeroThreshold
  case customNegativeBuckets
  case boundsInExponentialSchema
  /// Not among Prometheus' errors: a threshold that nothing could be compared with.
  case zeroThresholdIsNaN
  /// Not among Prometheus' errors: bucket numbers so large that no number falls into them.
  case indexOutOfRange(place: String)

  package var description: String {
    switch self {
    case .invalidSchema(let schema):
      "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, "
        + "or -53 for custom buckets, got schema \(schema)"
    case .negativeOffset(let place, let span, let offset):
      "\(place): span number \(span) with offset \(offset): histogram has a span whose offset is "
        + "negative"
    case .spansMismatch(let place, let needed, let found):
      "\(place): spans need \(needed) buckets, have \(found) buckets: histogram spans specify "
        + "different number of buckets than provided"
    case .negativeBucket(let place, let number, let count):
      "\(place): bucket number \(number) has observation count of \(NumberText.general(count)): "
        + "histogram has a bucket whose observation count is negative"
    case .negativeZeroBucket(let count):
      "zero bucket has observation count of \(NumberText.general(count)): histogram has a bucket "
        + "whose observation count is negative"
    case .negativeCount(let count):
      "observation count is  \(NumberText.general(count)): histogram's observation count is "
        + "negative"
    case .countTooSmall(let buckets, let count):
      "\(buckets) observations found in buckets, but the Count field is \(count): histogram's "
        + "observation count should be at least the number of observations found in the buckets"
    case .countMismatch(let buckets, let count):
      "\(buckets) observations found in buckets, but the Count field is \(count): histogram's "
        + "observation count should equal the number of observations found in the buckets (in "
        + "absence of NaN)"
    case .tooFewBounds(let found, let spanned):
      "custom buckets: only \(found) custom bounds defined which is insufficient to cover total "
        + "span length of \(spanned): histogram custom bounds are too few"
    case .boundsNotAscending(let before, let bound):
      "custom buckets: previous bound is \(NumberText.general(before)) and current is "
        + "\(NumberText.general(bound)): histogram custom bounds must be in strictly increasing "
        + "order"
    case .boundIsNaN: "custom buckets: histogram custom bounds must not be NaN"
    case .boundIsInfinite:
      "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds "
        + "must be finite"
    case .customZeroCount: "custom buckets: must have zero count of 0"
    case .customZeroThreshold: "custom buckets: must have zero threshold of 0"
    case .customNegativeBuckets: "custom buckets: must not have negative buckets"
    case .boundsInExponentialSchema:
      "histogram with exponential schema must not have custom bounds"
    case .zeroThresholdIsNaN: "histogram's zero threshold must not be NaN"
    case .indexOutOfRange(let place): "\(place): bucket numbers reach beyond all numbers"
    }
  }
}

extension NativeHistogram {
  /// Checks what came from outside: schema, bounds, signs. Whether counts add up isn't checked,
  /// since floating-point counts needn't.
  package func validate() throws(HistogramError) {
    if usesCustomBounds {
      try validateBounds()
      if zeroCount != 0 { throw .customZeroCount }
      if zeroThreshold != 0 { throw .customZeroThreshold }
      if !negative.isEmpty { throw .customNegativeBuckets }
    } else if Self.exponentialSchemas.contains(schema) {
      try negative.validate("negative side")
      if zeroThreshold.isNaN { throw .zeroThresholdIsNaN }
      if zeroCount < 0 { throw .negativeZeroBucket(zeroCount) }
      if !customBounds.isEmpty { throw .boundsInExponentialSchema }
    } else {
      throw .invalidSchema(schema)
    }
    if count < 0 { throw .negativeCount(count) }
    try positive.validate("positive side")
  }

  private func validateBounds() throws(HistogramError) {
    var before = -Double.infinity
    for (position, bound) in customBounds.enumerated() {
      if bound.isNaN { throw .boundIsNaN }
      if position > 0 && bound <= before { throw .boundsNotAscending(before, bound) }
      before = bound
    }
    if before == .infinity { throw .boundIsInfinite }
    if let first = positive.indices.first, first < 0 {
      throw .negativeOffset(place: "custom buckets", span: 1, offset: Int(first))
    }
    if let last = positive.indices.last, Int(last) > customBounds.count {
      throw .tooFewBounds(found: customBounds.count, spanned: Int(last) + 1)
    }
  }
}

extension BucketColumn<Double> {
  fileprivate func validate(_ place: String) throws(HistogramError) {
    for (position, population) in values.enumerated() where population < 0 {
      throw .negativeBucket(place: place, number: position + 1, count: population)
    }
  }

  /// Bucket numbers beyond this are refused: no schema has a finite bound there.
  private static var indexMax: Int { 1 << 29 }

  /// From the layout of a wire format.
  ///
  /// - Parameter place: the side, for errors.
  package init(
    spans: [BucketSpan], values: [Double], place: String
  ) throws(HistogramError) {
    let indices = try Self.indices(of: spans, count: values.count, place: place)
    self.init(indices: indices, values)
  }

  /// The bucket numbers that spans stand for.
  package static func indices(
    of spans: [BucketSpan], count: Int, place: String
  ) throws(HistogramError) -> [Int32] {
    var needed = 0
    for (position, span) in spans.enumerated() {
      if position > 0 && span.offset < 0 {
        throw .negativeOffset(place: place, span: position + 1, offset: Int(span.offset))
      }
      needed += Int(span.length)
    }
    guard needed == count else {
      throw .spansMismatch(place: place, needed: needed, found: count)
    }
    var indices: [Int32] = []
    indices.reserveCapacity(count)
    var next = 0
    for span in spans {
      next += Int(span.offset)
      guard next.magnitude <= indexMax, next + Int(span.length) <= indexMax else {
        throw .indexOutOfRange(place: place)
      }
      for index in next..<(next + Int(span.length)) {
        indices.append(Int32(truncatingIfNeeded: index))
      }
      next += Int(span.length)
    }
    return indices
  }
}
