package import MetricModel

/// Turns remote-write messages into batches, and remembers the label sets it has met.
///
///     var decoder = RemoteWriteDecoder()
///     let batch = try decoder.decode(message, .v1)
///
/// A sender repeats the labels of a series in the same bytes in each request, so one decoder for
/// all requests makes `Labels` once for each series.
package struct RemoteWriteDecoder: Sendable {
  private var known = ByteRuns()
  /// For each known run of label bytes, what it says.
  private var knownLabels: [Labels] = []
  private let rememberedBytesMax: Int

  /// - Parameter rememberedBytesMax: label bytes kept; all are forgotten when there are more.
  package init(rememberedBytesMax: Int = 256 << 20) {
    self.rememberedBytesMax = rememberedBytesMax
  }

  /// Everything in a request, in its order. Series with labels that may not be and histograms that
  /// contradict themselves are left out and told in the batch's `refusals`; a message that isn't
  /// what it should be is refused as a whole.
  ///
  /// - Complexity: O(bytes); in version 1.0 nothing is allocated for a sample of a series met
  ///   before.
  package mutating func decode(
    _ message: [UInt8], _ version: RemoteWriteVersion = .v1
  ) throws(WireError) -> SampleBatch {
    if known.sizeBytes > rememberedBytesMax {
      known.removeAll()
      knownLabels.removeAll()
    }
    switch version {
    case .v1: return try decode1(message)
    case .v2:
      var request = SymbolizedRequest(message)
      return try request.batch(&self)
    }
  }

  private mutating func decode1(_ message: [UInt8]) throws(WireError) -> SampleBatch {
    var batch = SampleBatch()
    var request = ProtobufReader(0..<message.count, of: .writeRequest)
    while let (field, payload) = try request.next(message.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 1 { try decodeSeries(message, range, into: &batch) }
      if field == 3 { try Self.decodeMetadata(message, range, into: &batch) }
    }
    return batch
  }

  /// A `TimeSeries`: labels, then samples, exemplars, histograms.
  private mutating func decodeSeries(
    _ message: [UInt8], _ range: Range<Int>, into batch: inout SampleBatch
  ) throws(WireError) {
    var labelsEnd = range.lowerBound
    var place: SeriesPlace?
    var reader = ProtobufReader(range, of: .writeRequest)
    while let (field, payload) = try reader.next(message.span) {
      guard case .bytes(let part) = payload else { continue }
      if field == 1 {
        guard place == nil else { throw reader.malformed("a label follows a sample") }
        labelsEnd = part.upperBound
        continue
      }
      guard (2...4).contains(field) else { continue }
      if place == nil {
        place = try batch.place { () throws(WireError) in
          try labels(message, range.lowerBound..<labelsEnd)
        }
      }
      guard case .series(let index) = place else {
        if case .refused(var refusal) = place {
          refusal.count(field == 2 ? .sample : field == 3 ? .exemplar : .histogram)
          place = .refused(refusal)
        }
        continue
      }
      switch field {
      case 2: try batch.appendSample(reader.part(part), message.span, series: index)
      case 3:
        let exemplar = try Self.exemplar(message, part)
        batch.append(ExemplarRow(series: index, exemplar: exemplar))
      default: try batch.appendHistogram(reader.part(part), message.span, series: index)
      }
    }
    if case .refused(let refusal) = place { batch.append(refusal) }
  }

  private static func exemplar(
    _ message: [UInt8], _ range: Range<Int>
  ) throws(WireError) -> Exemplar {
    var reader = ProtobufReader(range, of: .writeRequest)
    var exemplar = Exemplar(labels: .empty, value: 0, time: Timestamp(milliseconds: 0))
    exemplar.labels = try LabelFields(message, range).labels(isNamed: false)
    while let (field, payload) = try reader.next(message.span) {
      if field == 2, case .fixed64(let bits) = payload { exemplar.value = Double(bitPattern: bits) }
      if field == 3, case .varint(let number) = payload {
        exemplar.time = Timestamp(milliseconds: Int64(bitPattern: number))
      }
    }
    return exemplar
  }

  private static func decodeMetadata(
    _ message: [UInt8], _ range: Range<Int>, into batch: inout SampleBatch
  ) throws(WireError) {
    var reader = ProtobufReader(range, of: .writeRequest)
    var metadata = MetricMetadata(family: "")
    while let (field, payload) = try reader.next(message.span) {
      switch (field, payload) {
      case (1, .varint(let number)): metadata.type = MetricType(wire: number)
      case (2, .bytes(let text)): metadata.family = try reader.text(text, message)
      case (4, .bytes(let text)): metadata.help = try reader.text(text, message)
      case (5, .bytes(let text)): metadata.unit = try reader.text(text, message)
      default: continue
      }
    }
    batch.append(metadata)
  }

  /// The labels that the fields in `range` spell, from memory when possible.
  private mutating func labels(
    _ message: [UInt8], _ range: Range<Int>
  ) throws(WireError) -> Labels {
    let run = message.span.extracting(range)
    let hash = byteRunHash(run)
    if let number = known.number(of: run, hash: hash) { return knownLabels[number] }
    let labels = try LabelFields(message, range).labels()
    known.insert(message[range], hash: hash)
    knownLabels.append(labels)
    return labels
  }

  /// The labels that a run of bytes stands for, from memory or made by `make`. The bytes must mean
  /// the same in each request and can't begin with a label field of version 1.0.
  mutating func labels(
    for run: [UInt8], _ make: () throws(WireError) -> Labels
  ) throws(WireError) -> Labels {
    let hash = byteRunHash(run.span)
    if let number = known.number(of: run.span, hash: hash) { return knownLabels[number] }
    let labels = try make()
    known.insert(run[...], hash: hash)
    knownLabels.append(labels)
    return labels
  }
}

/// Where the rows of a series go.
enum SeriesPlace {
  case series(UInt32)
  /// Nowhere: its labels may not be.
  case refused(RowRefusal)
}

extension RowRefusal {
  enum Kind {
    case sample
    case histogram
    case exemplar
  }

  mutating func count(_ kind: Kind) {
    switch kind {
    case .sample: samples += 1
    case .histogram: histograms += 1
    case .exemplar: exemplars += 1
    }
  }
}

extension SampleBatch {
  /// Names a series by what `labels` reads; one that may not be stored doesn't refuse the others.
  mutating func place(
    _ labels: () throws(WireError) -> Labels
  ) throws(WireError) -> SeriesPlace {
    do throws(WireError) {
      return .series(addSeries(try labels()))
    } catch {
      guard case .invalidSeries = error else { throw error }
      return .refused(RowRefusal(error.description))
    }
  }

  /// A `Sample` of either version.
  mutating func appendSample(
    _ reader: ProtobufReader, _ bytes: Span<UInt8>, series: UInt32
  ) throws(WireError) {
    var reader = reader
    var value: UInt64 = 0
    var milliseconds: UInt64 = 0
    var start: UInt64 = 0
    while let (field, payload) = try reader.next(bytes) {
      switch (field, payload) {
      case (1, .fixed64(let bits)): value = bits
      case (2, .varint(let number)): milliseconds = number
      case (3, .varint(let number)): start = number
      default: continue
      }
    }
    append(
      series: series, Timestamp(milliseconds: Int64(bitPattern: milliseconds)),
      Double(bitPattern: value),
      startTime: start == 0 ? nil : Timestamp(milliseconds: Int64(bitPattern: start)))
  }

  /// A `Histogram` of either version.
  mutating func appendHistogram(
    _ reader: ProtobufReader, _ bytes: Span<UInt8>, series: UInt32
  ) throws(WireError) {
    var reader = reader
    var message = HistogramMessage()
    while let (field, payload) = try reader.next(bytes) {
      _ = try message.take(field, payload, HistogramMessage.remote, reader, bytes)
    }
    let start =
      message.startTimestamp == 0 ? nil : Timestamp(milliseconds: message.startTimestamp)
    let time = Timestamp(milliseconds: message.timestamp)
    // A staleness marker is a number, also where a series of histograms ends.
    if message.sum.isStaleMarker {
      append(series: series, time, StaleMarker.value, startTime: start)
      return
    }
    do {
      append(
        HistogramRow(
          series: series, time: time, startTime: start, histogram: try message.histogram()))
    } catch {
      let reason = WireError.invalidSeries(
        series: labels[Int(series)].description, reason: "\(error)")
      var refusal = RowRefusal(reason.description)
      refusal.count(.histogram)
      append(refusal)
    }
  }
}

extension MetricType {
  /// From the numbers of remote write, which are those of our order.
  init(wire number: UInt64) {
    let all = Self.allCases
    self = number < UInt64(all.count) ? all[Int(number)] : .unknown
  }

  var wire: UInt64 { UInt64(Self.allCases.firstIndex(of: self) ?? 0) }
}
