internal import Glibc
internal import Manifest
internal import MetricModel

/// A native histogram as Prometheus' API spells it: populated buckets with their bounds.
///
///     {"count": "3", "sum": "5", "buckets": [[0, "1", "2", "3"]]}
///
/// The API tells neither the schema nor empty buckets. The bounds of one exponential bucket fix the
/// schema, upper / lower = 2^(2^-schema), unless the zero bucket cuts it. Where they fit none the
/// bounds are custom ones, and those that no histogram of the answer has populated don't matter.
struct RemoteHistogram {
  fileprivate struct Bucket {
    var lower: Double
    var upper: Double
    var count: Double
    /// Both bounds belong to it, as they do to the zero bucket's.
    var isClosed: Bool
  }

  let time: Timestamp
  private let count: Double
  private let sum: Double
  fileprivate let buckets: [Bucket]

  /// - Parameter pair: the time and the histogram.
  init(_ pair: JSONValue) throws(AnswerFault) {
    let fault = AnswerFault("bad_response: can't read \(pair.spelled.prefix(100))")
    func number(_ value: JSONValue?) throws(AnswerFault) -> Double {
      guard let text = value?.asString, let number = NumberText.parse(text) else { throw fault }
      return number
    }
    guard let seconds = pair[0]?.asNumber, let time = Timestamp(seconds: seconds),
      let object = pair[1]
    else { throw fault }
    self.time = time
    count = try number(object["count"])
    sum = try number(object["sum"])
    var buckets: [Bucket] = []
    for bucket in object["buckets"]?.asArray ?? [] {
      guard let rule = bucket[0]?.asInteger, 0...3 ~= rule else { throw fault }
      buckets.append(
        Bucket(
          lower: try number(bucket[1]), upper: try number(bucket[2]), count: try number(bucket[3]),
          isClosed: rule == 3))
      guard let last = buckets.last, last.lower <= last.upper else { throw fault }
    }
    self.buckets = buckets
  }

  /// How the histograms of an answer are laid out; they are of one kind, as the judges need it.
  enum Layout {
    case exponential(finest: Int32)
    case custom([Double])
  }

  static func layout(of histograms: [RemoteHistogram]) -> Layout {
    var finest: Int32?
    for bucket in histograms.lazy.flatMap(\.wholeBuckets) {
      guard let schema = bucket.schema else {
        let ends = histograms.flatMap(\.buckets).flatMap { [$0.lower, $0.upper] }
        // A lower bound of zero is where the API begins what has no lower bound.
        let isBelowZero = ends.contains { $0 < 0 && $0.isFinite }
        return .custom(Set(ends.filter { $0.isFinite && ($0 != 0 || isBelowZero) }).sorted())
      }
      finest = max(finest ?? schema, schema)
    }
    return .exponential(finest: finest ?? 0)
  }

  func histogram(in layout: Layout) throws(AnswerFault) -> NativeHistogram {
    let histogram =
      switch layout {
      case .exponential(let finest): try exponential(finest)
      case .custom(let bounds): try custom(bounds)
      }
    do {
      try histogram.validate()
    } catch {
      throw AnswerFault("bad_response: a native histogram: \(error)")
    }
    return histogram
  }

  /// Those that show their schema: neither the zero bucket nor one beside it, which it may cut.
  private var wholeBuckets: [Bucket] {
    let threshold = buckets.first(where: \.isZero)?.upper ?? 0
    return buckets.filter { !$0.isZero && ($0.near != threshold || threshold == 0) }
  }

  /// - Parameter schema: for one without buckets, where any will do.
  private func exponential(_ schema: Int32) throws(AnswerFault) -> NativeHistogram {
    var schema = wholeBuckets.first?.schema ?? schema
    let populated = buckets.filter { !$0.isZero }
    while schema < NativeHistogram.exponentialSchemas.upperBound,
      !populated.allSatisfy({ $0.ends(in: schema) })
    {
      schema += 1
    }
    let zero = buckets.first(where: \.isZero)
    let (above, below) = (populated.filter { $0.upper > 0 }, populated.filter { $0.upper <= 0 })
    return NativeHistogram(
      schema: schema, zeroThreshold: zero?.upper ?? 0, zeroCount: zero?.count ?? 0, count: count,
      sum: sum, positive: try Self.column(above) { $0.index(schema) },
      negative: try Self.column(below.reversed()) { $0.index(schema) })
  }

  private func custom(_ bounds: [Double]) throws(AnswerFault) -> NativeHistogram {
    NativeHistogram(
      schema: NativeHistogram.customSchema, count: count, sum: sum,
      positive: try Self.column(buckets) { bucket in
        Int32(bounds.firstIndex { bucket.upper <= $0 } ?? bounds.count)
      }, customBounds: bounds)
  }

  private static func column(
    _ buckets: [Bucket], _ index: (Bucket) -> Int32
  ) throws(AnswerFault) -> HistogramBuckets {
    let indices = buckets.map(index)
    guard zip(indices, indices.dropFirst()).allSatisfy(<) else {
      throw AnswerFault("bad_response: the buckets of a native histogram don't ascend")
    }
    return HistogramBuckets(indices: indices, buckets.map(\.count))
  }
}

extension RemoteHistogram.Bucket {
  fileprivate var isZero: Bool { isClosed && lower == -upper && upper.isFinite }

  /// The bounds without their sign: the one nearer to zero, and the other.
  fileprivate var near: Double { upper > 0 ? lower : -upper }
  private var far: Double { upper > 0 ? upper : -lower }

  /// Nil where the bounds are no powers that fit a schema.
  fileprivate var schema: Int32? {
    guard near > 0, far.isFinite else { return nil }
    let exponent = -log2(log2(far) - log2(near))
    guard exponent.isFinite, abs(exponent - exponent.rounded()) < 1e-6,
      let schema = Int32(exactly: exponent.rounded()),
      NativeHistogram.exponentialSchemas ~= schema
    else { return nil }
    return ends(in: schema) ? schema : nil
  }

  /// Whether a bucket of that schema ends where this one does.
  fileprivate func ends(in schema: Int32) -> Bool {
    let place = log2(far) * exp2(Double(schema))
    return abs(place - place.rounded()) < 1e-6
  }

  fileprivate func index(_ schema: Int32) -> Int32 {
    Int32(exactly: (log2(far) * exp2(Double(schema))).rounded()) ?? 0
  }
}
