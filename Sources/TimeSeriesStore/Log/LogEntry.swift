internal import MetricModel

/// What one frame of a log holds: rows, and behind them what few frames have.
///
///     rows      as in `LogRows`
///     varint histograms; each: varint series number, signed time, `HistogramCode`
///     varint exemplars' series; each: its labels;
///     varint exemplars; each: varint index of those labels, labels, u64 value, signed time
///     varint families; each: family, type, unit, help: varint length, bytes
struct LogEntry {
  var rows = LogRows()
  var histograms: [LogHistogram] = []
  var exemplars: [SeriesExemplar] = []
  var metadata: [MetricMetadata] = []

  /// Whether nothing but rows is there, which then need no more than the frame of format 1.
  var isPlain: Bool { histograms.isEmpty && exemplars.isEmpty && metadata.isEmpty }
  var isEmpty: Bool { isPlain && rows.isEmpty }

  /// Appends everything behind the rows.
  func encodeRest(into writer: inout ByteWriter) {
    writer.varint(histograms.count)
    for one in histograms {
      writer.varint(Int(one.series))
      writer.signedVarint(one.time)
      HistogramCode.encode(one.histogram, into: &writer)
    }
    encodeExemplars(into: &writer)
    writer.varint(metadata.count)
    for family in metadata {
      for text in [family.family, family.type.rawValue, family.unit, family.help] {
        let bytes = Array(text.utf8)
        writer.varint(bytes.count)
        writer.bytes.append(contentsOf: bytes)
      }
    }
  }

  private func encodeExemplars(into writer: inout ByteWriter) {
    var numbers: [Labels: Int] = [:]
    var series: [Labels] = []
    for one in exemplars where numbers[one.series] == nil {
      numbers[one.series] = series.count
      series.append(one.series)
    }
    writer.varint(series.count)
    for labels in series { LabelsCode.encode(labels, into: &writer) }
    writer.varint(exemplars.count)
    for one in exemplars {
      writer.varint(numbers[one.series] ?? 0)
      LabelsCode.encode(one.exemplar.labels, into: &writer)
      writer.u64(one.exemplar.value.bitPattern)
      writer.signedVarint(one.exemplar.time.milliseconds)
    }
  }

  /// Reads a whole payload.
  init(
    _ cursor: inout MappedCursor, _ kind: LogFrame.Kind, previous: inout [UInt64]
  ) throws(Damage) {
    rows = try LogRows(&cursor, previous: &previous)
    if kind == .mixed { try decodeRest(&cursor, seriesCount: previous.count) }
    guard cursor.isAtEnd else {
      throw Damage(at: cursor.position, "\(cursor.remaining) bytes after the last row")
    }
  }

  private mutating func decodeRest(
    _ cursor: inout MappedCursor, seriesCount: Int
  ) throws(Damage) {
    for _ in 0..<(try cursor.count("histograms", atMost: cursor.remaining)) {
      let series = try cursor.count("series", atMost: seriesCount - 1)
      let time = try cursor.signedVarint()
      histograms.append(
        LogHistogram(
          series: UInt32(series), time: time, histogram: try HistogramCode.decode(&cursor)))
    }
    var series: [Labels] = []
    for _ in 0..<(try cursor.count("series", atMost: cursor.remaining)) {
      series.append(try LabelsCode.decode(&cursor))
    }
    for _ in 0..<(try cursor.count("exemplars", atMost: cursor.remaining)) {
      let place = cursor.position
      let number = try cursor.count("series", atMost: series.count - 1)
      guard number < series.count else { throw Damage(at: place, "exemplar of no series") }
      let labels = try LabelsCode.decode(&cursor)
      let value = Double(bitPattern: try cursor.u64())
      let time = Timestamp(milliseconds: try cursor.signedVarint())
      exemplars.append(
        SeriesExemplar(
          series: series[number], exemplar: Exemplar(labels: labels, value: value, time: time)))
    }
    for _ in 0..<(try cursor.count("families", atMost: cursor.remaining)) {
      metadata.append(try Self.metadata(&cursor))
    }
  }

  private static func metadata(_ cursor: inout MappedCursor) throws(Damage) -> MetricMetadata {
    let family = try text(&cursor)
    let place = cursor.position
    let word = try text(&cursor)
    guard let type = MetricType(rawValue: word) else {
      throw Damage(at: place, "unknown metric type \"\(word.prefix(40))\"")
    }
    let unit = try text(&cursor)
    return MetricMetadata(family: family, type: type, unit: unit, help: try text(&cursor))
  }

  private static func text(_ cursor: inout MappedCursor) throws(Damage) -> String {
    let bytes = try cursor.take(try cursor.count("bytes", atMost: cursor.remaining), "text")
    return String(decoding: bytes, as: UTF8.self)
  }

  init() {}
}

extension LogEntry {
  /// So many exemplars or families go into one frame.
  private static let annotationsMax = 10_000

  /// The exemplars and metadata of a store, in as many entries as they need.
  static func annotations(of view: StoreSnapshot) -> [LogEntry] {
    var result: [LogEntry] = []
    let exemplars = view.exemplarPages.all
    for start in stride(from: 0, to: exemplars.count, by: annotationsMax) {
      var entry = LogEntry()
      entry.exemplars = Array(exemplars[start...].prefix(annotationsMax))
      result.append(entry)
    }
    let metadata = view.metadataTable.all
    for start in stride(from: 0, to: metadata.count, by: annotationsMax) {
      var entry = LogEntry()
      entry.metadata = Array(metadata[start...].prefix(annotationsMax))
      result.append(entry)
    }
    return result
  }
}

/// A native histogram in a log.
struct LogHistogram {
  /// The number of the series in the log.
  var series: UInt32
  var time: Int64
  var histogram: NativeHistogram
}
