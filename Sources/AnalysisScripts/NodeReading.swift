internal import Manifest
internal import MetricModel

/// What test files spell and manifests don't.
extension ManifestNode {
  /// A number, also as text: `NaN`, `+Inf`, `0.5`. JSON has no other way to spell the first two.
  var asNumber: Double? {
    switch content {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .text(let text): NumberText.parse(text)
    default: nil
    }
  }

  var asInteger: Int64? {
    guard case .integer(let value) = content else { return nil }
    return value
  }

  var asBool: Bool? {
    guard case .bool(let value) = content else { return nil }
    return value
  }

  /// The texts of a list; nil for anything else.
  var asTexts: [String]? {
    guard let items = asList else { return nil }
    let texts = items.compactMap(\.asText)
    return texts.count == items.count ? texts : nil
  }

  var asNumbers: [Double]? {
    guard let items = asList else { return nil }
    let numbers = items.compactMap(\.asNumber)
    return numbers.count == items.count ? numbers : nil
  }

  /// The fields of an object in the order of the text; none for anything else.
  var entries: [ManifestEntry] {
    guard case .map(let entries) = content else { return [] }
    return entries
  }

  var isNull: Bool { content == .null }
}

/// Collects what differs between what was found and what was expected.
struct Differences {
  private(set) var problems: [String] = []

  mutating func compare<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
    if found != expected { problems.append("\(name): found \(found), expected \(expected)") }
  }

  mutating func add(_ problem: String) { problems.append(problem) }
}
