package import MetricModel

/// Answers of remote read, written and read.
///
///     let start = ReadAnswer.opening(resultSizes: sizes)  // of a message, then its parts, such as
///     let part = ReadAnswer.compressedPart(ReadAnswer.field(series))
///     let frames = ReadAnswer.frames(series, query: 0)    // one series for a stream of chunks
///
/// Staleness markers travel, native histograms too; start times don't.
package enum ReadAnswer {
  /// Frames of chunks end before they exceed it, if one chunk allows.
  private static let frameBytesMax = 1 << 20

  /// What `field` makes of a series, in bytes, found without making it.
  package static func sizeBytes(of series: Series) -> Int {
    field(sizeBytes: ProtobufWriter.timeSeriesBytes(series))
  }

  /// How many bytes the message has, before it is compressed.
  ///
  /// - Parameter resultSizes: for each query the bytes of all its series.
  package static func messageBytes(resultSizes: [Int]) -> Int {
    resultSizes.reduce(0) { $0 + field(sizeBytes: $1) }
  }

  /// What stands before all compressed parts: Snappy's size of the whole.
  package static func opening(resultSizes: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendVarint(UInt64(messageBytes(resultSizes: resultSizes)))
    return bytes
  }

  /// What stands before the series of a query, of the size given; not yet compressed.
  package static func resultOpening(sizeBytes: Int) -> [UInt8] {
    var message = ProtobufWriter()
    message.opening(1, UInt64(sizeBytes))
    return message.bytes
  }

  /// A series in the result of its query; not yet compressed.
  package static func field(_ series: Series) -> [UInt8] {
    var message = ProtobufWriter()
    message.opening(1, UInt64(ProtobufWriter.timeSeriesBytes(series)))
    message.timeSeries(series)
    return message.bytes
  }

  /// Snappy's blocks only refer to themselves, so that parts follow one another once the size of
  /// the whole is said.
  package static func compressedPart(_ bytes: [UInt8]) -> [UInt8] {
    Array(Snappy.compress(bytes).dropFirst(UInt64(bytes.count).varintBytes))
  }

  /// The bytes of a message with its tag, which is small, and its length.
  private static func field(sizeBytes: Int) -> Int {
    1 + UInt64(sizeBytes).varintBytes + sizeBytes
  }

  /// A series as frames of a stream: length, checksum and a `ChunkedReadResponse` each.
  ///
  /// - Parameter query: the number of the query that it answers.
  package static func frames(_ series: Series, query: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunks = ProtobufWriter()
    func frame() {
      var message = ProtobufWriter()
      message.message(1) { writer in
        writer.labels(1, series.labels)
        writer.append(chunks)
      }
      message.varint(2, UInt64(query))
      bytes.appendVarint(UInt64(message.bytes.count))
      bytes.appendBigEndian(UInt64(CRC32C.checksum(of: message.bytes[...])), 4)
      bytes += message.bytes
      chunks = ProtobufWriter()
    }
    for chunk in WrittenChunk.chunks(of: series.samples) {
      if !chunks.bytes.isEmpty, chunks.bytes.count + chunk.bytes.count > frameBytesMax { frame() }
      chunks.message(2) { writer in
        writer.varint(1, chunk.earliest)
        writer.varint(2, chunk.latest)
        writer.varint(3, UInt64(chunk.encoding.rawValue))
        writer.text(4, chunk.bytes)
      }
    }
    if !chunks.bytes.isEmpty { frame() }
    return bytes
  }

  /// Reads a decompressed `ReadResponse`: for each query its series.
  package static func parse(message: [UInt8]) throws(WireError) -> [[Series]] {
    var results: [[Series]] = []
    var reader = ProtobufReader(0..<message.count, of: .readResponse)
    while let (field, payload) = try reader.next(message.span) {
      guard field == 1, case .bytes(let range) = payload else { continue }
      var result = reader.part(range)
      var series: [Series] = []
      while let (field, payload) = try result.next(message.span) {
        guard field == 1, case .bytes(let range) = payload else { continue }
        series.append(try timeSeries(result.part(range), message))
      }
      results.append(series)
    }
    return results
  }

  private static func timeSeries(
    _ reader: ProtobufReader, _ message: [UInt8]
  ) throws(WireError) -> Series {
    var batch = SampleBatch()
    let labels = try LabelFields(message, reader.position..<reader.end).labels(isNamed: false)
    let index = batch.addSeries(labels)
    var reader = reader
    while let (field, payload) = try reader.next(message.span) {
      guard case .bytes(let part) = payload else { continue }
      if field == 2 { try batch.appendSample(reader.part(part), message.span, series: index) }
      if field == 4 { try batch.appendHistogram(reader.part(part), message.span, series: index) }
    }
    var columns = SampleColumns()
    for (time, value) in zip(batch.timestamps, batch.values) {
      columns.append(Timestamp(milliseconds: time), value)
    }
    for row in batch.histograms { columns.histograms.append(row.time, row.histogram) }
    guard columns.timestamps.isAscending, columns.histograms.timestamps.isAscending else {
      throw .invalidSeries(series: labels.description, reason: "its samples are out of order")
    }
    return Series(labels: labels, samples: columns)
  }

  /// Reads a stream of frames: for each query its series.
  ///
  /// - Parameter queryCount: how many were asked.
  package static func parse(frames: [UInt8], queryCount: Int) throws(WireError) -> [[Series]] {
    var results = [[Series]](repeating: [], count: queryCount)
    var stream = ProtobufReader(0..<frames.count, of: .chunkedReadResponse)
    while !stream.isAtEnd {
      let range = try stream.delimited(frames.span, after: 4)
      let declared = frames[(range.lowerBound - 4)..<range.lowerBound].reduce(0) {
        $0 << 8 | UInt32($1)
      }
      guard CRC32C.checksum(of: frames[range]) == declared else {
        throw stream.malformed("the checksum of a frame does not match")
      }
      try frame(stream.part(range), frames, into: &results)
    }
    return results
  }

  private static func frame(
    _ reader: ProtobufReader, _ bytes: [UInt8], into results: inout [[Series]]
  ) throws(WireError) {
    var reader = reader
    var parts: [Range<Int>] = []
    var query: UInt64 = 0
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)): parts.append(range)
      case (2, .varint(let number)): query = number
      default: continue
      }
    }
    guard query < UInt64(results.count) else {
      throw reader.malformed("a frame answers query \(query), there are \(results.count)")
    }
    for part in parts { try chunkedSeries(reader.part(part), bytes, into: &results[Int(query)]) }
  }

  private static func chunkedSeries(
    _ reader: ProtobufReader, _ bytes: [UInt8], into series: inout [Series]
  ) throws(WireError) {
    var reader = reader
    let range = reader.position..<reader.end
    let labels = try LabelFields(bytes, range).labels(isNamed: false)
    // A series may go on in the next frame.
    if series.last?.labels != labels {
      series.append(Series(labels: labels, samples: SampleColumns()))
    }
    while let (field, payload) = try reader.next(bytes.span) {
      guard field == 2, case .bytes(let part) = payload else { continue }
      var chunk = reader.part(part)
      var (encoding, content): (UInt64, Range<Int>) = (0, 0..<0)
      while let (field, payload) = try chunk.next(bytes.span) {
        if field == 3, case .varint(let number) = payload { encoding = number }
        if field == 4, case .bytes(let range) = payload { content = range }
      }
      guard let known = UInt8(exactly: encoding).flatMap(ChunkEncoding.init(rawValue:)) else {
        throw reader.malformed("a chunk has the unknown encoding \(encoding)")
      }
      let place = BlockBytes(Array(bytes[content]), file: "a chunk")
      do {
        try known.decode(
          place, of: labels.description, onto: &series[series.count - 1].samples)
      } catch {
        throw .invalidSeries(series: labels.description, reason: "\(error)")
      }
    }
  }
}

extension [Int64] {
  /// Whether each number is larger than the one before.
  fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}

extension ProtobufWriter {
  /// A `TimeSeries` of remote write 1.0 and remote read.
  fileprivate mutating func timeSeries(_ series: Series) {
    labels(1, series.labels)
    for (time, value) in zip(series.samples.timestamps, series.samples.values) {
      opening(2, Self.sampleBytes(time))
      double(1, value)
      varint(2, time)
    }
    let histograms = series.samples.histograms
    for (time, value) in zip(histograms.timestamps, histograms.values) {
      message(4) {
        $0.histogram(value, time: Timestamp(milliseconds: time), startTime: nil)
      }
    }
  }

  /// What `timeSeries` writes, in bytes. Histograms are written to know.
  fileprivate static func timeSeriesBytes(_ series: Series) -> Int {
    var others = ProtobufWriter()
    others.timeSeries(
      Series(labels: series.labels, samples: SampleColumns(histograms: series.samples.histograms)))
    return series.samples.timestamps.reduce(others.bytes.count) {
      $0 + 2 + Int(sampleBytes($1))
    }
  }

  /// A `Sample`: the value with its tag, and the time where it isn't zero. Less than 128, so that
  /// its own length takes a byte.
  private static func sampleBytes(_ time: Int64) -> UInt64 {
    9 + (time == 0 ? 0 : 1 + UInt64(UInt64(bitPattern: time).varintBytes))
  }
}

extension UInt64 {
  /// Bytes of the number as a varint, seven bits each.
  fileprivate var varintBytes: Int { (70 - (self | 1).leadingZeroBitCount) / 7 }
}
