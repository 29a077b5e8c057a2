import Exposition
import MetricModel
import Rules

/// The newest samples of series as text: a line each, below the name of their metric.
struct FederationParts: BodyParts {
  struct Row: Sendable {
    var labels: Labels
    /// Milliseconds since the epoch.
    var time: Int64
    var value: Double
  }

  private let rows: [Row]
  /// Those that series have outside, where they lack them.
  private let externalLabels: [LabelPair]
  private var position = 0
  private var family = ""

  /// As many make less than about a MiB, which is sent as a whole.
  private static let fewRowsMax = 10_000

  /// - Parameter rows: in any order, each series once.
  init(_ rows: [Row], externalLabels: [LabelPair]) {
    self.rows = rows.sorted {
      ($0.labels.metricName, $0.labels) < ($1.labels.metricName, $1.labels)
    }
    // An instance in any case, so that the scraper doesn't put its own there.
    self.externalLabels = externalLabels + [LabelPair(name: "instance", value: "")]
  }

  var isSmall: Bool { rows.count <= Self.fewRowsMax }

  mutating func next() -> [UInt8]? {
    guard position < rows.count else { return nil }
    var text: [UInt8] = []
    while position < rows.count, text.count < AnswerParts.bytesMin {
      let row = rows[position]
      let name = row.labels.metricName
      if name != family {
        text += "# TYPE \(name) untyped\n".utf8
        family = name
      }
      text += "\(outside(row.labels)) \(NumberText.general(row.value)) \(row.time)\n".utf8
      position += 1
    }
    return text
  }

  /// A series as federation spells it.
  private func outside(_ labels: Labels) -> String {
    var pairs = labels.pairs.filter { $0.name != Labels.metricName }
    for external in externalLabels where !pairs.contains(where: { $0.name == external.name }) {
      pairs.append((external.name, external.value))
    }
    let inner = pairs.map { pair in
      "\(LabelName.isLegacy(pair.name) ? pair.name : GoText.quoted(pair.name))="
        + Self.quoted(pair.value)
    }
    let name = labels.metricName
    guard LabelName.isLegacyMetricName(name) else {
      return "{\(([Self.quoted(name)] + inner).joined(separator: ","))}"
    }
    return "\(name){\(inner.joined(separator: ","))}"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
