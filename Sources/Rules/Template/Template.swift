package import MetricModel

/// A text with Go's `{{ }}` actions, as labels and annotations of alerts have it.
///
///     let template = try Template("{{ .Labels.job }} is down", name: "summary")
///     let text = try template.filled(with: data, functions: functions)
///
/// The language is `text/template`: pipelines, variables, `if`, `with`, `range`, `define` and
/// `template`, with Prometheus' functions. Filling in is bounded: an output or a loop that grows
/// past the limits below is an error.
package struct Template: Sendable {
  static let outputBytesMax = 1 << 20
  static let roundsMax = 100_000
  static let invocationsMax = 100

  let name: String
  let nodes: TemplateTrees

  /// - Throws: `TemplateError` in Go's words.
  package init(_ text: String, name: String) throws(TemplateError) {
    self.name = name
    var parser = try TemplateParser(name: name, text: text)
    let main = try parser.parse()
    nodes = TemplateTrees(main: main, definitions: parser.definitions)
  }

  /// - Throws: `TemplateError` where a function fails, or a field isn't there.
  package func filled(
    with data: TemplateValue, functions: TemplateFunctions
  ) throws(TemplateError) -> String {
    var execution = TemplateExecution(name: name, trees: nodes, functions: functions)
    return try execution.run(data)
  }
}

/// The trees of a template: its own, and those it defines for `{{template}}`.
struct TemplateTrees: Sendable {
  var main: [TemplateNode]
  var definitions: [String: [TemplateNode]]
}

/// Where the templates of an alert get what isn't in their data.
package struct TemplateFunctions: Sendable {
  /// Answers an instant query at the time of the evaluation.
  package var query: @Sendable (String) throws(TemplateQueryError) -> [VectorSample]
  /// The time of the evaluation.
  package var now: Timestamp
  /// The address under which people reach this server; "" when not known.
  package var externalURL: String

  package init(
    now: Timestamp, externalURL: String = "",
    query: @escaping @Sendable (String) throws(TemplateQueryError) -> [VectorSample]
  ) {
    self.now = now
    self.externalURL = externalURL
    self.query = query
  }
}

/// Why a query of a template has no answer.
package struct TemplateQueryError: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
