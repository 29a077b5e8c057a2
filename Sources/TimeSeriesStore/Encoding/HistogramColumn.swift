internal import MetricModel

/// Bytes for a column of native histograms, bit exact: their parts side by side, each part a column
/// down the rows.
///
///     varint runs; each: varint rows, layout (see `HistogramLayout`)
///     columns: hints (integers), counts, zero counts, sums (values)
///     for each run, for each bucket: its populations in the rows of the run (values)
///
/// Every column has its length before it, as a varint. A layout stands once for all rows that share
/// it. Populations of one bucket grow from row to row as a counter does, so differences, or
/// differences of differences, take few bits: `ValueColumn` finds out.
enum HistogramColumn {
  /// The most buckets of one histogram; a reader refuses more before it allocates.
  static let bucketsMax = 1 << 16

  /// Appends the encoding of `histograms`, which must not be empty.
  static func encode(_ histograms: [NativeHistogram], into writer: inout ByteWriter) {
    precondition(!histograms.isEmpty, "a column has at least one row")
    let runs = runs(of: histograms)
    writer.varint(runs.count)
    for run in runs {
      writer.varint(run.count)
      HistogramLayout(histograms[run.lowerBound]).encode(into: &writer)
    }
    append(&writer) { IntegerColumn.encode(histograms.map { Int64($0.hint.rawValue) }, into: &$0) }
    for part in [\NativeHistogram.count, \.zeroCount, \.sum] as [KeyPath<NativeHistogram, Double>] {
      append(&writer) { ValueColumn.encode(histograms.map { $0[keyPath: part] }, into: &$0) }
    }
    for run in runs {
      let rows = histograms[run]
      for side in [\NativeHistogram.positive, \.negative]
        as [KeyPath<
          NativeHistogram, HistogramBuckets
        >]
      {
        let populations = rows.map { $0[keyPath: side].values }
        for bucket in populations[0].indices {
          append(&writer) { ValueColumn.encode(populations.map { $0[bucket] }, into: &$0) }
        }
      }
    }
  }

  private static func append(_ writer: inout ByteWriter, _ encode: (inout ByteWriter) -> Void) {
    var column = ByteWriter()
    encode(&column)
    writer.varint(column.bytes.count)
    writer.bytes.append(contentsOf: column.bytes)
  }

  /// Rows one after the other that share a layout.
  private static func runs(of histograms: [NativeHistogram]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    for row in histograms.indices.dropFirst()
    where !histograms[row].sharesLayout(with: histograms[start]) {
      result.append(start..<row)
      start = row
    }
    result.append(start..<histograms.count)
    return result
  }

  /// Appends `count` histograms.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, into histograms: inout [NativeHistogram]
  ) throws(Damage) {
    var runs: [(count: Int, layout: HistogramLayout)] = []
    var rows = 0
    for _ in 0..<(try cursor.count("runs", atMost: count)) {
      let length = try cursor.count("rows", atMost: count - rows)
      runs.append((length, try HistogramLayout(&cursor)))
      rows += length
    }
    guard rows == count else {
      throw Damage(at: cursor.position, "layouts for \(rows) of \(count) histograms")
    }
    var hints: [Int64] = []
    var column = try next(&cursor)
    try IntegerColumn.decode(&column, count: count, into: &hints)
    var parts: [[Double]] = []
    for _ in 0..<3 { parts.append(try values(&cursor, count)) }
    var row = 0
    for (length, layout) in runs where length > 0 {
      let columns = try populations(&cursor, layout, length)
      for offset in 0..<length {
        guard let code = UInt8(exactly: hints[row]), let hint = CounterResetHint(rawValue: code)
        else { throw Damage(at: cursor.position, "unknown counter reset hint \(hints[row])") }
        let buckets = columns.map { $0[offset] }
        histograms.append(
          layout.histogram(
            count: parts[0][row], zeroCount: parts[1][row], sum: parts[2][row], buckets, hint))
        row += 1
      }
    }
  }

  private static func populations(
    _ cursor: inout MappedCursor, _ layout: HistogramLayout, _ length: Int
  ) throws(Damage) -> [[Double]] {
    var columns: [[Double]] = []
    for _ in 0..<(layout.positive.count + layout.negative.count) {
      columns.append(try values(&cursor, length))
    }
    return columns
  }

  private static func values(
    _ cursor: inout MappedCursor, _ count: Int
  ) throws(Damage) -> [Double] {
    var values: [Double] = []
    var column = try next(&cursor)
    try ValueColumn.decode(&column, count: count, into: &values)
    return values
  }

  private static func next(_ cursor: inout MappedCursor) throws(Damage) -> MappedCursor {
    try cursor.part(try cursor.count("bytes", atMost: cursor.remaining), "a column")
  }
}

extension NativeHistogram {
  /// Whether both have the same buckets, and so the same columns.
  fileprivate func sharesLayout(with other: NativeHistogram) -> Bool {
    schema == other.schema && zeroThreshold.bitPattern == other.zeroThreshold.bitPattern
      && positive.indices == other.positive.indices && negative.indices == other.negative.indices
      && customBounds.elementsEqual(other.customBounds) { $0.bitPattern == $1.bitPattern }
  }
}

/// Which buckets a histogram has: all of it but the populations.
///
///     signed schema, u64 zero threshold, varint bounds, u64 each;
///     positive, then negative: varint buckets, each: signed distance of its index to the last
struct HistogramLayout {
  var schema: Int32
  var zeroThreshold: Double
  var customBounds: [Double] = []
  var positive: [Int32] = []
  var negative: [Int32] = []

  init(_ histogram: NativeHistogram) {
    schema = histogram.schema
    zeroThreshold = histogram.zeroThreshold
    customBounds = histogram.customBounds
    positive = histogram.positive.indices
    negative = histogram.negative.indices
  }

  func encode(into writer: inout ByteWriter) {
    writer.signedVarint(Int64(schema))
    writer.u64(zeroThreshold.bitPattern)
    writer.varint(customBounds.count)
    for bound in customBounds { writer.u64(bound.bitPattern) }
    for side in [positive, negative] {
      writer.varint(side.count)
      var before: Int64 = 0
      for index in side {
        writer.signedVarint(Int64(index) - before)
        before = Int64(index)
      }
    }
  }

  init(_ cursor: inout MappedCursor) throws(Damage) {
    let place = cursor.position
    guard let schema = Int32(exactly: try cursor.signedVarint()) else {
      throw Damage(at: place, "schema out of bounds")
    }
    self.schema = schema
    zeroThreshold = Double(bitPattern: try cursor.u64())
    for _ in 0..<(try cursor.count("bounds", atMost: cursor.remaining / 8)) {
      customBounds.append(Double(bitPattern: try cursor.u64()))
    }
    positive = try Self.indices(&cursor)
    negative = try Self.indices(&cursor)
  }

  private static func indices(_ cursor: inout MappedCursor) throws(Damage) -> [Int32] {
    let most = min(HistogramColumn.bucketsMax, cursor.remaining)
    var result: [Int32] = []
    var before: Int64 = 0
    for _ in 0..<(try cursor.count("buckets", atMost: most)) {
      let place = cursor.position
      let (next, overflow) = before.addingReportingOverflow(try cursor.signedVarint())
      guard !overflow, let index = Int32(exactly: next), result.last.map({ $0 < index }) ?? true
      else { throw Damage(at: place, "buckets don't ascend") }
      result.append(index)
      before = next
    }
    return result
  }

  /// The histogram with this layout; `populations` are the positive ones, then the negative ones.
  func histogram(
    count: Double, zeroCount: Double, sum: Double, _ populations: [Double], _ hint: CounterResetHint
  ) -> NativeHistogram {
    let middle = positive.count
    return NativeHistogram(
      schema: schema, zeroThreshold: zeroThreshold, zeroCount: zeroCount, count: count, sum: sum,
      positive: HistogramBuckets(indices: positive, Array(populations[..<middle])),
      negative: HistogramBuckets(indices: negative, Array(populations[middle...])),
      customBounds: customBounds, hint: hint)
  }
}

/// One histogram by itself, as the log has it: layout, hint, sum, then count, zero count and
/// populations, each as a step from the one before.
enum HistogramCode {
  static func encode(_ histogram: NativeHistogram, into writer: inout ByteWriter) {
    HistogramLayout(histogram).encode(into: &writer)
    writer.u8(histogram.hint.rawValue)
    writer.u64(histogram.sum.bitPattern)
    var before: UInt64 = 0
    let numbers =
      [histogram.count, histogram.zeroCount] + histogram.positive.values
      + histogram.negative.values
    for number in numbers {
      ValueStep.encode(number.bitPattern, after: before, into: &writer)
      before = number.bitPattern
    }
  }

  static func decode(_ cursor: inout MappedCursor) throws(Damage) -> NativeHistogram {
    let layout = try HistogramLayout(&cursor)
    let code = try cursor.u8()
    guard let hint = CounterResetHint(rawValue: code) else {
      throw Damage(at: cursor.position - 1, "unknown counter reset hint \(code)")
    }
    let sum = Double(bitPattern: try cursor.u64())
    var numbers: [Double] = []
    var before: UInt64 = 0
    for _ in 0..<(2 + layout.positive.count + layout.negative.count) {
      before = try ValueStep.decode(&cursor, after: before)
      numbers.append(Double(bitPattern: before))
    }
    return layout.histogram(
      count: numbers[0], zeroCount: numbers[1], sum: sum, Array(numbers[2...]), hint)
  }
}
