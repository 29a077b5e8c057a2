/// A condition on one label: `job="api"`, `path!~"/admin.*"`.
///
/// A label that a series lacks counts as empty.
package struct LabelMatcher: Hashable, Sendable, CustomStringConvertible {
  package enum Operation: String, Hashable, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case matchesRegex = "=~"
    case notMatchesRegex = "!~"
  }

  package let name: String
  package let operation: Operation
  /// The text to equal, or the pattern, anchored at both ends.
  package let value: String
  private let pattern: RegexMatcher?

  /// Compiles the pattern of a regex operation; throws when RE2 refuses it.
  package init(
    _ name: String, _ operation: Operation, _ value: String
  ) throws(RegexError) {
    self.name = name
    self.operation = operation
    self.value = value
    switch operation {
    case .equal, .notEqual: pattern = nil
    case .matchesRegex, .notMatchesRegex: pattern = try RegexMatcher(value)
    }
  }

  /// `name="value"`, which can't fail.
  package init(_ name: String, equals value: String) {
    self.name = name
    operation = .equal
    self.value = value
    pattern = nil
  }

  /// Whether the matcher accepts a label value; "" stands for an absent label.
  package func matches(_ text: some Collection<UInt8>) -> Bool {
    switch operation {
    case .equal: text.elementsEqual(value.utf8)
    case .notEqual: !text.elementsEqual(value.utf8)
    case .matchesRegex: pattern?.matches(text) ?? false
    case .notMatchesRegex: !(pattern?.matches(text) ?? true)
    }
  }

  /// Whether the matcher accepts the label of a series.
  package func matches(_ labels: Labels) -> Bool {
    matches(labels.valueBytes(of: name) ?? [])
  }

  /// Whether a series without the label is accepted.
  package var matchesEmpty: Bool { matches([]) }

  /// The only values that can match, when the matcher says so without a scan: an equality or an
  /// alternation of literals.
  package var literalValues: [String]? {
    switch operation {
    case .equal: [value]
    case .matchesRegex: pattern?.literals
    case .notEqual, .notMatchesRegex: nil
    }
  }

  /// The only values that are refused, when the matcher says so without a scan.
  package var refusedLiteralValues: [String]? {
    switch operation {
    case .notEqual: [value]
    case .notMatchesRegex: pattern?.literals
    case .equal, .matchesRegex: nil
    }
  }

  /// Bytes with which every value begins that the pattern matches, accepted or refused; empty
  /// where nothing is certain and for plain comparisons.
  package var patternPrefix: [UInt8] { pattern?.literalPrefix ?? [] }

  package static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
    left.operation == right.operation && left.name.utf8.elementsEqual(right.name.utf8)
      && left.value.utf8.elementsEqual(right.value.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(operation)
    for text in [name, value] { hasher.combine(text) }
  }

  package var description: String {
    let spelled = LabelName.isLegacy(name) ? name : GoText.quoted(name)
    return "\(spelled)\(operation.rawValue)\(GoText.quoted(value))"
  }
}
