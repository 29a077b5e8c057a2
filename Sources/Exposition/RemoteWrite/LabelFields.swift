import MetricModel

/// The labels of a series as names and values somewhere in a message, checked for what may be
/// stored.
struct LabelFields {
  private var pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

  init(_ pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]) { self.pairs = pairs }

  /// The fields with number 1 in a range, each a name and a value.
  init(_ message: [UInt8], _ range: Range<Int>) throws(WireError) {
    var reader = ProtobufReader(range, of: .writeRequest)
    while let (field, payload) = try reader.next(message.span) {
      guard field == 1, case .bytes(let part) = payload else { continue }
      var name = 0..<0
      var value = 0..<0
      var label = reader.part(part)
      while let (field, payload) = try label.next(message.span) {
        guard case .bytes(let text) = payload else { continue }
        if field == 1 { name = text }
        if field == 2 { value = text }
      }
      pairs.append((message[name], message[value]))
    }
  }

  /// Most senders sort labels and leave out empty ones; others are served too.
  ///
  /// - Parameter isNamed: whether there must be a metric name.
  func labels(isNamed: Bool = true) throws(WireError) -> Labels {
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
    guard !isNamed || labels.valueBytes(of: Labels.metricName) != nil else {
      throw invalid("the label __name__ is missing")
    }
    return labels
  }

  private func sortedLabels() throws(WireError) -> Labels {
    let sorted = pairs.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for (pair, next) in zip(sorted, sorted.dropFirst()) where pair.name == next.name {
      throw invalid("label \(GoText.quoted(text(pair.name))) appears twice")
    }
    return Labels(sorted.map { (text($0.name), text($0.value)) })
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  private func invalid(_ reason: String) -> WireError {
    let spelled = Labels(pairs.map { (text($0.name), text($0.value)) }).description
    return .invalidSeries(series: spelled, reason: reason)
  }
}
