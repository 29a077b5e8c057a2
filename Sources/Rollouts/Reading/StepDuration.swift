internal import Analysis
internal import Manifest
internal import MetricModel

/// The spelling of a pause's length: whole seconds, or Go's units as in `1h30m` and `1.5m`.
///
/// Prometheus' `d`, `w` and `y` are not among them: Argo's controller refuses such a manifest.
enum StepDuration {
  static func parse(_ text: String) -> Milliseconds? {
    if let seconds = Int64(text) {
      guard (0...9_000_000_000).contains(seconds) else { return nil }
      return .seconds(seconds)
    }
    guard let length = GoDuration(parsing: text), length.nanoseconds >= 0 else { return nil }
    return length.milliseconds
  }
}

/// A `fieldPath` such as `metadata.labels['env']`.
enum FieldPath {
  /// The text, number or boolean at the end of `path`, as text.
  static func value(of path: String, in document: ManifestNode) -> String? {
    var node: ManifestNode? = document
    for segment in segments(of: path) { node = node?[segment] }
    switch node?.content {
    case .text(let text): return text
    case .integer(let value): return String(value)
    case .bool(let value): return String(value)
    default: return nil
    }
  }

  private static func segments(of path: String) -> [String] {
    var result: [String] = []
    var current = ""
    var isQuoted = false
    for character in path {
      switch character {
      case "'", "\"": isQuoted.toggle()
      case ".", "[", "]":
        if isQuoted {
          current.append(character)
        } else if !current.isEmpty {
          result.append(current)
          current = ""
        }
      default: current.append(character)
      }
    }
    return current.isEmpty ? result : result + [current]
  }
}
