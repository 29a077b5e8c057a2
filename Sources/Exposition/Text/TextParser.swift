package import MetricModel

/// Reads the Prometheus text format 0.0.4, with UTF-8 names as in 1.0.0.
///
///     let batch = try TextParser.parse(Array("up{job=\"api\"} 1\n".utf8), untimedAt: now)
///
/// Timestamps are milliseconds and optional; a last line without an end is accepted.
package enum TextParser {
  private static let types: Set<String> = [
    "counter", "gauge", "histogram", "summary", "untyped", "unknown",
  ]

  /// Samples in the order of their lines.
  ///
  /// - Parameter time: what a line without a timestamp gets; nil refuses such lines.
  /// - Throws: `TextFormatError` with line and column of the first offence; nothing is kept.
  package static func parse(
    _ text: [UInt8], untimedAt time: Timestamp?
  ) throws(TextFormatError) -> SampleBatch {
    var cursor = TextCursor(text)
    var rows = SampleRows()
    while !cursor.isAtEnd {
      cursor.skipSpaces()
      if cursor.isAtLineEnd {
        cursor.advance()
      } else if cursor.current == Ascii.hash {
        try comment(&cursor)
      } else {
        try sample(&cursor, untimedAt: time, into: &rows)
      }
    }
    return rows.batch
  }

  /// `# TYPE name type` is checked; `# HELP` and everything else after `#` is free text.
  private static func comment(_ cursor: inout TextCursor) throws(TextFormatError) {
    cursor.advance()
    cursor.skipSpaces()
    guard cursor.word().elementsEqual("TYPE".utf8) else {
      cursor.skipLine()
      return
    }
    cursor.skipSpaces()
    if cursor.current == Ascii.quote {
      _ = try cursor.quotedText(as: "a metric name")
    } else if cursor.word().isEmpty {
      throw cursor.unexpected(in: "a TYPE line", expected: "a metric name")
    }
    cursor.skipSpaces()
    let start = cursor
    let type = String(decoding: cursor.word(), as: UTF8.self)
    guard types.contains(type), cursor.isAtBlankRest else {
      throw start.failure(
        "\(GoText.quoted(type)) is not a metric type, "
          + "expected counter, gauge, histogram, summary or untyped")
    }
    cursor.skipLine()
  }

  private static func sample(
    _ cursor: inout TextCursor, untimedAt fallback: Timestamp?, into rows: inout SampleRows
  ) throws(TextFormatError) {
    let start = cursor
    let series = try rows.series(at: &cursor)
    cursor.skipSpaces()
    let value = try cursor.sampleValue()
    cursor.skipSpaces()
    var time = fallback
    if !cursor.isAtLineEnd {
      let place = cursor
      let word = String(decoding: cursor.word(), as: UTF8.self)
      guard let milliseconds = Int64(word) else {
        throw place.failure(
          "\(GoText.quoted(word)) is not a timestamp, expected whole milliseconds")
      }
      time = Timestamp(milliseconds: milliseconds)
      cursor.skipSpaces()
    }
    guard cursor.isAtLineEnd else {
      throw cursor.unexpected(in: "a sample", expected: "the end of the line")
    }
    guard let time else {
      throw start.failure("the sample has no timestamp, expected milliseconds after the value")
    }
    cursor.advance()
    rows.append(series: series, time, value)
  }
}
