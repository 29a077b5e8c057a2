import MetricModel

/// A word or sign of a query, with its place.
struct Token: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    /// Names and keywords alike; which of the two a word is depends on where it stands.
    case word(String)
    case number(Double)
    case duration(Milliseconds)
    case string(StringLiteral)
    /// An operator written as signs: `+`, `>=`.
    case sign(BinaryOperation.Operator)
    /// `=`, `!=`, `=~`, `!~` within braces.
    case matching(LabelMatcher.Operation)
    case leftParenthesis
    case rightParenthesis
    case leftBrace
    case rightBrace
    case leftBracket
    case rightBracket
    case comma
    case colon
    case at
    /// `=` outside braces, which nothing accepts.
    case assign
    case end
    /// Text that is no token; carries the reason. Nothing follows it.
    case invalid(String)
  }

  var kind: Kind
  var range: SourceRange
}

/// Words with a meaning of their own. All are recognised in any case.
enum Keyword: String, CaseIterable {
  case by, without, on, ignoring, offset, bool
  case groupLeft = "group_left"
  case groupRight = "group_right"

  init?(_ word: String) {
    self.init(rawValue: word.lowercased())
  }

  /// Whether a metric may bear this name without quotes.
  var mayNameMetric: Bool {
    switch self {
    case .by, .without, .offset: true
    case .on, .ignoring, .bool, .groupLeft, .groupRight: false
    }
  }
}

extension Token {
  /// The keyword this is, if any.
  var keyword: Keyword? {
    guard case .word(let word) = kind else { return nil }
    return Keyword(word)
  }

  /// The operator this is where an operator may stand: a sign, or `and`, `or`, `unless`, `atan2`.
  var binaryOperator: BinaryOperation.Operator? {
    switch kind {
    case .sign(let operation): operation
    case .word(let word): Self.wordOperators[word.lowercased()]
    default: nil
    }
  }

  /// The aggregation this names, if any.
  var aggregation: Aggregation.Operation? {
    guard case .word(let word) = kind else { return nil }
    return Aggregation.Operation(rawValue: word.lowercased())
  }

  private static let wordOperators: [String: BinaryOperation.Operator] = [
    "and": .and, "or": .or, "unless": .unless, "atan2": .atan2, "default": .defaulting,
  ]

  /// The token in error texts, in Prometheus' words: `identifier "foo"`, `<op:+>`, `")"`.
  func described(in text: [UInt8]) -> String {
    let spelled = String(decoding: text[range.start..<range.end], as: UTF8.self)
    switch kind {
    case .word:
      if keyword != nil { return "<\(spelled)>" }
      if aggregation != nil { return "<aggr:\(spelled)>" }
      if binaryOperator != nil { return "<op:\(spelled)>" }
      let isMetric = spelled.utf8.contains(UInt8(ascii: ":"))
      return (isMetric ? "metric identifier " : "identifier ") + GoText.quoted(spelled)
    case .number: return "number \(Self.shortened(spelled))"
    case .duration: return "duration \(Self.shortened(spelled))"
    case .string: return "string \(Self.shortened(spelled))"
    case .sign, .matching: return "<op:\(spelled)>"
    case .end: return "end of input"
    default: return GoText.quoted(spelled)
    }
  }

  /// Long literals are cut, since the position says where to look.
  private static func shortened(_ spelled: String) -> String {
    guard spelled.unicodeScalars.count > 10 else { return GoText.quoted(spelled) }
    return GoText.quoted(String(String.UnicodeScalarView(spelled.unicodeScalars.prefix(10))))
      + "..."
  }
}
