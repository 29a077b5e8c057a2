internal import MetricModel

/// Answers matchers from a label index.
struct MatcherResolver {
  let index: LabelIndex

  /// The ordinals of the series that all matchers accept, ascending; all series for no matchers.
  func resolve(_ matchers: [LabelMatcher]) throws(Damage) -> [UInt32] {
    // Exact values first: they are the cheapest to look up and leave the least to the others.
    let required = matchers.filter { !$0.matchesEmpty }
      .sorted { cost($0) < cost($1) }
    let optional = matchers.filter(\.matchesEmpty)
    var found: [UInt32]?
    for matcher in required {
      let set = try union(of: matcher) { matcher.matches($0) }
      let rest = found.map { Postings.intersection($0, set) } ?? set
      if rest.isEmpty { return [] }
      found = rest
    }
    var result = found ?? Array(0..<UInt32(index.seriesCount))
    for matcher in optional {
      // Series without the label are accepted, so only refused values need to be looked at.
      let refused = try union(of: nil, name: matcher.name) { !matcher.matches($0) }
      if !refused.isEmpty { result = Postings.difference(result, refused) }
    }
    return result
  }

  private func cost(_ matcher: LabelMatcher) -> Int {
    switch matcher.operation {
    case .equal: 0
    case .matchesRegex: matcher.literalValues == nil ? 2 : 1
    case .notEqual, .notMatchesRegex: 3
    }
  }

  /// The series with an accepted value of the matcher's label.
  private func union(
    of matcher: LabelMatcher, _ accepts: ([UInt8]) -> Bool
  ) throws(Damage) -> [UInt32] {
    guard let literals = matcher.literalValues else {
      return try union(of: nil, name: matcher.name, accepts)
    }
    return try union(of: literals, name: matcher.name, accepts)
  }

  /// The series with one of the values given, or with any accepted one.
  private func union(
    of values: [String]?, name: String, _ accepts: ([UInt8]) -> Bool
  ) throws(Damage) -> [UInt32] {
    guard let entry = try index.find(name: name.utf8) else { return [] }
    var sets: [[UInt32]] = []
    if let values {
      for value in values {
        guard let found = try index.find(value: value.utf8, of: entry) else { continue }
        sets.append(try index.postings(of: found))
      }
    } else {
      for number in 0..<entry.valueCount {
        let value = try index.value(number, of: entry)
        guard accepts(try index.symbols.text(value.symbol)) else { continue }
        sets.append(try index.postings(of: value))
      }
    }
    return Postings.union(sets)
  }
}
