/// What a query answers, one case for each of PromQL's types.
package enum QueryValue: Equatable, Sendable {
  case scalar(ScalarPoint)
  case string(String, at: Timestamp)
  /// One sample for each series, all at the evaluation time but for `timestamp()` arguments.
  case vector([VectorSample])
  /// Range-vector answers of instant queries, and every answer of range queries; sorted by labels.
  case matrix([Series])

  /// PromQL's name of the type, as in `resultType`.
  package var typeName: String {
    switch self {
    case .scalar: "scalar"
    case .string: "string"
    case .vector: "vector"
    case .matrix: "matrix"
    }
  }
}

/// A number at a time.
package struct ScalarPoint: Equatable, Sendable {
  package var time: Timestamp
  package var value: Double

  package init(time: Timestamp, value: Double) {
    self.time = time
    self.value = value
  }

  /// Equality of bits, so that NaN equals itself.
  package static func == (left: ScalarPoint, right: ScalarPoint) -> Bool {
    left.time == right.time && left.value.bitPattern == right.value.bitPattern
  }
}

/// What a sample says: a number, or a whole distribution.
package enum SampleValue: Equatable, Sendable {
  case number(Double)
  case histogram(NativeHistogram)

  /// Nil for a histogram.
  package var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  /// Equality of bits, so that NaN equals itself.
  package static func == (left: SampleValue, right: SampleValue) -> Bool {
    switch (left, right) {
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
    case (.histogram(let a), .histogram(let b)): a == b
    default: false
    }
  }
}

/// One element of an instant vector.
package struct VectorSample: Equatable, Sendable {
  package var labels: Labels
  package var time: Timestamp
  package var value: SampleValue

  package init(labels: Labels, time: Timestamp, value: SampleValue) {
    self.labels = labels
    self.time = time
    self.value = value
  }

  package init(labels: Labels, time: Timestamp, value: Double) {
    self.init(labels: labels, time: time, value: .number(value))
  }
}

/// A remark on an answer that is not an error, as Prometheus' `warnings` and `infos`.
package struct Annotation: Hashable, Comparable, Sendable {
  package enum Severity: String, Hashable, Sendable {
    case warning
    case info
  }

  package var severity: Severity
  /// Prometheus' wording with its prefix and position, such as
  /// `PromQL info: metric might not be a counter, ... (1:6)`.
  package var text: String

  package init(_ severity: Severity, _ text: String) {
    self.severity = severity
    self.text = text
  }

  package static func < (left: Annotation, right: Annotation) -> Bool {
    (left.severity.rawValue, left.text) < (right.severity.rawValue, right.text)
  }
}
