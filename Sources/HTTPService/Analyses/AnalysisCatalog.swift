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
      throw APIError(.badData, fault.description)
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
      throw APIError(.badData, error.description)
    }
  }
}

/// What a request to start a run says.
struct RunOrder {
  var name: String
  var spec: AnalysisSpec

  /// `{name, templateName | template | templates, args}`; args may be texts or numbers.
  init(
    _ body: [UInt8], catalog: AnalysisCatalog, defaultName: @Sendable () -> String
  ) throws(APIError) {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: body)
    } catch {
      throw APIError(.badData, "the body is no JSON: \(error)")
    }
    guard case .object(let fields) = document else {
      throw APIError(.badData, "the body is \(document.kindName), expected an object")
    }
    let known = ["name", "templateName", "templateNames", "template", "templates", "args"]
    if let unknown = fields.keys.sorted().first(where: { !known.contains($0) }) {
      throw APIError(
        .badData, "unknown field \"\(unknown)\", known are \(known.joined(separator: ", "))")
    }
    name = try Self.name(fields["name"]) ?? defaultName()
    let arguments = try Self.arguments(fields["args"])
    if let names = try Self.names(fields) {
      spec = try catalog.spec(named: names, arguments: arguments)
    } else {
      spec = try catalog.spec(of: try Self.templates(fields), arguments: arguments)
    }
  }

  private static func name(_ value: JSONValue?) throws(APIError) -> String? {
    guard let value else { return nil }
    // Its file is named so, and file systems take 255 bytes.
    guard let name = value.asString, !name.isEmpty, name.unicodeScalars.count <= 200,
      PathText.escaped(name).utf8.count <= 240,
      !name.unicodeScalars.contains(where: { $0.value < 0x20 })
    else {
      throw APIError(.badData, "name: expected 1 to 200 letters, at most 240 bytes once escaped")
    }
    return name
  }

  static func arguments(_ value: JSONValue?) throws(APIError) -> [Argument] {
    guard let value else { return [] }
    guard case .object(let fields) = value else {
      throw APIError(.badData, "args: found \(value.kindName), expected an object of texts")
    }
    var arguments: [Argument] = []
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .string(let text): arguments.append(Argument(name, value: text))
      case .integer, .number, .bool: arguments.append(Argument(name, value: value.spelled))
      default:
        throw APIError(.badData, "args.\(name): found \(value.kindName), expected a text")
      }
    }
    return arguments
  }

  private static func names(_ fields: [String: JSONValue]) throws(APIError) -> [String]? {
    if let value = fields["templateName"] {
      guard let name = value.asString else {
        throw APIError(.badData, "templateName: expected a text")
      }
      return [name]
    }
    guard let value = fields["templateNames"] else { return nil }
    let names = (value.asArray ?? []).compactMap(\.asString)
    guard !names.isEmpty, names.count == value.asArray?.count else {
      throw APIError(.badData, "templateNames: expected a list of texts")
    }
    return names
  }

  private static func templates(
    _ fields: [String: JSONValue]
  ) throws(APIError) -> [AnalysisTemplate] {
    let given = fields["template"].map { [$0] } ?? fields["templates"]?.asArray ?? []
    guard !given.isEmpty, given.count <= 100 else {
      throw APIError(
        .badData, "say what to run: templateName, templateNames, template or templates")
    }
    var templates: [AnalysisTemplate] = []
    for document in given {
      do {
        templates.append(try AnalysisTemplate(document.manifestNode))
      } catch {
        throw APIError(.badData, "template: \(error)")
      }
    }
    return templates
  }
}
