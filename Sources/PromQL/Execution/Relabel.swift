internal import MetricModel

/// `label_replace` and `label_join`: a label made of other labels.
struct LabelRule {
  enum Content {
    /// Where the pattern matches the source label as a whole, its groups filled into a template.
    case replaced(RegexMatcher, source: String, LabelTemplate)
    case joined(separator: String, [String])
  }

  var destination: String
  var content: Content

  func apply(to head: inout SeriesHead) {
    switch content {
    case .replaced(let pattern, let source, let template):
      let value = Array(head.labels.valueBytes(of: source) ?? [])
      guard let groups = pattern.captures(in: value) else { return }
      set(template.expanded(value, groups, pattern), on: &head)
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

/// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`; `$1x` is the group named `1x`; `$$` is a dollar
/// sign.
struct LabelTemplate {
  private enum Part {
    case text([UInt8])
    case group(String)
  }

  private var parts: [Part] = []

  init(_ template: String) {
    let bytes = Array(template.utf8)
    let dollar = UInt8(ascii: "$")
    var text: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index] == dollar else {
        text.append(bytes[index])
        index += 1
        continue
      }
      if index + 1 < bytes.count, bytes[index + 1] == dollar {
        text.append(dollar)
        index += 2
      } else if let (name, end) = Self.name(in: bytes, after: index) {
        parts.append(.text(text))
        parts.append(.group(name))
        text = []
        index = end
      } else {
        // A malformed reference stands for itself.
        text.append(dollar)
        index += 1
      }
    }
    parts.append(.text(text))
  }

  /// The group named after the dollar sign at `index`, and where the reference ends.
  private static func name(in bytes: [UInt8], after index: Int) -> (String, Int)? {
    let isBraced = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "{")
    let start = index + (isBraced ? 2 : 1)
    let name = bytes[min(start, bytes.count)...].prefix { byte in
      byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
        || (0x61...0x7a).contains(byte | 0x20) || byte >= 0x80
    }
    guard !name.isEmpty else { return nil }
    let text = String(decoding: name, as: UTF8.self)
    guard isBraced else { return (text, name.endIndex) }
    guard name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: "}") else { return nil }
    return (text, name.endIndex + 1)
  }

  func expanded(_ value: [UInt8], _ groups: [Range<Int>?], _ pattern: RegexMatcher) -> String {
    var result: [UInt8] = []
    for part in parts {
      switch part {
      case .text(let text): result.append(contentsOf: text)
      case .group(let name):
        let number = Self.number(name) ?? pattern.groupIndex(named: name)
        if let number, number < groups.count, let range = groups[number] {
          result.append(contentsOf: value[range])
        }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// A group's number, when the name is one.
  private static func number(_ name: String) -> Int? {
    name.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(name) : nil
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
