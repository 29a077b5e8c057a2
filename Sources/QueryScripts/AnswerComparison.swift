import MetricModel

/// How an answer differs from what a script expects.
package struct Mismatch: Error, Equatable, Sendable {
  /// What is wrong, in a sentence.
  package var reason: String
  package var got: String?
  package var want: String?

  package init(_ reason: String, got: String? = nil, want: String? = nil) {
    self.reason = reason
    self.got = got
    self.want = want
  }
}

/// Compares answers with expectations.
enum AnswerComparison {
  /// Holds an answer to an expectation; `times` is when the query was evaluated.
  static func check(
    _ value: QueryValue, _ expectation: ExpectedAnswer, at times: ScriptEvaluation.Times
  ) throws(Mismatch) {
    switch (expectation.value, value) {
    case (.scalar(let want), .scalar(let got)):
      guard Closeness.areClose(want, got.value) else {
        throw Mismatch(
          "another number", got: NumberText.plain(got.value), want: NumberText.plain(want))
      }
    case (.string(let want), .string(let got, _)):
      guard want.utf8.elementsEqual(got.utf8) else {
        throw Mismatch("another string", got: GoText.quoted(got), want: GoText.quoted(want))
      }
    case (.series(let want), .vector(let got)):
      try check(got, want, isOrdered: expectation.isOrdered)
    case (.series(let want), .matrix(let got)):
      guard case .range(let grid) = times else {
        throw Mismatch("a range vector, where an instant vector was expected", got: text(value))
      }
      try check(got, want, on: grid)
    case (.rangeVector(let grid, let want), .matrix(let got)):
      try check(got, want, on: grid)
    default:
      throw Mismatch(
        "a result of another type", got: text(value), want: text(expectation.value))
    }
  }

  private static func check(
    _ got: [VectorSample], _ want: [NotatedSeries], isOrdered: Bool
  ) throws(Mismatch) {
    let both = (got: text(.vector(got)), want: text(.series(want)))
    func mismatch(_ reason: String) -> Mismatch { Mismatch(reason, got: both.got, want: both.want) }
    var positions: [Labels: Int] = [:]
    for (position, sample) in got.enumerated() {
      guard positions.updateValue(position, forKey: sample.labels) == nil else {
        throw mismatch("\(sample.labels) twice")
      }
    }
    for (index, series) in want.enumerated() {
      guard let position = positions.removeValue(forKey: series.labels) else {
        throw mismatch("\(series.labels) is missing")
      }
      guard let wanted = series.values.first, areClose(wanted, got[position].value) else {
        throw mismatch("\(series.labels) has another value")
      }
      if isOrdered && position != index {
        throw mismatch("\(series.labels) is at place \(position + 1), not \(index + 1)")
      }
    }
    if let surplus = positions.keys.min() { throw mismatch("\(surplus) was not expected") }
  }

  private static func check(
    _ got: [Series], _ want: [NotatedSeries], on grid: StepGrid
  ) throws(Mismatch) {
    let both = (got: text(.matrix(got)), want: text(.rangeVector(grid, want)))
    func mismatch(_ reason: String) -> Mismatch { Mismatch(reason, got: both.got, want: both.want) }
    for (first, second) in zip(got, got.dropFirst()) where !(first.labels < second.labels) {
      throw mismatch("\(second.labels) stands after \(first.labels), against the order of labels")
    }
    var unseen = Dictionary(uniqueKeysWithValues: got.map { ($0.labels, $0.samples) })
    for series in want {
      guard let samples = unseen.removeValue(forKey: series.labels) else {
        throw mismatch("\(series.labels) is missing")
      }
      var wanted: [(time: Int64, value: NotatedSeries.Value)] = []
      for (index, value) in series.values.enumerated() {
        if case .omitted = value { continue }
        wanted.append((grid[index].milliseconds, value))
      }
      let found = samples.byTime
      guard found.map(\.time) == wanted.map(\.time) else {
        throw mismatch("\(series.labels) has samples at other times")
      }
      guard zip(wanted, found).allSatisfy({ areClose($0.value, $1.value) }) else {
        throw mismatch("\(series.labels) has other values")
      }
    }
    if let surplus = unseen.keys.min() { throw mismatch("\(surplus) was not expected") }
  }

  private static func areClose(_ want: NotatedSeries.Value, _ got: SampleValue) -> Bool {
    switch (want, got) {
    case (.number(let want), .number(let got)): return Closeness.areClose(want, got)
    case (.histogram(let want, let isHintWritten), .histogram(let got)):
      return Closeness.areClose(want, got) && (!isHintWritten || want.hint == got.hint)
    default: return false
    }
  }

  /// An answer, one series a line.
  static func text(_ value: QueryValue) -> String {
    switch value {
    case .scalar(let point): NumberText.plain(point.value)
    case .string(let text, _): GoText.quoted(text)
    case .vector(let samples):
      lines(samples.map { "\($0.labels) \(text($0.value))" })
    case .matrix(let series):
      lines(
        series.map { series in
          let samples = series.samples.byTime.map { "\(text($0.value))@\(Milliseconds($0.time))" }
          return "\(series.labels) \(samples.joined(separator: " "))"
        })
    }
  }

  private static func text(_ value: SampleValue) -> String {
    switch value {
    case .number(let value): number(value)
    case .histogram(let histogram): histogram.expression
    }
  }

  private static func text(_ value: ExpectedAnswer.Value) -> String {
    switch value {
    case .scalar(let value): NumberText.plain(value)
    case .string(let text): GoText.quoted(text)
    case .series(let series), .rangeVector(_, let series):
      lines(
        series.map { series in
          "\(series.labels) \(series.values.map(text).joined(separator: " "))"
        })
    }
  }

  private static func text(_ value: NotatedSeries.Value) -> String {
    switch value {
    case .omitted: "_"
    case .number(let value): number(value)
    case .histogram(let histogram, _): histogram.expression
    }
  }

  private static func number(_ value: Double) -> String {
    value.isStaleMarker ? "stale" : NumberText.json(value)
  }

  private static func lines(_ lines: [String]) -> String {
    lines.isEmpty ? "(nothing)" : lines.joined(separator: "\n")
  }
}

extension SampleColumns {
  /// Samples of both kinds, oldest first.
  fileprivate var byTime: [(time: Int64, value: SampleValue)] {
    let numbers = zip(timestamps, values).map { (time: $0, value: SampleValue.number($1)) }
    let others = zip(histograms.timestamps, histograms.values).map {
      (time: $0, value: SampleValue.histogram($1))
    }
    return (numbers + others).sorted { $0.time < $1.time }
  }
}
