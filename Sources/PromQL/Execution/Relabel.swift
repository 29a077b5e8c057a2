internal import MetricModel

/// `label_replace` and `label_join`: a label made of other labels.
struct LabelRule: Equatable {
  enum Content: Equatable {
    /// Where the pattern matches the source label as a whole, its groups filled into a template.
    case replaced(RegexMatcher, source: String, RegexTemplate)
    case joined(separator: String, [String])

    static func == (left: Content, right: Content) -> Bool {
      switch (left, right) {
      case (.replaced(let a, let from, let template), .replaced(let b, let other, let second)):
        a.source == b.source && from == other && template == second
      case (.joined(let a, let names), .joined(let b, let others)): a == b && names == others
      case (.replaced, .joined), (.joined, .replaced): false
      }
    }
  }

  var destination: String
  var content: Content

  func apply(to head: inout SeriesHead) {
    switch content {
    case .replaced(let pattern, let source, let template):
      let value = Array(head.labels.valueBytes(of: source) ?? [])
      guard let groups = pattern.captures(in: value) else { return }
      set(template.expanded(with: groups, of: value, by: pattern), on: &head)
    case .joined(let separator, let sources):
      set(sources.map { head.labels[$0] ?? "" }.joined(separator: separator), on: &head)
    }
  }

  private func set(_ value: String, on head: inout SeriesHead) {
    var builder = LabelsBuilder(head.labels)
    builder.set(destination, value)
    head.labels = builder.labels
    // A name set on purpose stays, whatever was to happen to the one before.
    if destination == Labels.metricName { head.dropsName = false }
  }
}

/// Changes the labels of each row.
struct Relabel: Operator {
  private var input: any Operator
  private let rule: LabelRule

  init(_ input: any Operator, _ rule: LabelRule) {
    self.input = input
    self.rule = rule
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    guard var block = try input.next(&context) else { return nil }
    block.changeHeads { rule.apply(to: &$0) }
    return block
  }
}
