package import MetricModel

/// What an evaluation must answer.
package struct ExpectedAnswer: Sendable {
  package enum Value: Sendable {
    /// Series lines; none for an empty answer. Instant evaluations have one value a series.
    case series([NotatedSeries])
    case scalar(Double)
    case string(String)
    /// `expect range vector`: an instant query, evaluated at the end of `grid`, answers samples at
    /// its steps.
    case rangeVector(StepGrid, [NotatedSeries])
  }

  /// What is expected of warnings, or of infos.
  package enum Remarks: Sendable {
    case unchecked
    case none
    /// At least one, and with patterns: each matched by a remark, and each remark by a pattern.
    case some([TextPattern])
  }

  package var value: Value
  /// Set when the query must fail; with the error texts that are right.
  package var failure: TextPattern?
  package var warnings: Remarks
  package var infos: Remarks
  /// Whether the order of an instant answer matters.
  package var isOrdered: Bool

  package init(
    value: Value = .series([]), failure: TextPattern? = nil, warnings: Remarks = .unchecked,
    infos: Remarks = .unchecked, isOrdered: Bool = false
  ) {
    self.value = value
    self.failure = failure
    self.warnings = warnings
    self.infos = infos
    self.isOrdered = isOrdered
  }
}

/// Which texts will do: any, one, or those in which a regular expression finds something.
package enum TextPattern: Sendable, CustomStringConvertible {
  case anything
  case exactly(String)
  case containing(RegexMatcher)

  package func accepts(_ text: String) -> Bool {
    switch self {
    case .anything: true
    case .exactly(let wanted): wanted.utf8.elementsEqual(text.utf8)
    case .containing(let pattern): pattern.matchesPart(of: text)
    }
  }

  package var description: String {
    switch self {
    case .anything: "anything"
    case .exactly(let text): GoText.quoted(text)
    case .containing(let pattern): "a match of \(GoText.quoted(pattern.source))"
    }
  }
}
