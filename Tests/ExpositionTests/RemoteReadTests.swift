import MetricModel
import Testing

@testable import Exposition

@Suite struct RemoteReadTests {
  private var series: [Series] {
    var numbers = SampleColumns()
    var histograms = SampleColumns()
    for index in 0..<300 {
      let time = Timestamp(milliseconds: Int64(index) * 15_000)
      numbers.append(time, index == 200 ? StaleMarker.value : Double(index) * 0.1)
      let level = Double(index)
      histograms.histograms.append(
        time,
        NativeHistogram(
          count: level + 0.5, sum: level, positive: HistogramBuckets(from: 1, [level, 0.5]),
          hint: .gauge))
    }
    return [
      Series(labels: Labels([("__name__", "h")]), samples: histograms),
      Series(labels: Labels([("__name__", "n"), ("l", "é")]), samples: numbers),
    ]
  }

  /// A compressed message with all samples: for each query its series.
  private static func body(_ results: [[Series]]) -> [UInt8] {
    let sizes = results.map { $0.reduce(0) { $0 + ReadAnswer.sizeBytes(of: $1) } }
    let parts = zip(results, sizes).map { result, size in
      ReadAnswer.resultOpening(sizeBytes: size) + result.flatMap { ReadAnswer.field($0) }
    }
    return ReadAnswer.opening(resultSizes: sizes) + parts.flatMap(ReadAnswer.compressedPart)
  }

  @Test func `requests are read as written`() throws {
    let matchers = [
      LabelMatcher("a", equals: "b"), try LabelMatcher("c", .notEqual, ""),
      try LabelMatcher("d", .matchesRegex, "x.*"), try LabelMatcher("e", .notMatchesRegex, "y|z"),
    ]
    let query = ReadRequest.Query(
      start: Timestamp(milliseconds: -5), end: Timestamp(milliseconds: 7), matchers: matchers)
    let request = try ReadRequest(
      message: RemoteWrite.decompressed(ReadRequest(queries: [query]).body))
    #expect(request.queries.map(\.matchers) == [matchers])
    #expect(
      request.queries.first?.range
        == TimeRange(
          after: Timestamp(milliseconds: -6), through: Timestamp(milliseconds: 7)))
    #expect(request.answer == .chunks)
  }

  @Test func `a broken pattern is refused with its label`() throws {
    var message = ProtobufWriter()
    message.message(1) { query in
      query.message(3) { matcher in
        matcher.varint(1, UInt64(2))
        matcher.text(2, "path")
        matcher.text(3, "(")
      }
    }
    let error = #expect(throws: WireError.self) { try ReadRequest(message: message.bytes) }
    #expect(error?.description.contains(#"a matcher of label "path": "#) == true)
  }

  @Test func `samples come back as sent`() throws {
    let body = Self.body([series, []])
    #expect(try ReadAnswer.parse(message: RemoteWrite.decompressed(body)) == [series, []])
  }

  @Test func `chunks come back as sent, query by query`() throws {
    let frames = series.flatMap { ReadAnswer.frames($0, query: 1) }
    #expect(try ReadAnswer.parse(frames: frames, queryCount: 2) == [[], series])
  }

  @Test func `a damaged frame is told`() {
    var frames = ReadAnswer.frames(series[1], query: 0)
    frames[100] ^= 1
    let error = #expect(throws: WireError.self) {
      try ReadAnswer.parse(frames: frames, queryCount: 1)
    }
    #expect(error?.description.contains("the checksum of a frame does not match") == true)
  }

  @Test(arguments: 0..<10)
  func `damaged answers are an error or series`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let message = try RemoteWrite.decompressed(Self.body([series]))
    let request = try RemoteWrite.decompressed(ReadRequest(queries: []).body)
    for _ in 0..<30 {
      let results = try? ReadAnswer.parse(message: damaged(message, using: &generator))
      #expect((results?.count ?? 0) < 1000, "seed \(seed)")
      let read = try? ReadRequest(message: damaged(request, using: &generator))
      #expect((read?.queries.count ?? 0) < 1000, "seed \(seed)")
    }
  }
}
