/// A regular expression in RE2's syntax, anchored at both ends, `.` matching newlines too, as label
/// matchers and `label_replace` use it.
///
/// Literals and alternations of literals, the bulk of what people write, need no engine. Matching
/// is linear in the text, so patterns from the network are safe.
package final class RegexMatcher: Sendable {
  /// The pattern as written.
  package let source: String
  /// The only texts that match, when the pattern is a literal or an alternation of literals.
  package let literals: [String]?
  /// Bytes with which every text begins that matches; empty when none are certain.
  package let literalPrefix: [UInt8]
  private let compiled: CompiledPattern

  /// - Throws: `RegexError` with RE2's reason.
  package init(_ source: String) throws(RegexError) {
    self.source = source
    compiled = try CompiledPattern(Self.translated(source))
    literals = Self.literalAlternatives(source)
    literalPrefix = Self.prefix(of: source)
  }

  /// Whether the whole text matches.
  package func matches(_ text: some Collection<UInt8>) -> Bool {
    if let literals { return literals.contains { text.elementsEqual($0.utf8) } }
    return compiled.matchesWhole(text)
  }

  /// Whether any part of the text matches; the only unanchored use is `expect regex` in scripts.
  package func matchesPart(of text: String) -> Bool {
    compiled.matchesPart(Array(text.utf8))
  }

  /// Byte ranges of the whole match and of each group (nil for one that took no part), or nil
  /// when the text as a whole doesn't match.
  package func captures(in text: [UInt8]) -> [Range<Int>?]? {
    compiled.captures(in: text)
  }

  /// The text with each match anywhere in it replaced by `template`, in which `$1` and `${name}`
  /// stand for groups and `$$` for a dollar, as Go's `ReplaceAllString` has it.
  package func replacingAll(in text: String, with template: String) -> String {
    let bytes = Array(text.utf8)
    let pieces = RegexTemplate(template)
    var result: [UInt8] = []
    var (copied, start) = (0, 0)
    while start <= bytes.count, let groups = compiled.captures(in: bytes, from: start),
      let match = groups[0]
    {
      result.append(contentsOf: bytes[copied..<match.lowerBound])
      // An empty match right behind the last one is none.
      if !match.isEmpty || match.lowerBound > copied || match.lowerBound == 0 {
        pieces.append(groups, of: bytes, named: groupIndex(named:), to: &result)
      }
      copied = match.upperBound
      start = match.isEmpty ? Self.nextCharacter(after: start, in: bytes) : match.upperBound
    }
    result.append(contentsOf: bytes[min(copied, bytes.count)...])
    return String(decoding: result, as: UTF8.self)
  }

  private static func nextCharacter(after start: Int, in bytes: [UInt8]) -> Int {
    var next = start + 1
    while next < bytes.count, bytes[next] & 0xc0 == 0x80 { next += 1 }
    return next
  }

  /// The number of a named group, nil when there is none.
  package func groupIndex(named name: String) -> Int? {
    compiled.groupIndex(named: name)
  }

  /// The alternatives of a pattern such as `5xx|404`, nil when it holds any operator of the syntax
  /// besides `|`.
  private static func literalAlternatives(_ source: String) -> [String]? {
    let special: Set<UInt8> = Set(#"\.+*?()[]{}^$"#.utf8)
    guard !source.utf8.contains(where: special.contains) else { return nil }
    return source.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
  }

  /// The literal start of a pattern without alternatives, such as `pod-12` of `pod-12.*`.
  private static func prefix(of source: String) -> [UInt8] {
    guard !source.utf8.contains(UInt8(ascii: "|")) else { return [] }
    var prefix: [Unicode.Scalar] = []
    for scalar in source.unicodeScalars {
      if #"*?{"#.unicodeScalars.contains(scalar) {
        // What comes before one of these may be absent.
        if !prefix.isEmpty { prefix.removeLast() }
        break
      }
      if #"\.+()[]^$"#.unicodeScalars.contains(scalar) { break }
      prefix.append(scalar)
    }
    return prefix.flatMap { Array(String($0).utf8) }
  }

  /// Go accepts `(?<name>...)`, this RE2 only `(?P<name>...)`.
  private static func translated(_ source: String) -> String {
    var result: [UInt8] = []
    let bytes = Array(source.utf8)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
        result.append(contentsOf: bytes[index...(index + 1)])
        index += 2
      } else if bytes[index...].starts(with: "(?<".utf8), index + 3 < bytes.count,
        bytes[index + 3] != UInt8(ascii: "="), bytes[index + 3] != UInt8(ascii: "!")
      {
        result.append(contentsOf: "(?P<".utf8)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// A pattern that RE2 refuses.
package struct RegexError: Error, Equatable, CustomStringConvertible {
  package var pattern: String
  package var reason: String

  package init(pattern: String, reason: String) {
    self.pattern = pattern
    self.reason = reason
  }

  package var description: String {
    "error parsing regexp \(GoText.quoted(pattern)): \(reason)"
  }
}
