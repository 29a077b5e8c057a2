/// PromQL's four types.
package enum ValueType: String, Hashable, Sendable {
  case scalar
  case string
  case vector
  case matrix

  /// The spelling in error texts: "instant vector", "range vector".
  package var spelledOut: String {
    switch self {
    case .scalar: "scalar"
    case .string: "string"
    case .vector: "instant vector"
    case .matrix: "range vector"
    }
  }
}
