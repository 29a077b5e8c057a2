package import MetricModel

/// A matrix as the JSON of an answer, in parts: what is sent isn't held a second time as text.
///
///     var parts = AnswerParts(series, annotations: [])
///     while let part = parts.next() { send(part) }
package struct AnswerParts: Equatable, Sendable {
  private let series: [Series]
  private let annotations: [Annotation]
  private var position = Position.start
  private var openings = PointOpenings()

  private enum Position: Equatable {
    case start
    case series(Int)
    case end
  }

  /// A part grows to this unless one series alone is larger.
  private static let bytesMin = 1 << 18

  package init(_ series: [Series], annotations: [Annotation]) {
    self.series = series
    self.annotations = annotations
  }

  /// The next part; nil after the last. All together are the bytes of `QueryResultJSON.answer`.
  package mutating func next() -> [UInt8]? {
    switch position {
    case .start:
      position = .series(0)
      return Array(#"{"status":"success","data":{"resultType":"matrix","result":["#.utf8)
    case .series(let first):
      var part: [UInt8] = []
      var index = first
      while index < series.count, part.count < Self.bytesMin {
        if index > 0 { part.append(UInt8(ascii: ",")) }
        var json = JSONWriter(openings: openings)
        QueryResultJSON.write(series[index], to: &json)
        openings = json.openings
        part += json.bytes
        index += 1
      }
      position = .series(index)
      if index < series.count { return part }
      position = .end
      return part + QueryResultJSON.end(annotations)
    case .end: return nil
    }
  }
}
