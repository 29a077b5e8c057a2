package import MetricModel

/// Turns remote-write messages into batches, and remembers the label sets it has met.
///
///     var decoder = RemoteWriteDecoder()
///     let batch = try decoder.decode(message)
///
/// A sender repeats the labels of a series in the same bytes in each request, so one decoder for
/// all requests makes `Labels` once for each series. Exemplars and metadata are passed over. Native
/// histograms are refused: to drop them silently would lose data that the sender believes stored.
package struct RemoteWriteDecoder: Sendable {
  private var known = ByteRuns()
  /// For each known run of label bytes, what it says.
  private var knownLabels: [Labels] = []
  private let rememberedBytesMax: Int

  /// - Parameter rememberedBytesMax: label bytes kept; all are forgotten when there are more.
  package init(rememberedBytesMax: Int = 256 << 20) {
    self.rememberedBytesMax = rememberedBytesMax
  }

  /// The samples of a `WriteRequest` in its order.
  ///
  /// - Complexity: O(bytes); nothing is allocated for a sample of a series met before.
  package mutating func decode(_ message: [UInt8]) throws(RemoteWriteError) -> SampleBatch {
    if known.sizeBytes > rememberedBytesMax {
      known.removeAll()
      knownLabels.removeAll()
    }
    var batch = SampleBatch()
    var request = ProtobufReader(0..<message.count)
    while let (field, payload) = try request.next(message.span) {
      guard field == RemoteWrite.Field.timeSeries, case .bytes(let range) = payload else {
        continue
      }
      try decodeSeries(message, range, into: &batch)
    }
    return batch
  }

  /// A `TimeSeries`: labels, then samples.
  private mutating func decodeSeries(
    _ message: [UInt8], _ range: Range<Int>, into batch: inout SampleBatch
  ) throws(RemoteWriteError) {
    var labelsEnd = range.lowerBound
    var series: UInt32?
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message.span) {
      guard case .bytes(let part) = payload else { continue }
      switch field {
      case RemoteWrite.Field.labels:
        guard series == nil else { throw reader.malformed("a label follows a sample") }
        labelsEnd = part.upperBound
      case RemoteWrite.Field.samples:
        let index: UInt32
        if let series {
          index = series
        } else {
          index = batch.addSeries(try labels(message, range.lowerBound..<labelsEnd))
        }
        series = index
        try Self.decodeSample(message.span, part, of: index, into: &batch)
      case RemoteWrite.Field.histograms:
        let labels = try labels(message, range.lowerBound..<labelsEnd)
        throw .invalidSeries(
          series: labels.description,
          reason: "native histograms are not stored, set send_native_histograms: false")
      default: continue
      }
    }
  }

  private static func decodeSample(
    _ message: Span<UInt8>, _ range: Range<Int>, of series: UInt32, into batch: inout SampleBatch
  ) throws(RemoteWriteError) {
    var value: UInt64 = 0
    var milliseconds: UInt64 = 0
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message) {
      switch (field, payload) {
      case (RemoteWrite.Field.sampleValue, .fixed64(let bits)): value = bits
      case (RemoteWrite.Field.sampleTimestamp, .varint(let number)): milliseconds = number
      default: continue
      }
    }
    batch.append(
      series: series, Timestamp(milliseconds: Int64(bitPattern: milliseconds)),
      Double(bitPattern: value))
  }

  /// The labels that the fields in `range` spell, from memory when possible.
  private mutating func labels(
    _ message: [UInt8], _ range: Range<Int>
  ) throws(RemoteWriteError) -> Labels {
    let run = message.span.extracting(range)
    let hash = byteRunHash(run)
    if let number = known.number(of: run, hash: hash) { return knownLabels[number] }
    let labels = try LabelFields(message, range).labels()
    known.insert(message[range], hash: hash)
    knownLabels.append(labels)
    return labels
  }
}

/// The label fields of a series, checked for what may be stored.
private struct LabelFields {
  private var pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

  init(_ message: [UInt8], _ range: Range<Int>) throws(RemoteWriteError) {
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message.span) {
      guard field == RemoteWrite.Field.labels, case .bytes(let part) = payload else { continue }
      var name = 0..<0
      var value = 0..<0
      var label = ProtobufReader(part)
      while let (field, payload) = try label.next(message.span) {
        guard case .bytes(let text) = payload else { continue }
        if field == RemoteWrite.Field.labelName { name = text }
        if field == RemoteWrite.Field.labelValue { value = text }
      }
      pairs.append((message[name], message[value]))
    }
  }

  /// Most senders sort labels and leave out empty ones; others are served too.
  func labels() throws(RemoteWriteError) -> Labels {
    for (name, value) in pairs {
      guard !name.isEmpty else { throw invalid("a label without a name") }
      guard String(validating: name, as: UTF8.self) != nil,
        String(validating: value, as: UTF8.self) != nil
      else { throw invalid("a label is not valid UTF-8") }
    }
    let labels: Labels
    if let sorted = Labels(sortedPairs: pairs) {
      labels = sorted
    } else {
      labels = try sortedLabels()
    }
    guard labels.valueBytes(of: Labels.metricName) != nil else {
      throw invalid("the label __name__ is missing")
    }
    return labels
  }

  private func sortedLabels() throws(RemoteWriteError) -> Labels {
    let sorted = pairs.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (pair, next) in zip(sorted, sorted.dropFirst()) where pair.name == next.name {
      throw invalid("label \(GoText.quoted(text(pair.name))) appears twice")
    }
    return Labels(sorted.map { (text($0.name), text($0.value)) })
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private func invalid(_ reason: String) -> RemoteWriteError {
    let spelled = Labels(pairs.map { (text($0.name), text($0.value)) }).description
    return .invalidSeries(series: spelled, reason: reason)
  }
}
