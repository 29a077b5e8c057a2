package import MetricModel

/// Samples as comma-separated values, one a row, in columns `series`, `timestamp_ms` and `value`.
///
///     series,timestamp_ms,value
///     "up{job=""api""}",1700000000000,1
///
/// Numbers come back bit for bit; a marker of staleness is spelled "stale". Native histograms don't
/// fit and are left out, which `append` tells.
package struct SeriesCSV {
  package private(set) var bytes: [UInt8]

  private static let header = "series,timestamp_ms,value"

  package init() { bytes = Array((Self.header + "\n").utf8) }

  /// The text since the last call, for files that are written piece by piece.
  package mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  /// Adds the numbers of a series.
  ///
  /// - Returns: how many native histograms were left out.
  @discardableResult
  package mutating func append(_ series: Series) -> Int {
    let name = Self.quoted(series.labels.description)
    for (time, value) in zip(series.samples.timestamps, series.samples.values) {
      bytes += name
      bytes.append(Ascii.comma)
      NumberText.appendInteger(time, to: &bytes)
      bytes.append(Ascii.comma)
      bytes += (value.isStaleMarker ? "stale" : NumberText.general(value)).utf8
      bytes.append(Ascii.newline)
    }
    return series.samples.histograms.count
  }

  private static func quoted(_ text: String) -> [UInt8] {
    var quoted = [Ascii.quote]
    for byte in text.utf8 {
      if byte == Ascii.quote { quoted.append(Ascii.quote) }
      quoted.append(byte)
    }
    return quoted + [Ascii.quote]
  }

  /// Reads such a text.
  package static func parse(_ bytes: [UInt8]) throws(TextFormatError) -> SampleBatch {
    var reader = CSVReader(bytes)
    var batch = SampleBatch()
    var numbers: [String: UInt32] = [:]
    let names = try reader.row() ?? []
    guard names == ["series", "timestamp_ms", "value"] else {
      throw TextFormatError(
        line: 1, column: 1, message: "expected the header \(GoText.quoted(header))")
    }
    while let row = try reader.row() {
      let line = reader.rowLine
      func failure(_ message: String) -> TextFormatError {
        TextFormatError(line: line, column: 1, message: message)
      }
      guard row.count == 3 else { throw failure("expected 3 columns, got \(row.count)") }
      guard let time = Int64(row[1]) else {
        throw failure("\(GoText.quoted(row[1])) is not a time, expected whole milliseconds")
      }
      let value = row[2] == "stale" ? StaleMarker.value : NumberText.parse(row[2])
      guard let value else {
        throw failure("\(GoText.quoted(row[2])) is not a value, expected a number or stale")
      }
      let series: UInt32
      if let known = numbers[row[0]] {
        series = known
      } else {
        var cursor = TextCursor(Array(row[0].utf8))
        do throws(TextFormatError) {
          series = batch.addSeries(try cursor.seriesLabels())
        } catch {
          throw failure("\(GoText.quoted(row[0])) is not a series: \(error.message)")
        }
        numbers[row[0]] = series
      }
      batch.append(series: series, Timestamp(milliseconds: time), value)
    }
    return batch
  }
}

/// Rows of comma-separated values after RFC 4180.
struct CSVReader {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// The line on which the last row began.
  private(set) var rowLine = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The fields of the next row; nil at the end. Empty lines are passed over.
  mutating func row() throws(TextFormatError) -> [String]? {
    while position < bytes.count, bytes[position] == Ascii.newline || bytes[position] == 0x0d {
      if bytes[position] == Ascii.newline { line += 1 }
      position += 1
    }
    guard position < bytes.count else { return nil }
    rowLine = line
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < bytes.count, bytes[position] == Ascii.comma else { break }
      position += 1
    }
    if position < bytes.count, bytes[position] == 0x0d { position += 1 }
    guard position >= bytes.count || bytes[position] == Ascii.newline else {
      throw TextFormatError(
        line: line, column: 1, message: "expected a comma after a field in quotes")
    }
    if position < bytes.count {
      position += 1
      line += 1
    }
    return fields
  }

  private mutating func field() throws(TextFormatError) -> String {
    var field: [UInt8] = []
    guard position < bytes.count, bytes[position] == Ascii.quote else {
      while position < bytes.count, bytes[position] != Ascii.comma,
        bytes[position] != Ascii.newline, bytes[position] != 0x0d
      {
        field.append(bytes[position])
        position += 1
      }
      return String(decoding: field, as: UTF8.self)
    }
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Ascii.newline { line += 1 }
      if byte == Ascii.quote {
        guard position < bytes.count, bytes[position] == Ascii.quote else {
          return String(decoding: field, as: UTF8.self)
        }
        position += 1
      }
      field.append(byte)
    }
    throw TextFormatError(line: rowLine, column: 1, message: "a field in quotes is not closed")
  }
}
