package import Analysis
import Manifest

/// The AnalysisTemplates that requests may name.
package struct AnalysisCatalog: Sendable {
  private let templates: [AnalysisTemplate]

  package init(_ templates: [AnalysisTemplate]) {
    self.templates = templates
  }

  /// In the order in which they were given.
  var names: [String] { templates.map(\.name) }

  /// The spec of a run of named templates.
  func spec(
    named names: [String], arguments: [Argument]
  ) throws(APIError) -> AnalysisSpec {
    var found: [AnalysisTemplate] = []
    for name in names {
      guard let template = templates.first(where: { $0.name == name }) else {
        throw APIError(.notFound, "there is no AnalysisTemplate \"\(name)\" here")
      }
      found.append(template)
    }
    return try spec(of: found, arguments: arguments)
  }

  /// The spec of a run of templates that came with the request.
  func spec(
    of given: [AnalysisTemplate], arguments: [Argument]
  ) throws(APIError) -> AnalysisSpec {
    for template in given {
      guard let fault = TemplateValidation.findings(in: template).first(where: \.isError) else {
        continue
      }
      throw APIError(.unprocessable, fault.description)
    }
    do {
      return try AnalysisSpec.merging(
        given, arguments: arguments,
        find: { reference in
          templates.first {
            $0.name == reference.name
              && ($0.kind == .clusterTemplate) == reference.isClusterScoped
          }
        })
    } catch {
      throw APIError(.unprocessable, error.description)
    }
  }
}

/// What a request to start a run says: `Order` of the document.
struct RunOrder {
  var name: String
  var spec: AnalysisSpec

  init(
    _ body: [UInt8], catalog: AnalysisCatalog, defaultName: @Sendable () -> String
  ) throws(APIError) {
    let order = try BodySchema.read(body, as: "Order")
    name = order["name"]?.asString ?? defaultName()
    let arguments = Self.arguments(order["args"])
    let names = order["templateNames"]?.asArray ?? order["templateName"].map { [$0] }
    if let names = names?.compactMap(\.asString) {
      spec = try catalog.spec(named: names, arguments: arguments)
    } else {
      let given = order["templates"]?.asArray ?? order["template"].map { [$0] } ?? []
      spec = try catalog.spec(of: try Self.templates(given), arguments: arguments)
    }
  }

  /// Of an object of texts, numbers and truth values, by name.
  static func arguments(_ value: JSONValue?) -> [Argument] {
    (value?.asObject ?? [:]).sorted { $0.key < $1.key }.map { name, value in
      Argument(name, value: value.asString ?? value.spelled)
    }
  }

  private static func templates(_ given: [JSONValue]) throws(APIError) -> [AnalysisTemplate] {
    var templates: [AnalysisTemplate] = []
    for document in given {
      do {
        templates.append(try AnalysisTemplate(document.manifestNode))
      } catch {
        throw APIError(.unprocessable, "template: \(error)")
      }
    }
    return templates
  }
}
