import MetricModel

/// A request of remote write 2.0: texts stand once in a table and series refer to them by number.
struct SymbolizedRequest {
  private let message: [UInt8]
  /// Where each text is in the message.
  private var symbols: [Range<Int>] = []
  private var described: Set<String> = []

  init(_ message: [UInt8]) { self.message = message }

  /// The request's contents; `decoder` remembers labels from request to request.
  mutating func batch(_ decoder: inout RemoteWriteDecoder) throws(WireError) -> SampleBatch {
    var batch = SampleBatch()
    var request = ProtobufReader(0..<message.count, of: .writeRequest2)
    var series: [Range<Int>] = []
    while let (field, payload) = try request.next(message.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 4 {
        _ = try request.text(range, message)
        symbols.append(range)
      }
      // The table may come last.
      if field == 5 { series.append(range) }
    }
    if let first = symbols.first, !first.isEmpty {
      throw request.malformed("the first symbol is not empty")
    }
    for range in series { try decodeSeries(range, &decoder, into: &batch) }
    return batch
  }

  private mutating func decodeSeries(
    _ range: Range<Int>, _ decoder: inout RemoteWriteDecoder, into batch: inout SampleBatch
  ) throws(WireError) {
    var references: [UInt64] = []
    var parts: [(field: UInt64, range: Range<Int>)] = []
    var reader = ProtobufReader(range, of: .writeRequest2)
    while let (field, payload) = try reader.next(message.span) {
      if field == 1 {
        try reader.varints(payload, message.span, onto: &references)
      } else if case .bytes(let part) = payload, (2...5).contains(field) {
        parts.append((field, part))
      }
    }
    let pairs = try pairs(references, reader)
    let run = Self.run(pairs)
    let place = try batch.place { () throws(WireError) in
      try decoder.labels(for: run) { () throws(WireError) -> Labels in
        try LabelFields(pairs).labels()
      }
    }
    guard case .series(let series) = place else {
      if case .refused(var refusal) = place {
        for (field, _) in parts where field < 5 {
          refusal.count(field == 2 ? .sample : field == 3 ? .histogram : .exemplar)
        }
        batch.append(refusal)
      }
      return
    }
    for (field, part) in parts {
      switch field {
      case 2: try batch.appendSample(reader.part(part), message.span, series: series)
      case 3: try batch.appendHistogram(reader.part(part), message.span, series: series)
      case 4:
        batch.append(ExemplarRow(series: series, exemplar: try exemplar(reader.part(part))))
      default: try decodeMetadata(reader.part(part), of: batch.labels[Int(series)], into: &batch)
      }
    }
  }

  /// The texts in one run of bytes: a length before each tells runs apart, and the first byte from
  /// those of version 1.0.
  private static func run(
    _ pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]
  ) -> [UInt8] {
    var run: [UInt8] = [0]
    for (name, value) in pairs {
      for text in [name, value] {
        appendLength(text.count, onto: &run)
        run += text
      }
    }
    return run
  }

  private static func appendLength(_ count: Int, onto run: inout [UInt8]) {
    for shift in [0, 8, 16, 24] { run.append(UInt8(truncatingIfNeeded: count >> shift)) }
  }

  private func exemplar(_ reader: ProtobufReader) throws(WireError) -> Exemplar {
    var reader = reader
    var references: [UInt64] = []
    var exemplar = Exemplar(labels: .empty, value: 0, time: Timestamp(milliseconds: 0))
    while let (field, payload) = try reader.next(message.span) {
      switch (field, payload) {
      case (1, _): try reader.varints(payload, message.span, onto: &references)
      case (2, .fixed64(let bits)): exemplar.value = Double(bitPattern: bits)
      case (3, .varint(let number)):
        exemplar.time = Timestamp(milliseconds: Int64(bitPattern: number))
      default: continue
      }
    }
    exemplar.labels = try LabelFields(pairs(references, reader)).labels(isNamed: false)
    return exemplar
  }

  /// Metadata belongs to a family here, to a series there; the first series of a family tells.
  private mutating func decodeMetadata(
    _ reader: ProtobufReader, of labels: Labels, into batch: inout SampleBatch
  ) throws(WireError) {
    var reader = reader
    var metadata = MetricMetadata(family: "")
    while let (field, payload) = try reader.next(message.span) {
      guard case .varint(let number) = payload else { continue }
      switch field {
      case 1: metadata.type = MetricType(wire: number)
      case 3: metadata.help = try reader.text(symbol(number, reader), message)
      case 4: metadata.unit = try reader.text(symbol(number, reader), message)
      default: continue
      }
    }
    metadata.family = metadata.type.family(of: labels.metricName)
    let says = metadata.type != .unknown || !metadata.help.isEmpty || !metadata.unit.isEmpty
    if says && described.insert(metadata.family).inserted { batch.append(metadata) }
  }

  private func pairs(
    _ references: [UInt64], _ reader: ProtobufReader
  ) throws(WireError) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
    guard references.count.isMultiple(of: 2) else {
      throw reader.malformed("a label has a name and no value")
    }
    var pairs: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    for position in stride(from: 0, to: references.count, by: 2) {
      pairs.append(
        (
          message[try symbol(references[position], reader)],
          message[try symbol(references[position + 1], reader)]
        ))
    }
    return pairs
  }

  private func symbol(
    _ number: UInt64, _ reader: ProtobufReader
  ) throws(WireError) -> Range<Int> {
    guard number < UInt64(symbols.count) else {
      throw reader.malformed("symbol \(number) does not exist, there are \(symbols.count)")
    }
    return symbols[Int(number)]
  }
}
