internal import MetricModel

/// Answers matchers from a label index.
///
/// Values are looked up in the sorted dictionary where a matcher names them (equality, alternations
/// of literals), looked through from a pattern's literal start on where it has one, and else tried
/// one by one. What names few series comes first; once nothing is left nothing more is done.
struct MatcherResolver {
  let index: LabelIndex

  /// The ordinals of the series that all matchers accept, ascending; all series for no matchers.
  func resolve(_ matchers: [LabelMatcher]) throws(Damage) -> [UInt32] {
    var exact: [LabelIndex.Value] = []
    var patterns: [LabelMatcher] = []
    for matcher in matchers where !matcher.matchesEmpty {
      guard matcher.operation == .equal else {
        patterns.append(matcher)
        continue
      }
      guard let name = try index.find(name: matcher.name.utf8),
        let value = try index.find(value: matcher.value.utf8, of: name)
      else { return [] }
      exact.append(value)
    }
    var found: [UInt32]?
    for value in exact.sorted(by: { $0.seriesCount < $1.seriesCount }) {
      // A value that every series has takes nothing away.
      if value.seriesCount == index.seriesCount { continue }
      let set = try index.postings(of: value)
      found = found.map { Postings.intersection($0, set) } ?? set
      if found?.isEmpty == true { return [] }
    }
    for matcher in patterns.sorted(by: { cost($0) < cost($1) }) {
      let set = try accepted(by: matcher)
      found = found.map { Postings.intersection($0, set) } ?? set
      if found?.isEmpty == true { return [] }
    }
    var result = found ?? Array(0..<UInt32(index.seriesCount))
    for matcher in matchers where matcher.matchesEmpty && !result.isEmpty {
      // Series without the label are accepted, so only refused values need to be looked at.
      let refused = try refused(by: matcher)
      if !refused.isEmpty { result = Postings.difference(result, refused) }
    }
    return result
  }

  private func cost(_ matcher: LabelMatcher) -> Int {
    if matcher.literalValues != nil { return 0 }
    if matcher.operation == .matchesRegex { return matcher.patternPrefix.isEmpty ? 2 : 1 }
    return 3
  }

  /// The series with an accepted value of the matcher's label.
  private func accepted(by matcher: LabelMatcher) throws(Damage) -> [UInt32] {
    if let literals = matcher.literalValues {
      return try union(of: literals, name: matcher.name)
    }
    let prefix = matcher.operation == .matchesRegex ? matcher.patternPrefix : []
    return try union(name: matcher.name, from: prefix) { matcher.matches($0) }
  }

  /// The series with a refused value of the matcher's label.
  private func refused(by matcher: LabelMatcher) throws(Damage) -> [UInt32] {
    if let literals = matcher.refusedLiteralValues {
      return try union(of: literals, name: matcher.name)
    }
    let prefix = matcher.operation == .notMatchesRegex ? matcher.patternPrefix : []
    return try union(name: matcher.name, from: prefix) { !matcher.matches($0) }
  }

  /// The series with one of the values given.
  private func union(of values: [String], name: String) throws(Damage) -> [UInt32] {
    guard let entry = try index.find(name: name.utf8) else { return [] }
    var sets: [[UInt32]] = []
    for value in values {
      guard let found = try index.find(value: value.utf8, of: entry) else { continue }
      sets.append(try index.postings(of: found))
    }
    return Postings.union(sets)
  }

  /// The series with a wanted value that begins with `prefix`.
  private func union(
    name: String, from prefix: [UInt8], _ isWanted: ([UInt8]) -> Bool
  ) throws(Damage) -> [UInt32] {
    guard let entry = try index.find(name: name.utf8) else { return [] }
    var sets: [[UInt32]] = []
    for number in try index.firstValue(of: entry, from: prefix)..<entry.valueCount {
      let value = try index.value(number, of: entry)
      let text = try index.symbols.text(value.symbol)
      guard text.starts(with: prefix) else { break }
      if isWanted(text) { sets.append(try index.postings(of: value)) }
    }
    return Postings.union(sets)
  }
}
