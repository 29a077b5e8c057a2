import Exposition
import MetricModel

/// Stored series as a stream of chunks.
struct ChunkParts: BodyParts {
  private var walk: SeriesWalk

  init(_ walk: SeriesWalk) {
    self.walk = walk
  }

  mutating func next() throws(APIError) -> [UInt8]? {
    var part: [UInt8] = []
    _ = try walk.advance { query, series in
      part += ReadAnswer.frames(series, query: query)
      return part.count < AnswerParts.bytesMin
    }
    return part.isEmpty ? nil : part
  }
}

/// Stored series as one message with all their samples.
///
/// The message begins with its size, so that the series are read twice: to know it, and to send.
struct SampleParts: BodyParts {
  private var walk: SeriesWalk
  /// For each query the bytes of its series.
  private let sizes: [Int]
  /// The query whose series are being written; -1 before the first.
  private var query = -1
  private var isFinished = false

  /// What Prometheus allows.
  private static let samplesMax = 50_000_000

  /// - Parameter count: how many queries there are.
  /// - Throws: `.badData` for more samples than are allowed.
  init(_ walk: SeriesWalk, of count: Int) throws(APIError) {
    var sizes = [Int](repeating: 0, count: count)
    var samples = 0
    var rehearsal = walk
    _ = try rehearsal.advance { (query, series) throws(APIError) in
      samples += series.samples.count + series.samples.histograms.count
      sizes[query] += ReadAnswer.sizeBytes(of: series)
      guard samples <= Self.samplesMax else {
        throw Self.refusal("sample limit (\(Self.samplesMax))")
      }
      return true
    }
    let bytes = ReadAnswer.messageBytes(resultSizes: sizes)
    // Snappy has 32 bits for it.
    guard bytes <= Int(UInt32.max) else { throw Self.refusal("the 4 GiB of a message") }
    self.walk = walk
    self.sizes = sizes
  }

  private static func refusal(_ limit: String) -> APIError {
    APIError(.badData, "exceeded \(limit): ask for less time or fewer series")
  }

  mutating func next() throws(APIError) -> [UInt8]? {
    if isFinished { return nil }
    let start = query < 0 ? ReadAnswer.opening(resultSizes: sizes) : []
    var (part, query) = ([UInt8](), query)
    func open(through last: Int) {
      while query < last {
        query += 1
        part += ReadAnswer.resultOpening(sizeBytes: sizes[query])
      }
    }
    isFinished = try walk.advance { number, series in
      open(through: number)
      part += ReadAnswer.field(series)
      return part.count < AnswerParts.bytesMin
    }
    if isFinished { open(through: sizes.count - 1) }
    self.query = query
    return start + ReadAnswer.compressedPart(part)
  }
}
