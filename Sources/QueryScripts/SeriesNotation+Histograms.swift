import MetricModel

/// Native histograms in series lines: `{{schema:1 count:3 sum:5 buckets:[1 2]}}`.
extension SeriesNotation {
  /// A histogram with its repetitions: `{{...}}x3`, `{{...}}+{{...}}x3`.
  mutating func histograms(into values: inout [NotatedSeries.Value]) throws(NotationError) {
    let start = position
    var (value, isHintWritten) = try histogram()
    guard let sign = at(0), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      let times = try repetitions() ?? 0
      let item = NotatedSeries.Value.histogram(value, isHintWritten: isHintWritten)
      values.append(contentsOf: repeatElement(item, count: times + 1))
      return
    }
    position += 1
    let increment: NativeHistogram
    (increment, isHintWritten) = try histogram()
    guard let times = try repetitions() else {
      throw NotationError("expected x and a number of repetitions behind \(text(from: start))")
    }
    guard value.usesCustomBounds == increment.usesCustomBounds, value.schema <= increment.schema
    else {
      throw NotationError(
        "error combining histograms: cannot merge from schema \(increment.schema) to "
          + "\(value.schema)")
    }
    values.append(.histogram(value, isHintWritten: isHintWritten))
    for _ in 0..<times {
      do {
        if sign == UInt8(ascii: "-") {
          try value.subtract(increment)
        } else {
          try value.add(increment)
        }
      } catch {
        throw NotationError("error combining histograms: \(error)")
      }
      values.append(.histogram(value, isHintWritten: isHintWritten))
    }
  }

  /// One histogram, and whether it spells a counter reset hint.
  private mutating func histogram() throws(NotationError) -> (NativeHistogram, Bool) {
    let start = position
    guard at(0) == UInt8(ascii: "{"), at(1) == UInt8(ascii: "{") else {
      throw NotationError("unexpected \(GoText.quoted(word(from: start))), expected a histogram")
    }
    position += 2
    var fields = HistogramFields()
    skipBlanks()
    while at(0) != UInt8(ascii: "}") {
      try field(of: &fields)
      skipBlanks()
    }
    guard at(1) == UInt8(ascii: "}") else {
      throw NotationError("unclosed histogram \(text(from: start)), expected \"}}\"")
    }
    position += 2
    return (fields.histogram, fields.hint != nil)
  }

  /// A key with its value.
  private mutating func field(of fields: inout HistogramFields) throws(NotationError) {
    let start = position
    skip { $0 == UInt8(ascii: "_") || (0x61...0x7a).contains($0) }
    let key = text(from: start)
    guard at(0) == UInt8(ascii: ":") else {
      if position >= bytes.count { throw NotationError("unclosed histogram, expected \"}}\"") }
      throw NotationError(
        "unexpected \(GoText.quoted(word(from: start))) in histogram, expected a key such as count:"
      )
    }
    position += 1
    skipBlanks()
    guard fields.keys.insert(key).inserted else {
      throw NotationError("duplicate key \"\(key)\" in histogram")
    }
    switch key {
    case "schema": fields.schema = try integer(key)
    case "offset": fields.offset = try integer(key)
    case "n_offset": fields.negativeOffset = try integer(key)
    case "sum": fields.sum = try number(isSigned: true)
    case "count": fields.count = try number(isSigned: true)
    case "z_bucket": fields.zeroCount = try number(isSigned: true)
    case "z_bucket_w": fields.zeroThreshold = try number(isSigned: true)
    case "buckets": fields.buckets = try numbers()
    case "n_buckets": fields.negativeBuckets = try numbers()
    case "custom_values": fields.customBounds = try numbers()
    case "counter_reset_hint": fields.hint = try hint()
    default:
      throw NotationError(
        "bad histogram descriptor found: \(GoText.quoted(key)), expected schema, sum, count, "
          + "z_bucket, z_bucket_w, buckets, offset, n_buckets, n_offset, custom_values or "
          + "counter_reset_hint")
    }
  }

  private mutating func integer(_ key: String) throws(NotationError) -> Int32 {
    let start = position
    if at(0) == UInt8(ascii: "-") || at(0) == UInt8(ascii: "+") { position += 1 }
    skip { (0x30...0x39).contains($0) }
    // Half the range leaves room for as many buckets as a line can have.
    guard let value = Int32(text(from: start)), value.magnitude < 1 << 30 else {
      throw NotationError("error parsing \(key) number: \(GoText.quoted(word(from: start)))")
    }
    return value
  }

  private mutating func numbers() throws(NotationError) -> [Double] {
    let start = position
    guard at(0) == UInt8(ascii: "[") else {
      throw NotationError(
        "unexpected \(GoText.quoted(word(from: start))) in histogram, expected a list such as [1 2]"
      )
    }
    position += 1
    var numbers: [Double] = []
    skipBlanks()
    while at(0) != UInt8(ascii: "]") {
      numbers.append(try number(isSigned: true))
      guard numbers.count <= Self.maximumCount else {
        throw NotationError("expected at most \(Self.maximumCount) buckets in a histogram")
      }
      skipBlanks()
    }
    position += 1
    return numbers
  }

  private mutating func hint() throws(NotationError) -> CounterResetHint {
    let start = position
    skip { $0 == UInt8(ascii: "_") || (0x61...0x7a).contains($0) }
    let name = text(from: start)
    guard let hint = CounterResetHint.allCases.first(where: { $0.word == name }) else {
      throw NotationError(
        "unexpected \(GoText.quoted(name)) in histogram, expected unknown, reset, not_reset or "
          + "gauge")
    }
    return hint
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }
}

/// What may be written of a histogram.
private struct HistogramFields {
  var keys: Set<String> = []
  var schema: Int32 = 0
  var sum = 0.0
  var count = 0.0
  var zeroCount = 0.0
  var zeroThreshold = 0.0
  var offset: Int32 = 0
  var buckets: [Double] = []
  var negativeOffset: Int32 = 0
  var negativeBuckets: [Double] = []
  var customBounds: [Double] = []
  var hint: CounterResetHint?

  var histogram: NativeHistogram {
    NativeHistogram(
      schema: schema, zeroThreshold: zeroThreshold, zeroCount: zeroCount, count: count, sum: sum,
      positive: HistogramBuckets(from: offset, buckets),
      negative: HistogramBuckets(from: negativeOffset, negativeBuckets),
      customBounds: customBounds, hint: hint ?? .unknown)
  }
}
