import MetricModel

/// The parts of a sample line that both text formats share: name, labels, value.
extension TextCursor {
  /// Reads `name{label="value",…}` or `{"name",…}` and gives its labels.
  ///
  /// Spaces and tabs around the tokens in braces are accepted in both formats, as Prometheus'
  /// own dumps write them.
  mutating func seriesLabels() throws(TextFormatError) -> Labels {
    let start = self
    var builder = LabelsBuilder()
    var hasName = false
    let name = bareName(allowingColon: true)
    if !name.isEmpty {
      builder.set(Labels.metricName, String(decoding: name, as: UTF8.self))
      hasName = true
    } else if current != Ascii.openBrace {
      throw unexpected(in: "a sample", expected: "a metric name, \"{\" or \"#\"")
    }
    if current == Ascii.openBrace || spacesLead(to: Ascii.openBrace) {
      skipSpaces()
      try labelSet(into: &builder, hasName: &hasName)
    }
    guard hasName else {
      throw start.failure("a sample has no metric name, expected one before \"{\" or quoted in it")
    }
    return builder.labels
  }

  fileprivate func spacesLead(to byte: UInt8) -> Bool {
    var ahead = self
    ahead.skipSpaces()
    return ahead.current == byte
  }

  /// `{label="value",…}` with the cursor on the brace; a text alone in quotes names the metric.
  mutating func labelSet(
    into builder: inout LabelsBuilder, hasName: inout Bool
  ) throws(TextFormatError) {
    advance()
    var seen: [String] = []
    skipSpaces()
    while !take(Ascii.closeBrace) {
      let start = self
      let isQuoted = current == Ascii.quote
      let name = try labelName()
      skipSpaces()
      if isQuoted && (current == Ascii.comma || current == Ascii.closeBrace) {
        guard !hasName else {
          throw start.failure("a second metric name \(GoText.quoted(name)), expected one only")
        }
        builder.set(Labels.metricName, name)
        hasName = true
      } else {
        guard take(Ascii.equals) else { throw unexpected(in: "a label set", expected: "\"=\"") }
        skipSpaces()
        let value = try quotedText(as: "a label value")
        if seen.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
          throw start.failure("label \(GoText.quoted(name)) appears twice, expected each once")
        }
        seen.append(name)
        if name == Labels.metricName { hasName = true }
        builder.set(name, value)
      }
      skipSpaces()
      if take(Ascii.comma) {
        skipSpaces()
      } else if current != Ascii.closeBrace {
        throw unexpected(in: "a label set", expected: "\",\" or \"}\"")
      }
    }
  }

  private mutating func labelName() throws(TextFormatError) -> String {
    if current == Ascii.quote {
      let start = self
      let name = try quotedText(as: "a label name")
      guard !name.isEmpty else { throw start.failure("a label name is empty") }
      return name
    }
    let bare = bareName(allowingColon: false)
    guard !bare.isEmpty else {
      throw unexpected(in: "a label set", expected: "a label name or \"}\"")
    }
    return String(decoding: bare, as: UTF8.self)
  }

  /// A number; `NaN` gets Go's bits, since stored bits are compared with Prometheus'.
  mutating func sampleValue() throws(TextFormatError) -> Double {
    let start = self
    let text = word()
    guard !text.isEmpty else { throw unexpected(in: "a sample", expected: "a value") }
    if let short = ShortDecimal(text) { return short.value }
    if let value = NumberText.parseDecimal(text) { return value }
    let spelled = String(decoding: text, as: UTF8.self)
    let isForeign = text.contains { $0 == Ascii.underscore || $0 | 0x20 == UInt8(ascii: "x") }
    guard !isForeign, let value = NumberText.parse(spelled) else {
      throw start.failure("\(GoText.quoted(spelled)) is not a value, expected a number")
    }
    return value.isNaN ? Double(bitPattern: 0x7ff8_0000_0000_0001) : value
  }
}

/// Rows under construction: recognises a series by the bytes of its line, so that labels are made
/// once for each series and not once for each sample.
struct SampleRows {
  private var batch = SampleBatch()
  private var known = ByteRuns()
  /// For each known run, the series.
  private var series: [UInt32] = []

  /// Reads the series at the cursor, or recognises it.
  mutating func series(at cursor: inout TextCursor) throws(TextFormatError) -> UInt32 {
    let start = cursor.position
    var ahead = cursor
    ahead.skipSeriesText()
    if let number = number(of: start..<ahead.position, in: cursor.bytes),
      !ahead.spacesLead(to: Ascii.openBrace)
    {
      cursor = ahead
      return series[number]
    }
    let index = batch.addSeries(try cursor.seriesLabels())
    let spelling = start..<cursor.position
    if number(of: spelling, in: cursor.bytes) == nil {
      let hash = byteRunHash(cursor.bytes.span.extracting(spelling))
      known.insert(cursor.bytes[spelling], hash: hash)
      series.append(index)
    }
    return index
  }

  private func number(of spelling: Range<Int>, in bytes: [UInt8]) -> Int? {
    let run = bytes.span.extracting(spelling)
    return known.number(of: run, hash: byteRunHash(run))
  }

  mutating func append(series: UInt32, _ time: Timestamp, _ value: Double) {
    batch.append(series: series, time, value)
  }

  mutating func append(_ row: ExemplarRow) { batch.append(row) }

  /// Everything read, with what is known of its families.
  func batch(_ metadata: FamilyMetadata) -> SampleBatch {
    var batch = batch
    for family in metadata.families { batch.append(family) }
    return batch
  }
}
