package import MetricModel

/// Remote write 1.0: a `WriteRequest` in protobuf, compressed with Snappy.
///
///     let batch = try RemoteWrite.decode(body)
///     try store.append(batch)
///
/// Exemplars and metadata are passed over. Native histograms are refused: to drop them silently
/// would lose data that the sender believes stored.
package enum RemoteWrite {
  /// What Prometheus accepts after decompression.
  package static let decodedBytesMax = 32 << 20

  /// The samples in the order of the request.
  ///
  /// - Complexity: O(bytes); the request is held compressed, decompressed and decoded at once.
  package static func decode(
    _ compressed: [UInt8], decodedBytesMax: Int = decodedBytesMax
  ) throws(RemoteWriteError) -> SampleBatch {
    guard let size = Snappy.declaredSize(of: compressed) else { throw .notSnappy }
    guard size <= decodedBytesMax else {
      throw .tooLarge(declaredBytes: size, limitBytes: decodedBytesMax)
    }
    guard let message = Snappy.decompress(compressed, size: size) else { throw .notSnappy }
    return try decode(message: message)
  }

  static func decode(message: [UInt8]) throws(RemoteWriteError) -> SampleBatch {
    var batch = SampleBatch()
    var decoder = TimeSeriesDecoder(message)
    var request = ProtobufReader(0..<message.count)
    while let (field, payload) = try request.next(message.span) {
      guard field == Field.timeSeries, case .bytes(let range) = payload else { continue }
      try decoder.decode(range, into: &batch)
    }
    return batch
  }

  /// Field numbers of the messages in `prometheus/prompb/{remote,types}.proto`.
  enum Field {
    static let timeSeries: UInt64 = 1
    static let labels: UInt64 = 1
    static let samples: UInt64 = 2
    static let histograms: UInt64 = 4
    static let labelName: UInt64 = 1
    static let labelValue: UInt64 = 2
    static let sampleValue: UInt64 = 1
    static let sampleTimestamp: UInt64 = 2
  }
}

/// Reads the `TimeSeries` messages of one request.
private struct TimeSeriesDecoder {
  private let message: [UInt8]
  /// The pairs of the series being read; kept for its capacity.
  private var pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

  init(_ message: [UInt8]) {
    self.message = message
  }

  mutating func decode(
    _ range: Range<Int>, into batch: inout SampleBatch
  ) throws(RemoteWriteError) {
    pairs.removeAll(keepingCapacity: true)
    var series: UInt32?
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message.span) {
      guard case .bytes(let part) = payload else { continue }
      switch field {
      case RemoteWrite.Field.labels:
        guard series == nil else { throw reader.malformed("a label follows a sample") }
        try label(part)
      case RemoteWrite.Field.samples:
        let index: UInt32
        if let series { index = series } else { index = batch.addSeries(try labels()) }
        series = index
        try sample(part, of: index, into: &batch)
      case RemoteWrite.Field.histograms:
        throw .invalidSeries(
          series: try labels().description,
          reason: "native histograms are not stored, set send_native_histograms: false")
      default: continue
      }
    }
  }

  private mutating func label(_ range: Range<Int>) throws(RemoteWriteError) {
    var name: Range<Int>?
    var value: Range<Int>?
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message.span) {
      guard case .bytes(let text) = payload else { continue }
      if field == RemoteWrite.Field.labelName { name = text }
      if field == RemoteWrite.Field.labelValue { value = text }
    }
    pairs.append((message[name ?? 0..<0], message[value ?? 0..<0]))
  }

  private func sample(
    _ range: Range<Int>, of series: UInt32, into batch: inout SampleBatch
  ) throws(RemoteWriteError) {
    var value: UInt64 = 0
    var milliseconds: UInt64 = 0
    var reader = ProtobufReader(range)
    while let (field, payload) = try reader.next(message.span) {
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

  // MARK: Labels

  /// The labels read so far, checked; most senders sort them and leave out empty ones.
  private func labels() throws(RemoteWriteError) -> Labels {
    var hasName = false
    for (name, value) in pairs {
      guard !name.isEmpty else { throw invalid("a label without a name") }
      guard isUTF8(name), isUTF8(value) else {
        throw invalid("a label is not valid UTF-8")
      }
      if name.elementsEqual(Labels.metricName.utf8) { hasName = !value.isEmpty }
    }
    guard hasName else { throw invalid("the label __name__ is missing") }
    if let labels = Labels(sortedPairs: pairs) { return labels }
    return try sortedLabels()
  }

  private func sortedLabels() throws(RemoteWriteError) -> Labels {
    let sorted = pairs.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (pair, next) in zip(sorted, sorted.dropFirst()) where pair.name == next.name {
      throw invalid("label \(GoText.quoted(text(pair.name))) appears twice")
    }
    return Labels(sorted.map { (text($0.name), text($0.value)) })
  }

  private func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private func invalid(_ reason: String) -> RemoteWriteError {
    let spelled = Labels(pairs.map { (text($0.name), text($0.value)) }).description
    return .invalidSeries(series: spelled, reason: reason)
  }
}
