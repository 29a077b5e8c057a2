import Manifest

/// What the analyses' part of the server answers, for people and for programs that make clients:
/// `OpenAPIOperation.all` and `OpenAPISchemas` put into the form of OpenAPI 3.1.
enum OpenAPIDocument {
  /// - Parameter templates: the names of those that may be asked for here, the examples' content.
  static func document(templates: [String]) -> JSONValue {
    var paths: [String: [String: JSONValue]] = [:]
    for operation in OpenAPIOperation.all {
      if let parameter = operation.parameter {
        paths[operation.path, default: [:]]["parameters"] = .array([parameter])
      }
      paths[operation.path, default: [:]][operation.method.rawValue] = operation.json(
        templates: templates)
    }
    return .object([
      "openapi": .string("3.1.0"),
      "info": .object([
        "title": .string("Assay: analyses"), "version": .string("1"),
        "description": .string(
          "AnalysisRuns: create, watch, cancel; and the contracts by which Argo's web and kayenta "
            + "providers and Flagger's webhooks ask for verdicts."),
      ]),
      "paths": .object(paths.mapValues(JSONValue.object)),
      "components": .object([
        "schemas": OpenAPISchemas.all,
        "securitySchemes": .object([
          "password": .object(["type": .string("http"), "scheme": .string("basic")]),
          "token": .object(["type": .string("http"), "scheme": .string("bearer")]),
        ]),
      ]),
      // Which one is up to the server's web configuration and tenants; none of them by default.
      "security": .array([
        .object([:]), .object(["password": .array([])]), .object(["token": .array([])]),
      ]),
    ])
  }
}
