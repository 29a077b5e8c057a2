package import MetricModel

extension RemoteWrite {
  /// The compressed request that carries a batch: one series for each named in it, with its rows in
  /// their order. Start times and units of exemplars' series only fit version 2.0.
  package static func encode(
    _ batch: SampleBatch, _ version: RemoteWriteVersion = .v1
  ) -> [UInt8] {
    let rows = BatchRows(batch)
    switch version {
    case .v1: return Snappy.compress(encode1(batch, rows))
    case .v2:
      var symbols = SymbolTable()
      var message = ProtobufWriter()
      encode2(batch, rows, &symbols, &message)
      return Snappy.compress(message.bytes)
    }
  }

  private static func encode1(_ batch: SampleBatch, _ rows: BatchRows) -> [UInt8] {
    var message = ProtobufWriter()
    for (series, labels) in batch.labels.enumerated() {
      message.message(1) { writer in
        writer.labels(1, labels)
        for row in rows.samples[series] {
          writer.message(2) { writer in
            writer.double(1, batch.values[row])
            writer.varint(2, batch.timestamps[row])
          }
        }
        for row in rows.exemplars[series] {
          let exemplar = batch.exemplars[row].exemplar
          writer.message(3) { writer in
            writer.labels(1, exemplar.labels)
            writer.double(2, exemplar.value)
            writer.varint(3, exemplar.time.milliseconds)
          }
        }
        for row in rows.histograms[series] {
          let row = batch.histograms[row]
          writer.message(4) { $0.histogram(row.histogram, time: row.time, startTime: nil) }
        }
      }
    }
    for metadata in batch.metadata {
      message.message(3) { writer in
        writer.varint(1, metadata.type.wire)
        writer.text(2, metadata.family)
        writer.text(4, metadata.help)
        writer.text(5, metadata.unit)
      }
    }
    return message.bytes
  }

  private static func encode2(
    _ batch: SampleBatch, _ rows: BatchRows, _ symbols: inout SymbolTable,
    _ message: inout ProtobufWriter
  ) {
    var series: [ProtobufWriter] = []
    for (number, labels) in batch.labels.enumerated() {
      var writer = ProtobufWriter()
      writer.varints(1, symbols.references(labels))
      for row in rows.samples[number] {
        writer.message(2) { writer in
          writer.double(1, batch.values[row])
          writer.varint(2, batch.timestamps[row])
          writer.varint(3, batch.startTimes.isEmpty ? 0 : batch.startTimes[row])
        }
      }
      for row in rows.histograms[number] {
        let row = batch.histograms[row]
        writer.message(3) { $0.histogram(row.histogram, time: row.time, startTime: row.startTime) }
      }
      for row in rows.exemplars[number] {
        let exemplar = batch.exemplars[row].exemplar
        let references = symbols.references(exemplar.labels)
        writer.message(4) { writer in
          writer.varints(1, references)
          writer.double(2, exemplar.value)
          writer.varint(3, exemplar.time.milliseconds)
        }
      }
      if let metadata = rows.metadata(of: labels) {
        let help = symbols.reference(metadata.help.utf8)
        let unit = symbols.reference(metadata.unit.utf8)
        writer.message(5) { writer in
          writer.varint(1, metadata.type.wire)
          writer.varint(3, help)
          writer.varint(4, unit)
        }
      }
      series.append(writer)
    }
    for symbol in symbols.texts { message.text(4, symbol) }
    for writer in series { message.text(5, writer.bytes) }
  }
}

/// The rows of a batch by series.
struct BatchRows {
  private(set) var samples: [[Int]]
  private(set) var histograms: [[Int]]
  private(set) var exemplars: [[Int]]
  private let families: MetadataTable

  init(_ batch: SampleBatch) {
    let none = [[Int]](repeating: [], count: batch.labels.count)
    (samples, histograms, exemplars) = (none, none, none)
    for (row, series) in batch.series.enumerated() { samples[Int(series)].append(row) }
    for (row, histogram) in batch.histograms.enumerated() {
      histograms[Int(histogram.series)].append(row)
    }
    for (row, exemplar) in batch.exemplars.enumerated() {
      exemplars[Int(exemplar.series)].append(row)
    }
    families = MetadataTable(batch.metadata)
  }

  /// What is known of a series: its family's metadata, but the type and the unit of its own labels
  /// where it has any, as Prometheus sends them with the feature `type-and-unit-labels`.
  func metadata(of labels: Labels) -> MetricMetadata? {
    let known = families[of: labels.metricName]
    let (type, unit) = (labels[Labels.metricType], labels[Labels.metricUnit])
    if type == nil && unit == nil { return known }
    return MetricMetadata(
      family: known?.family ?? labels.metricName,
      type: type.flatMap(MetricType.init(rawValue:)) ?? .unknown, unit: unit ?? "",
      help: known?.help ?? "")
  }
}

/// Texts by number, the empty one first.
struct SymbolTable {
  private(set) var texts: [[UInt8]] = [[]]
  private var numbers: [[UInt8]: UInt64] = [[]: 0]

  mutating func reference(_ text: some Sequence<UInt8>) -> UInt64 {
    let text = Array(text)
    if let number = numbers[text] { return number }
    numbers[text] = UInt64(texts.count)
    texts.append(text)
    return UInt64(texts.count - 1)
  }

  mutating func references(_ labels: Labels) -> [UInt64] {
    var references: [UInt64] = []
    labels.forEach { name, value in
      references.append(reference(name))
      references.append(reference(value))
    }
    return references
  }
}

extension ProtobufWriter {
  /// Labels as a repeated message of name and value.
  mutating func labels(_ field: UInt64, _ labels: Labels) {
    labels.forEach { name, value in
      message(field) { writer in
        writer.text(1, name)
        writer.text(2, value)
      }
    }
  }
}
