package import MetricModel

/// A request of remote read: selections to be answered with whole series.
///
///     let request = try ReadRequest(message: RemoteWrite.decompressed(body))
///     for query in request.queries { source.select(query.matchers, in: query.range) }
///
/// Field numbers are those of `prometheus/prompb/{remote,types}.proto`.
package struct ReadRequest: Sendable {
  package struct Query: Sendable {
    /// Both ends belong to it.
    package var start: Timestamp
    package var end: Timestamp
    package var matchers: [LabelMatcher]

    package init(start: Timestamp, end: Timestamp, matchers: [LabelMatcher]) {
      self.start = start
      self.end = end
      self.matchers = matchers
    }

    /// The same span of time in the way of windows, open at its start.
    package var range: TimeRange {
      TimeRange(
        after: Timestamp(milliseconds: max(start.milliseconds, .min + 1) - 1), through: end)
    }
  }

  /// The kinds of answers.
  package enum Answer: UInt64, Sendable {
    /// One compressed message with every sample.
    case samples = 0
    /// A stream of messages with chunks.
    case chunks = 1

    /// The content type of the answer.
    package var contentType: String {
      switch self {
      case .samples: "application/x-protobuf"
      case .chunks: "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
      }
    }
  }

  package var queries: [Query]
  /// What the sender takes, the better first.
  package var accepted: [Answer]

  package init(queries: [Query], accepted: [Answer] = [.chunks, .samples]) {
    self.queries = queries
    self.accepted = accepted
  }

  /// The kind to answer with.
  package var answer: Answer { accepted.first ?? .samples }

  /// Reads the decompressed message.
  package init(message: [UInt8]) throws(WireError) {
    queries = []
    accepted = []
    var numbers: [UInt64] = []
    var reader = ProtobufReader(0..<message.count, of: .readRequest)
    while let (field, payload) = try reader.next(message.span) {
      if field == 1, case .bytes(let range) = payload {
        queries.append(try Self.query(reader.part(range), message))
      }
      if field == 2 { try reader.varints(payload, message.span, onto: &numbers) }
    }
    accepted = numbers.compactMap(Answer.init(rawValue:))
    // An empty list means samples; one that knows only what comes later can't be served.
    if accepted.isEmpty && !numbers.isEmpty {
      throw reader.malformed("no kind of answer that this server knows is accepted")
    }
  }

  private static func query(
    _ reader: ProtobufReader, _ message: [UInt8]
  ) throws(WireError) -> Query {
    var reader = reader
    var query = Query(
      start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 0), matchers: [])
    while let (field, payload) = try reader.next(message.span) {
      switch (field, payload) {
      case (1, .varint(let number)):
        query.start = Timestamp(milliseconds: Int64(bitPattern: number))
      case (2, .varint(let number)):
        query.end = Timestamp(milliseconds: Int64(bitPattern: number))
      case (3, .bytes(let range)):
        query.matchers.append(try matcher(reader.part(range), message))
      default: continue
      }
    }
    return query
  }

  /// In the order of their numbers.
  private static let operations: [LabelMatcher.Operation] = [
    .equal, .notEqual, .matchesRegex, .notMatchesRegex,
  ]

  private static func matcher(
    _ reader: ProtobufReader, _ message: [UInt8]
  ) throws(WireError) -> LabelMatcher {
    var reader = reader
    var (operation, name, value) = (LabelMatcher.Operation.equal, "", "")
    while let (field, payload) = try reader.next(message.span) {
      switch (field, payload) {
      case (1, .varint(let number)):
        guard number < UInt64(operations.count) else {
          throw reader.malformed("a matcher has the unknown type \(number)")
        }
        operation = operations[Int(number)]
      case (2, .bytes(let range)): name = try reader.text(range, message)
      case (3, .bytes(let range)): value = try reader.text(range, message)
      default: continue
      }
    }
    do {
      return try LabelMatcher(name, operation, value)
    } catch {
      throw reader.malformed("a matcher of label \(GoText.quoted(name)): \(error)")
    }
  }

  /// The compressed request, to ask another server.
  package var body: [UInt8] {
    var message = ProtobufWriter()
    for query in queries {
      message.message(1) { writer in
        writer.varint(1, query.start.milliseconds)
        writer.varint(2, query.end.milliseconds)
        for matcher in query.matchers {
          writer.message(3) { writer in
            writer.varint(1, UInt64(Self.operations.firstIndex(of: matcher.operation) ?? 0))
            writer.text(2, matcher.name)
            writer.text(3, matcher.value)
          }
        }
      }
    }
    message.varints(2, accepted.map(\.rawValue))
    return Snappy.compress(message.bytes)
  }
}
