/// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`; `$1x` is the group named `1x`; `$$` is a dollar
/// sign.
package struct RegexTemplate: Equatable, Sendable {
  private enum Part: Equatable, Sendable {
    case text([UInt8])
    case group(String)
  }

  private var parts: [Part] = []

  /// Any text is a template: a malformed reference stands for itself.
  package init(_ template: String) {
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

  /// The template with what the groups of a match of `pattern` took from `text`; "" for a group
  /// that took no part, or isn't there.
  package func expanded(
    with groups: [Range<Int>?], of text: [UInt8], by pattern: RegexMatcher
  ) -> String {
    var result: [UInt8] = []
    append(groups, of: text, named: pattern.groupIndex(named:), to: &result)
    return String(decoding: result, as: UTF8.self)
  }

  func append(
    _ groups: [Range<Int>?], of text: [UInt8], named: (String) -> Int?, to result: inout [UInt8]
  ) {
    for part in parts {
      switch part {
      case .text(let literal): result.append(contentsOf: literal)
      case .group(let name):
        let number = Self.number(name) ?? named(name)
        if let number, number < groups.count, let range = groups[number] {
          result.append(contentsOf: text[range])
        }
      }
    }
  }

  /// A group's number, when the name is one.
  private static func number(_ name: String) -> Int? {
    name.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(name) : nil
  }
}
