import PromQL
import QueryScripts

/// Well-typed queries that nobody would write: those of our scripts with parts exchanged.
struct RecombinedQueries {
  /// All expressions of the scripts, by type.
  private var parts: [ValueType: [QueryExpression]] = [:]
  private var whole: [QueryExpression] = []
  private var generator: SeededGenerator

  init(_ scripts: [Script], seed: UInt64) {
    generator = SeededGenerator(state: seed)
    for script in scripts {
      for case .evaluate(let evaluation) in script.statements.map(\.command) {
        guard let expression = try? Parser.parse(evaluation.query) else { continue }
        whole.append(expression)
        collect(expression)
      }
    }
  }

  /// The text of the next query.
  mutating func next() -> String {
    var query = whole.randomElement(using: &generator) ?? .number(1.0, SourceRange(0, 0))
    for _ in 0...Int.random(in: 0..<3, using: &generator) {
      query = exchanged(query)
    }
    return Printer.text(of: query)
  }

  private mutating func collect(_ expression: QueryExpression) {
    if let type = try? TypeCheck.type(of: expression, in: "") {
      parts[type, default: []].append(expression)
    }
    for child in expression.children { collect(child) }
  }

  /// One random descendant replaced by another expression of its type.
  private mutating func exchanged(_ expression: QueryExpression) -> QueryExpression {
    let children = expression.children
    guard !children.isEmpty, Int.random(in: 0..<3, using: &generator) > 0 else {
      guard let type = try? TypeCheck.type(of: expression, in: ""),
        let other = parts[type]?.randomElement(using: &generator)
      else { return expression }
      if case .binary = other { return .parenthesised(other, SourceRange(0, 0)) }
      return other
    }
    let chosen = Int.random(in: 0..<children.count, using: &generator)
    let replacement = exchanged(children[chosen])
    var index = -1
    return expression.mappingChildren { child in
      index += 1
      return index == chosen ? replacement : child
    }
  }
}

/// SplitMix64: small, and the same everywhere, so that a failing query can be made again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
