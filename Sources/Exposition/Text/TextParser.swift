package import MetricModel

/// Reads the Prometheus text format 0.0.4, with UTF-8 names as in 1.0.0.
///
///     let batch = try TextParser.parse(Array("up{job=\"api\"} 1\n".utf8), untimedAt: now)
///
/// Timestamps are milliseconds and optional; a last line without an end is accepted. `# TYPE` and
/// `# HELP` become the batch's metadata.
package enum TextParser {
  private static let types: [String: MetricType] = [
    "counter": .counter, "gauge": .gauge, "histogram": .histogram, "summary": .summary,
    "untyped": .unknown, "unknown": .unknown,
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
    var metadata = FamilyMetadata()
    while !cursor.isAtEnd {
      cursor.skipSpaces()
      if cursor.isAtLineEnd {
        cursor.advance()
      } else if cursor.current == Ascii.hash {
        try comment(&cursor, into: &metadata)
      } else {
        try sample(&cursor, untimedAt: time, into: &rows)
      }
    }
    return rows.batch(metadata)
  }

  /// `# TYPE name type` and `# HELP name text`; everything else after `#` is free text.
  private static func comment(
    _ cursor: inout TextCursor, into metadata: inout FamilyMetadata
  ) throws(TextFormatError) {
    cursor.advance()
    cursor.skipSpaces()
    let keyword = String(decoding: cursor.word(), as: UTF8.self)
    guard keyword == "TYPE" || keyword == "HELP" else {
      cursor.skipLine()
      return
    }
    cursor.skipSpaces()
    let name: String
    if cursor.current == Ascii.quote {
      name = try cursor.quotedText(as: "a metric name")
    } else {
      name = String(decoding: cursor.word(), as: UTF8.self)
    }
    guard !name.isEmpty else {
      // Free text may begin with "HELP".
      if keyword == "HELP" { return cursor.skipLine() }
      throw cursor.unexpected(in: "a TYPE line", expected: "a metric name")
    }
    cursor.skipSpaces()
    let start = cursor
    if keyword == "HELP" {
      metadata[name].help = FamilyMetadata.unescaped(cursor.run { _ in true })
    } else {
      let type = String(decoding: cursor.word(), as: UTF8.self)
      guard let known = types[type], cursor.isAtBlankRest else {
        throw start.failure(
          "\(GoText.quoted(type)) is not a metric type, "
            + "expected counter, gauge, histogram, summary or untyped")
      }
      metadata[name].type = known
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
