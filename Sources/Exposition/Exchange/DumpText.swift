package import MetricModel

/// The text of `promtool tsdb dump`: a line `{__name__="up", job="a"} 1 1700000000000` for each
/// sample.
///
///     let batch = try DumpText.parse(bytes)
///
/// Values have their shortest digits there, so numbers come back bit for bit; markers of staleness
/// read "NaN" like any other, and native histograms have lost their layout, so their lines are
/// refused.
package enum DumpText {
  package static func parse(_ bytes: [UInt8]) throws(TextFormatError) -> SampleBatch {
    var batch = SampleBatch()
    var numbers: [Labels: UInt32] = [:]
    var (position, line) = (0, 1)
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: Ascii.newline) ?? bytes.count
      if position < end {
        try sample(Array(bytes[position..<end]), line, &batch, &numbers)
      }
      position = end + 1
      line += 1
    }
    return batch
  }

  private static func sample(
    _ text: [UInt8], _ line: Int, _ batch: inout SampleBatch, _ numbers: inout [Labels: UInt32]
  ) throws(TextFormatError) {
    var position = 0
    let labels = try labels(text, line, &position)
    let rest = text[position...].split(separator: Ascii.space)
    guard rest.count == 2, let value = NumberText.parse(String(decoding: rest[0], as: UTF8.self)),
      let time = Int64(String(decoding: rest[1], as: UTF8.self))
    else {
      let isHistogram = rest.first?.first == Ascii.openBrace
      throw TextFormatError(
        line: line, column: position + 1,
        message: isHistogram
          ? "a native histogram has lost its buckets' layout in this format, import blocks instead"
          : "expected a value and milliseconds after the labels")
    }
    let series: UInt32
    if let known = numbers[labels] {
      series = known
    } else {
      series = batch.addSeries(labels)
      numbers[labels] = series
    }
    batch.append(series: series, Timestamp(milliseconds: time), value)
  }

  private static func labels(
    _ text: [UInt8], _ line: Int, _ position: inout Int
  ) throws(TextFormatError) -> Labels {
    func failure(_ message: String) -> TextFormatError {
      TextFormatError(line: line, column: position + 1, message: message)
    }
    guard text.first == Ascii.openBrace else { throw failure("expected labels in braces") }
    position = 1
    var builder = LabelsBuilder()
    while position < text.count, text[position] != Ascii.closeBrace {
      if text[position] == Ascii.comma || text[position] == Ascii.space {
        position += 1
        continue
      }
      let name: String
      if text[position] == Ascii.quote {
        guard let quoted = GoUnquoting.text(text, at: &position) else {
          throw failure("a label name is not closed")
        }
        name = quoted
      } else {
        let start = position
        while position < text.count, text[position] != Ascii.equals { position += 1 }
        name = String(decoding: text[start..<position], as: UTF8.self)
      }
      guard position < text.count, text[position] == Ascii.equals else {
        throw failure("expected \"=\" after a label name")
      }
      position += 1
      guard let value = GoUnquoting.text(text, at: &position) else {
        throw failure("expected a label value in quotes")
      }
      builder.set(name, value)
    }
    guard position < text.count else { throw failure("expected \"}\" after the labels") }
    position += 1
    return builder.labels
  }
}
