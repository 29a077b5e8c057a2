package import MetricModel

/// A long answer as JSON, in parts: what is sent isn't held a second time as text.
///
///     var parts = AnswerParts(.matrix(series), annotations: [])
///     while let part = parts.next() { send(part) }
package struct AnswerParts: Sendable {
  private enum Rows {
    case matrix([Series])
    case vector([VectorSample])
    case labels([Labels])
    case texts([String])

    var count: Int {
      switch self {
      case .matrix(let series): series.count
      case .vector(let samples): samples.count
      case .labels(let labels): labels.count
      case .texts(let texts): texts.count
      }
    }
  }

  private let rows: Rows
  /// What stands before and after the rows.
  private let opening: String
  private let closing: [UInt8]
  /// The next row; nil before the opening.
  private var position: Int?
  private var isFinished = false
  private var openings = PointOpenings()

  /// A part grows to this unless one row alone is larger.
  package static let bytesMin = 1 << 18

  /// What a query answered; nil where the answer is too small to be worth it, below about a MiB.
  package init?(
    _ value: QueryValue, annotations: [Annotation], statistics: QueryResultJSON.Statistics? = nil
  ) {
    switch value {
    case .matrix(let series) where Self.isLarge(series): rows = .matrix(series)
    case .vector(let samples) where samples.count > Self.rowsMin: rows = .vector(samples)
    default: return nil
    }
    let type = value.typeName
    opening = #"{"status":"success","data":{"resultType":"\#(type)","result":["#
    closing = QueryResultJSON.end(statistics, annotations)
  }

  /// A list of label sets; nil where it is small.
  package init?(_ labels: [Labels], annotations: [Annotation]) {
    self.init(list: .labels(labels), annotations)
  }

  /// A list of texts; nil where it is small.
  package init?(_ texts: [String], annotations: [Annotation]) {
    self.init(list: .texts(texts), annotations)
  }

  private init?(list: Rows, _ annotations: [Annotation]) {
    guard list.count > Self.rowsMin else { return nil }
    rows = list
    opening = #"{"status":"success","data":["#
    closing = Array("]".utf8) + QueryResultJSON.end(annotations)
  }

  private static let rowsMin = 10_000
  private static let pointsMin = 40_000

  private static func isLarge(_ series: [Series]) -> Bool {
    var points = 0
    for row in series {
      points += row.samples.count + row.samples.histograms.count
      if points > pointsMin { return true }
    }
    return false
  }

  /// The next part; nil after the last. All together are the bytes of `QueryResultJSON`.
  package mutating func next() -> [UInt8]? {
    if isFinished { return nil }
    guard let first = position else {
      position = 0
      return Array(opening.utf8)
    }
    var json = JSONWriter(openings: openings, isFirst: first == 0)
    json.reserveCapacity(Self.bytesMin + Self.bytesMin / 8)
    var row = first
    while row < rows.count, json.bytes.count < Self.bytesMin {
      write(row, to: &json)
      row += 1
    }
    openings = json.openings
    position = row
    if row < rows.count { return json.bytes }
    isFinished = true
    return json.bytes + closing
  }

  private func write(_ row: Int, to json: inout JSONWriter) {
    switch rows {
    case .matrix(let series): QueryResultJSON.write(series[row], to: &json)
    case .vector(let samples): QueryResultJSON.write(samples[row], to: &json)
    case .labels(let labels): QueryResultJSON.write(labels[row], to: &json)
    case .texts(let texts): json.string(texts[row])
    }
  }
}
