package import MetricModel

/// Reads OpenMetrics 1.0: timestamps in seconds, exemplars, and `# EOF` as the last line.
///
///     let batch = try OpenMetricsParser.parse(recording, untimedAt: nil)
///
/// Exemplars and metadata are part of the batch. A text without `# EOF` has been cut short, and is
/// refused as a whole.
package enum OpenMetricsParser {
  /// Samples in the order of their lines.
  ///
  /// - Parameter time: what a line without a timestamp gets; nil refuses such lines.
  /// - Throws: `TextFormatError` with line and column of the first offence; nothing is kept.
  package static func parse(
    _ text: [UInt8], untimedAt time: Timestamp?
  ) throws(TextFormatError) -> SampleBatch {
    var cursor = TextCursor(text)
    var rows = SampleRows()
    var metadata = FamilyMetadata()
    while true {
      if cursor.isAtEnd {
        throw cursor.failure(
          "the text ends without \"# EOF\", so it has been cut short; expected that as last line")
      }
      if cursor.current == Ascii.hash {
        if try isEnd(&cursor, &metadata) { return rows.batch(metadata) }
      } else {
        try sample(&cursor, untimedAt: time, into: &rows)
      }
    }
  }

  /// Reads a line that starts with `#`; true for `# EOF`.
  private static func isEnd(
    _ cursor: inout TextCursor, _ metadata: inout FamilyMetadata
  ) throws(TextFormatError) -> Bool {
    cursor.advance()
    guard cursor.take(Ascii.space) else {
      throw cursor.unexpected(in: "a # line", expected: "a space, then HELP, TYPE, UNIT or EOF")
    }
    let start = cursor
    let keyword = String(decoding: cursor.word(), as: UTF8.self)
    switch keyword {
    case "EOF":
      guard cursor.isAtLineEnd else {
        throw cursor.unexpected(in: "the # EOF line", expected: "the end of the line")
      }
      cursor.advance()
      guard cursor.isAtEnd else {
        throw cursor.unexpected(in: "the text after # EOF", expected: "nothing")
      }
      return true
    case "HELP", "TYPE", "UNIT":
      try describe(keyword, &cursor, &metadata)
      return false
    default:
      throw start.failure(
        "unexpected \(GoText.quoted(keyword)) after \"#\", expected HELP, TYPE, UNIT or EOF")
    }
  }

  private static func describe(
    _ keyword: String, _ cursor: inout TextCursor, _ metadata: inout FamilyMetadata
  ) throws(TextFormatError) {
    cursor.skipSpaces()
    let name: String
    if cursor.current == Ascii.quote {
      name = try cursor.quotedText(as: "a metric name")
    } else {
      name = String(decoding: cursor.bareName(allowingColon: true), as: UTF8.self)
    }
    guard !name.isEmpty else {
      throw cursor.unexpected(in: "a \(keyword) line", expected: "a metric name")
    }
    guard cursor.isAtLineEnd || cursor.take(Ascii.space) else {
      throw cursor.unexpected(in: "a \(keyword) line", expected: "a space after the metric name")
    }
    let start = cursor
    let bytes = cursor.run { _ in true }
    let rest = String(decoding: bytes, as: UTF8.self)
    switch keyword {
    case "HELP": metadata[name].help = FamilyMetadata.unescaped(bytes)
    case "UNIT": metadata[name].unit = rest
    default:
      guard let type = MetricType(rawValue: rest) else {
        throw start.failure(
          "\(GoText.quoted(rest)) is not a metric type, expected counter, gauge, histogram, "
            + "gaugehistogram, summary, info, stateset or unknown")
      }
      metadata[name].type = type
    }
    if keyword == "UNIT" && !rest.isEmpty && !name.hasSuffix("_" + rest) {
      throw start.failure(
        "unit \(GoText.quoted(rest)) is not the end of the name \(GoText.quoted(name)), "
          + "expected a name that ends in \(GoText.quoted("_" + rest))")
    }
    guard cursor.current == Ascii.newline else {
      throw cursor.unexpected(in: "a \(keyword) line", expected: "the end of the line")
    }
    cursor.advance()
  }

  private static func sample(
    _ cursor: inout TextCursor, untimedAt fallback: Timestamp?, into rows: inout SampleRows
  ) throws(TextFormatError) {
    let start = cursor
    let series = try rows.series(at: &cursor)
    try space(&cursor)
    let value = try cursor.sampleValue()
    var time = fallback
    if cursor.take(Ascii.space), cursor.current != Ascii.hash {
      time = try timestamp(&cursor)
      _ = cursor.take(Ascii.space)
    }
    let example = cursor.current == Ascii.hash ? try exemplar(&cursor, untimedAt: time) : nil
    guard let end = cursor.current else {
      throw cursor.failure(
        "the text ends within a sample, so it has been cut short; expected \"# EOF\" as last line")
    }
    guard end == Ascii.newline else {
      throw cursor.unexpected(in: "a sample", expected: "the end of the line")
    }
    guard let time else {
      throw start.failure("the sample has no timestamp, expected seconds after the value")
    }
    cursor.advance()
    rows.append(series: series, time, value)
    if let example { rows.append(ExemplarRow(series: series, exemplar: example)) }
  }

  private static func space(_ cursor: inout TextCursor) throws(TextFormatError) {
    guard cursor.take(Ascii.space) else {
      throw cursor.unexpected(in: "a sample", expected: "a space and the value")
    }
  }

  private static func timestamp(
    _ cursor: inout TextCursor
  ) throws(TextFormatError) -> Timestamp {
    let start = cursor
    let word = cursor.word()
    if let milliseconds = ShortDecimal(word)?.thousandths {
      return Timestamp(milliseconds: milliseconds)
    }
    guard let seconds = NumberText.parseDecimal(word), let time = Timestamp(seconds: seconds) else {
      let spelled = GoText.quoted(String(decoding: word, as: UTF8.self))
      throw start.failure("\(spelled) is not a timestamp, expected seconds such as 1700000000.123")
    }
    return time
  }

  /// `# {label="value"} value [timestamp]`; without a timestamp it is as old as its sample.
  private static func exemplar(
    _ cursor: inout TextCursor, untimedAt fallback: Timestamp?
  ) throws(TextFormatError) -> Exemplar {
    cursor.advance()
    guard cursor.take(Ascii.space), cursor.current == Ascii.openBrace else {
      throw cursor.unexpected(in: "an exemplar", expected: "a label set in braces")
    }
    var labels = LabelsBuilder()
    // An exemplar has no name; claiming one refuses a text alone in quotes.
    var hasName = true
    try cursor.labelSet(into: &labels, hasName: &hasName)
    try space(&cursor)
    let value = try cursor.sampleValue()
    let time = cursor.take(Ascii.space) ? try timestamp(&cursor) : fallback
    return Exemplar(labels: labels.labels, value: value, time: time ?? Timestamp(milliseconds: 0))
  }
}
