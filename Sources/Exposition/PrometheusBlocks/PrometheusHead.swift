package import MetricModel

/// What a Prometheus server had in memory, out of the files that it keeps beside its blocks.
///
///     let head = try PrometheusHead(checkpoint: a, log: b, chunks: c, lateLog: d)
///     for index in 0..<head.seriesCount { store(head.series(at: index, since: start)) }
///
/// Log and checkpoint hold every sample of the head; `chunks_head` holds the same once more where a
/// chunk was full, and late samples that have left the log of late samples. A copy of a running
/// server's folder may end within a record.
package struct PrometheusHead {
  private let sorted: [(labels: Labels, numbers: [UInt64])]
  private let contents: [UInt64: LogRecordReader.Content]
  private let late: [UInt64: LogRecordReader.Content]
  /// Exemplars with the labels of their series, in the order of the log.
  package let exemplars: [(series: Labels, exemplar: Exemplar)]
  /// What the log tells of metric families.
  package let metadata: [MetricMetadata]

  private static let chunksMagic: UInt32 = 0x0130_bc91

  /// - Parameters:
  ///   - checkpoint: the segments of the newest folder `wal/checkpoint.N`, in order.
  ///   - log: the segments `wal/N`, in order.
  ///   - chunks: the files `chunks_head/N`, in order.
  ///   - lateLog: the segments `wbl/N`, in order.
  package init(
    checkpoint: [[UInt8]], log: [[UInt8]], chunks: [[UInt8]], lateLog: [[UInt8]]
  ) throws(BlockError) {
    var reader = LogRecordReader()
    try Self.read(checkpoint, "wal/checkpoint", mayEndTorn: false, into: &reader)
    try Self.read(log, "wal", mayEndTorn: true, into: &reader)
    var late = LogRecordReader()
    try Self.read(lateLog, "wbl", mayEndTorn: true, into: &late)
    for (number, bytes) in chunks.enumerated() {
      let file = "chunks_head, file \(number + 1) of \(chunks.count)"
      try Self.readChunks(BlockBytes(bytes, file: file), into: &reader, late: &late)
    }
    var numbers: [Labels: [UInt64]] = [:]
    for (number, content) in reader.series {
      // Samples of a series that the log doesn't name can't be told whose they are.
      if let labels = content.labels { numbers[labels, default: []].append(number) }
    }
    sorted = numbers.map { ($0.key, $0.value.sorted()) }.sorted { $0.0 < $1.0 }
    contents = reader.series
    self.late = late.series
    exemplars = reader.exemplars.compactMap { number, exemplar in
      reader.series[number]?.labels.map { ($0, exemplar) }
    }
    var seen: Set<MetricMetadata> = []
    metadata = reader.metadata.compactMap { number, metadata in
      guard let labels = reader.series[number]?.labels else { return nil }
      var metadata = metadata
      metadata.family = metadata.type.family(of: labels.metricName)
      return seen.insert(metadata).inserted ? metadata : nil
    }
  }

  package var seriesCount: Int { sorted.count }

  /// A series with its samples, without deleted ones; series are in the order of labels.
  ///
  /// - Parameter start: samples before it are in blocks already (`BlockMeta.headStart(of:)`) and
  ///   left out, late ones apart.
  package func series(at position: Int, since start: Timestamp? = nil) -> Series {
    let (labels, numbers) = sorted[position]
    let start = start?.milliseconds ?? .min
    var samples: [(time: Int64, start: Int64, value: SampleValue)] = []
    var deleted: [ClosedRange<Int64>] = []
    for number in numbers {
      if let content = contents[number] {
        samples +=
          start == .min ? content.samples : content.samples.filter { $0.time >= start }
        deleted += content.deleted
      }
      samples += late[number]?.samples ?? []
    }
    // What stands first in the log came first; equal times are the same sample again.
    let order = samples.indices.sorted { left, right in
      (samples[left].time, left) < (samples[right].time, right)
    }
    var columns = SampleColumns()
    for index in order {
      let sample = samples[index]
      if columns.latest == sample.time || deleted.contains(where: { $0.contains(sample.time) }) {
        continue
      }
      let time = Timestamp(milliseconds: sample.time)
      switch sample.value {
      case .number(let number): columns.append(time, number, startTime: sample.start)
      case .histogram(let histogram):
        columns.histograms.append(time, histogram, startTime: sample.start)
      }
    }
    return Series(labels: labels, samples: columns)
  }

  private static func read(
    _ segments: [[UInt8]], _ folder: String, mayEndTorn: Bool, into reader: inout LogRecordReader
  ) throws(BlockError) {
    var records = LogRecords(segments, folder: folder, mayEndTorn: mayEndTorn)
    var number = 0
    while let record = try records.next() {
      number += 1
      try reader.read(record, file: "record \(number) of \(folder)")
    }
  }

  /// A file of `chunks_head`: chunks with their series number, times and encoding; it may be longer
  /// than what was written into it.
  private static func readChunks(
    _ whole: BlockBytes, into reader: inout LogRecordReader, late: inout LogRecordReader
  ) throws(BlockError) {
    var file = whole
    // A file that has just been opened is empty.
    guard file.remaining > 0, try file.bigEndian32("the magic number") != 0 else { return }
    file = whole
    guard try file.bigEndian32("the magic number") == chunksMagic else {
      throw file.corrupt("it does not start as a file of head chunks does")
    }
    let version = try file.byte("the format version")
    guard version == 1 else {
      throw BlockError.unsupportedVersion(file: file.file, found: Int(version), accepted: 1)
    }
    _ = try file.part(3, of: "the header")
    while file.remaining >= headerSize {
      let start = file.position
      let number = try file.bigEndian64("a series number")
      let earliest = try file.bigEndian64("the start of a chunk")
      let latest = try file.bigEndian64("the end of a chunk")
      let encoding = try file.byte("the encoding of a chunk")
      let length = try file.unsignedVarint("the length of a chunk")
      if number == 0 && earliest == 0 && latest == 0 && encoding == 0 && length == 0 { return }
      let content = try file.part(length, of: "a chunk")
      let covered = whole.bytes[start..<file.position]
      guard CRC32C.checksum(of: covered) == (try file.bigEndian32("the checksum of a chunk")) else {
        throw content.corrupt("the checksum of a chunk does not match")
      }
      guard let known = ChunkEncoding(rawValue: encoding & 0x7f) else {
        throw BlockError.unsupportedEncoding(series: "number \(number)", encoding: encoding)
      }
      var columns = SampleColumns()
      try known.decode(content, of: "series number \(number)", onto: &columns)
      // The highest bit marks late samples.
      if encoding & 0x80 != 0 {
        late.add(columns, to: number)
      } else {
        reader.add(columns, to: number)
      }
    }
  }

  /// Series number, start, end, encoding, length of one byte and checksum.
  private static let headerSize = 8 + 8 + 8 + 1 + 1 + 4
}
