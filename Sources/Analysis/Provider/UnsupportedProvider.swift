internal import Manifest

/// A provider that a manifest may hold but that isn't executed here.
package struct UnsupportedProvider: Equatable, Sendable {
  package var name: String
  /// What to use in its place.
  package var instead: String
  package var line: Int
  package var column: Int
  package var path: String

  struct Schema {
    var name: String
    var required: [String]
    var optional: [String]
    var instead: String
  }

  private static let viaWeb =
    "ask its HTTP API by provider.web, or export the series to Prometheus"

  /// Fields as in Argo's CRD, so that a misspelt one is found here too.
  private static let schemas: [Schema] = [
    Schema(
      name: "datadog", required: [],
      optional: [
        "aggregator", "apiVersion", "formula", "interval", "queries", "query", "secretRef",
        "requestTimeout",
      ], instead: viaWeb),
    Schema(
      name: "newRelic", required: ["query"], optional: ["profile", "timeout"],
      instead: viaWeb),
    Schema(
      name: "wavefront", required: [], optional: ["address", "query"], instead: viaWeb),
    Schema(
      name: "cloudWatch", required: ["metricDataQueries"], optional: ["interval"],
      instead: viaWeb),
    Schema(
      name: "skywalking", required: [], optional: ["address", "interval", "query"],
      instead: viaWeb),
  ]

  static func schema(of name: String) -> Schema? { schemas.first { $0.name == name } }

  init(name: String, instead: String, line: Int, column: Int, path: String) {
    self.name = name
    self.instead = instead
    self.line = line
    self.column = column
    self.path = path
  }

  init(
    _ schema: Schema, _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    for field in schema.required { _ = try object.required(field) }
    for field in schema.optional { _ = object.optional(field) }
    unknown += object.unknownFields
    self.init(
      name: schema.name, instead: schema.instead, line: object.node.line,
      column: object.node.column, path: object.path)
  }
}
