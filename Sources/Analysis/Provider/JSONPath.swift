internal import Glibc
package import Manifest

/// A path into JSON in the dialect of Kubernetes (k8s.io/client-go/util/jsonpath), as
/// `provider.web` has it: `{$.data.items[0].score}`.
///
///     let path = try JSONPath("{$.results[?(@.name=='p99')].value}")
///     path.first(in: value)
///
/// Fields (`.a`, `['a']`), elements (`[0]`, `[-1]`, `[0,2]`, `[1:3]`, `[*]`), descent (`..a`) and
/// filters (`[?(@.a > 1)]`). Loops (`{range}`) and text around the braces are refused: a
/// measurement has one result.
package struct JSONPath: Equatable, Sendable {
  package static let whole = JSONPath(steps: [])

  /// Why a text is no path.
  package struct Fault: Error, Equatable, Sendable {
    package var message: String
  }

  indirect enum Step: Equatable, Sendable {
    case field(String)
    case index(Int)
    case slice(from: Int?, to: Int?, by: Int)
    case all
    /// All values at any depth, the value itself first.
    case descend
    case union([Step])
    case filter(Filter)
  }

  /// `@.path operator value`, or `@.path` alone, which asks whether it is there.
  struct Filter: Equatable, Sendable {
    var path: [Step]
    var comparison: (Comparison)?
  }

  struct Comparison: Equatable, Sendable {
    var sign: String
    var value: JSONValue
  }

  let steps: [Step]

  private init(steps: [Step]) {
    self.steps = steps
  }

  package init(_ text: String) throws(Fault) {
    var reader = JSONPathReader(text)
    steps = try reader.path()
  }

  /// The first value at the path; nil where there is none.
  package func first(in value: JSONValue) -> JSONValue? {
    Self.values(at: steps[...], in: value).first
  }

  private static func values(at steps: ArraySlice<Step>, in value: JSONValue) -> [JSONValue] {
    guard let step = steps.first else { return [value] }
    return Self.values(of: step, in: value).flatMap { values(at: steps.dropFirst(), in: $0) }
  }

  private static func values(of step: Step, in value: JSONValue) -> [JSONValue] {
    switch step {
    case .field(let name): return value[name].map { [$0] } ?? []
    case .index(let index):
      guard case .array(let elements) = value else { return [] }
      let place = index < 0 ? index + elements.count : index
      return elements.indices.contains(place) ? [elements[place]] : []
    case .slice(let from, let to, let stride):
      guard case .array(let elements) = value else { return [] }
      func place(_ bound: Int) -> Int {
        min(max(bound < 0 ? bound + elements.count : bound, 0), elements.count)
      }
      let (lower, upper) = (place(from ?? 0), place(to ?? elements.count))
      guard lower < upper else { return [] }
      return Swift.stride(from: lower, to: upper, by: stride).map { elements[$0] }
    case .all: return children(of: value)
    case .descend: return descendants(of: value, depth: 0)
    case .union(let parts): return parts.flatMap { values(of: $0, in: value) }
    case .filter(let filter):
      return children(of: value).filter { holds(filter, for: $0) }
    }
  }

  /// The elements of an array, or an object's values by name.
  private static func children(of value: JSONValue) -> [JSONValue] {
    switch value {
    case .array(let elements): elements
    case .object(let fields): fields.sorted { $0.key < $1.key }.map(\.value)
    default: []
    }
  }

  private static func descendants(of value: JSONValue, depth: Int) -> [JSONValue] {
    guard depth < JSONValue.depthMax else { return [] }
    return [value] + children(of: value).flatMap { descendants(of: $0, depth: depth + 1) }
  }

  private static func holds(_ filter: Filter, for value: JSONValue) -> Bool {
    let found = values(at: filter.path[...], in: value)
    guard let comparison = filter.comparison else { return !found.isEmpty }
    guard let left = found.first else { return false }
    let right = comparison.value
    if let first = left.asNumber, let second = right.asNumber {
      return compares(first, comparison.sign, second)
    }
    if case .string(let first) = left, case .string(let second) = right {
      return compares(first, comparison.sign, second)
    }
    switch comparison.sign {
    case "==": return left == right
    case "!=": return left != right
    default: return false
    }
  }

  private static func compares<Value: Comparable>(
    _ left: Value, _ sign: String, _ right: Value
  ) -> Bool {
    switch sign {
    case "==": left == right
    case "!=": left != right
    case "<": left < right
    case "<=": left <= right
    case ">": left > right
    default: left >= right
    }
  }
}
