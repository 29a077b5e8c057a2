import Exposition
import MetricModel
import Rules

/// A body that is made while it is sent: the next part when the client has taken the one before.
///
/// A part that can't be made ends the connection, since the status is sent already.
protocol BodyParts: Sendable {
  /// The next part, which may be empty; nil after the last.
  mutating func next() throws(APIError) -> [UInt8]?
}

extension AnswerParts: BodyParts {}

/// Stored series as a stream of chunks: they are read one after the other, when it is their turn.
struct ChunkParts: BodyParts {
  /// What each query of a request asks for.
  private let selections: [(series: any SeriesSelection, range: TimeRange)]
  private let isAbandoned: @Sendable () -> Bool
  private var query = 0
  private var index = 0
  private var samples = SampleColumns()

  private static let bytesMin = 1 << 18

  init(
    _ selections: [(series: any SeriesSelection, range: TimeRange)],
    isAbandoned: @escaping @Sendable () -> Bool
  ) {
    self.selections = selections
    self.isAbandoned = isAbandoned
  }

  mutating func next() throws(APIError) -> [UInt8]? {
    var part: [UInt8] = []
    while query < selections.count, part.count < Self.bytesMin {
      if isAbandoned() { throw APIError(.canceled, "the client has gone") }
      let (series, range) = selections[query]
      guard index < series.labels.count else {
        query += 1
        index = 0
        continue
      }
      do {
        try series.read(index, in: range, into: &samples)
      } catch {
        throw APIError(.internal, error.description)
      }
      if !samples.isEmpty {
        let row = Series(labels: series.labels[index], samples: samples)
        part += ReadAnswer.frames(row, query: query)
      }
      index += 1
    }
    return part.isEmpty && query == selections.count ? nil : part
  }
}

/// The compressed form of other parts.
struct CompressedParts: BodyParts {
  private var plain: any BodyParts
  private let stream: CompressionStream
  private var isFinished = false

  /// Nil where the library has no memory for it.
  init?(_ plain: any BodyParts, _ encoding: ContentEncoding) {
    guard let stream = CompressionStream(encoding) else { return nil }
    self.plain = plain
    self.stream = stream
  }

  mutating func next() throws(APIError) -> [UInt8]? {
    if isFinished { return nil }
    let part = try plain.next()
    isFinished = part == nil
    guard let compressed = stream.compressed(part ?? [], isLast: isFinished) else {
      throw APIError(.internal, "the answer can't be compressed")
    }
    return compressed
  }
}
