import MetricModel

/// A program's own metrics in Prometheus' text format 0.0.4, family by family.
///
///     var text = MetricsText()
///     text.gauge("up", 1, "Whether it runs.")
///     text.family("requests_total", "counter", "Requests answered.")
///     text.sample("requests_total", 7, [("code", "200")])
package struct MetricsText: Sendable {
  /// Names and values, in the order they are written.
  package typealias Labels = [(String, String)]

  /// What an answer with this text calls its type.
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// `type` is `counter`, `gauge`, `histogram` or `summary`; its samples follow.
  package mutating func family(_ name: String, _ type: String, _ help: String) {
    bytes += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(type)\n".utf8
  }

  package mutating func sample(_ name: String, _ value: Double, _ labels: Labels = []) {
    sample(name, value, rendered: Self.rendered(labels))
  }

  /// A sample whose labels were rendered before, to be a key in a count.
  package mutating func sample(_ name: String, _ value: Double, rendered labels: String) {
    let braces = labels.isEmpty ? "" : "{\(labels)}"
    bytes += "\(name)\(braces) \(NumberText.general(value))\n".utf8
  }

  package mutating func gauge(_ name: String, _ value: Double, _ help: String) {
    gauges(name, help, [([], value)])
  }

  package mutating func gauges(_ name: String, _ help: String, _ samples: [(Labels, Double)]) {
    family(name, "gauge", help)
    for (labels, value) in samples { sample(name, value, labels) }
  }

  package mutating func counter(_ name: String, _ value: Double, _ help: String) {
    family(name, "counter", help)
    sample(name, value)
  }

  /// `a="1",b="x"`, as between the braces.
  package static func rendered(_ labels: Labels) -> String {
    labels.map { name, value in "\(name)=\"\(escaped(value, quotes: true))\"" }
      .joined(separator: ",")
  }

  /// The format knows three escapes; a quote has one in values of labels only.
  private static func escaped(_ text: String, quotes: Bool = false) -> String {
    guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
