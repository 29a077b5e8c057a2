internal import MetricModel

/// What expressions of a template are: the part of Go's types that templates of alerts meet.
package indirect enum TemplateValue: Equatable, Sendable {
  /// Go's nil, and what a field without value is.
  case missing
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case list([TemplateValue])
  /// A Go map; `otherwise` is what keys that it lacks are: "" in maps of strings.
  case map([String: TemplateValue], otherwise: TemplateValue)
  /// A Go struct: asking for a field that it lacks is an error.
  case fields(type: String, [String: TemplateValue])
  /// Nanoseconds since the epoch, UTC.
  case time(Int64)
  /// Nanoseconds.
  case duration(Int64)

  /// A map of labels, in which absent ones are "".
  static func labels(_ labels: Labels) -> TemplateValue {
    .labels(labels.pairs.map { ($0.name, $0.value) })
  }

  static func labels(_ pairs: [(String, String)]) -> TemplateValue {
    let fields = Dictionary(pairs.map { ($0.0, TemplateValue.text($0.1)) }) { _, last in last }
    return .map(fields, otherwise: .text(""))
  }

  /// Go's name of the type, for messages.
  var typeName: String {
    switch self {
    case .missing: "nil"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float64"
    case .text: "string"
    case .list: "template.queryResult"
    case .map(_, .text): "map[string]string"
    case .map: "map[string]interface {}"
    case .fields(let type, _): type
    case .time: "*time.Time"
    case .duration: "*time.Duration"
    }
  }

  /// What `if` asks: whether the value is not its type's zero.
  var isTrue: Bool {
    switch self {
    case .missing: false
    case .bool(let truth): truth
    case .integer(let number): number != 0
    case .number(let number): number != 0
    case .text(let text): !text.isEmpty
    case .list(let elements): !elements.isEmpty
    case .map(let fields, _): !fields.isEmpty
    case .fields, .time, .duration: true
    }
  }

  /// As Go's `%v` prints it.
  var printed: String {
    switch self {
    case .missing: "<no value>"
    case .bool(let truth): String(truth)
    case .integer(let number): String(number)
    case .number(let number): NumberText.general(number)
    case .text(let text): text
    case .list(let elements): "[" + elements.map(\.printed).joined(separator: " ") + "]"
    case .map(let fields, _):
      "map["
        + fields.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.printed)" }
        .joined(separator: " ") + "]"
    case .fields(_, let fields):
      "{" + fields.sorted { $0.key < $1.key }.map(\.value.printed).joined(separator: " ") + "}"
    case .time(let nanoseconds): GoTime(nanoseconds).text
    case .duration(let nanoseconds): GoTime.durationText(nanoseconds)
    }
  }
}
