package import MetricModel

extension RemoteWrite {
  /// The request that carries a batch: one `TimeSeries` for each series named in it, with its rows
  /// in their order.
  package static func encode(_ batch: SampleBatch) -> [UInt8] {
    var rows = [[Int]](repeating: [], count: batch.labels.count)
    for (row, series) in batch.series.enumerated() { rows[Int(series)].append(row) }
    var message: [UInt8] = []
    for (series, labels) in batch.labels.enumerated() {
      var body: [UInt8] = []
      labels.forEach { name, value in
        var label: [UInt8] = []
        appendBytes(Field.labelName, name, to: &label)
        appendBytes(Field.labelValue, value, to: &label)
        appendBytes(Field.labels, label, to: &body)
      }
      for row in rows[series] {
        var sample: [UInt8] = []
        appendVarint(Field.sampleValue << 3 | 1, to: &sample)
        let bits = batch.values[row].bitPattern
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
          sample.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        appendVarint(Field.sampleTimestamp << 3, to: &sample)
        appendVarint(UInt64(bitPattern: batch.timestamps[row]), to: &sample)
        appendBytes(Field.samples, sample, to: &body)
      }
      appendBytes(Field.timeSeries, body, to: &message)
    }
    return Snappy.compress(message)
  }

  private static func appendBytes(
    _ field: UInt64, _ content: some Collection<UInt8>, to message: inout [UInt8]
  ) {
    appendVarint(field << 3 | 2, to: &message)
    appendVarint(UInt64(content.count), to: &message)
    message.append(contentsOf: content)
  }

  private static func appendVarint(_ value: UInt64, to message: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      message.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    message.append(UInt8(truncatingIfNeeded: rest))
  }
}
