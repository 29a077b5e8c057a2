internal import Manifest

/// Where a metric's answers come from.
package enum MetricProvider: Equatable, Sendable {
  case prometheus(PrometheusMetric)
  /// Our own `plugin: {assay/compare: ...}`: canary against stable by a statistical test.
  case compare(CompareSpec)
  /// A provider of Argo's that isn't executed here, by its field name.
  case unsupported(UnsupportedProvider)

  /// The field of `provider`, or of `provider.plugin`.
  package var name: String {
    switch self {
    case .prometheus: "prometheus"
    case .compare: CompareSpec.pluginName
    case .unsupported(let provider): provider.name
    }
  }

  static func all(
    in object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> [MetricProvider] {
    var result: [MetricProvider] = []
    if var prometheus = try object.optionalObject("prometheus") {
      result.append(.prometheus(try PrometheusMetric(&prometheus, unknown: &unknown)))
    }
    for schema in UnsupportedProvider.schemas {
      guard var provider = try object.optionalObject(schema.name) else { continue }
      result.append(.unsupported(try UnsupportedProvider(schema, &provider, unknown: &unknown)))
    }
    if let plugins = try object.optionalObject("plugin") {
      result += try self.plugins(plugins, unknown: &unknown)
    }
    unknown += object.unknownFields
    return result
  }

  private static func plugins(
    _ object: ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> [MetricProvider] {
    var object = object
    var result: [MetricProvider] = []
    for name in object.fields {
      if name == CompareSpec.pluginName {
        var compare = try object.object(name)
        result.append(.compare(try CompareSpec(&compare, unknown: &unknown)))
        continue
      }
      let node = try object.required(name)
      let path = object.path(of: name)
      if name.hasPrefix("assay/") {
        throw ManifestError(
          "unknown plugin \"\(name)\", known is \(CompareSpec.pluginName)", at: node, path: path)
      }
      result.append(
        .unsupported(
          UnsupportedProvider(
            name: "plugin \(name)",
            instead: "the plugin is a program of Argo's controller; let it serve HTTP and query "
              + "what it measures through Prometheus",
            line: node.line, column: node.column, path: path)))
    }
    return result
  }
}

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

  private static let viaPrometheus =
    "export the series to Prometheus and use provider.prometheus"

  /// Fields as in Argo's CRD, so that a misspelt one is found here too.
  static let schemas: [Schema] = [
    Schema(
      name: "web", required: ["url"],
      optional: [
        "method", "headers", "body", "jsonBody", "jsonPath", "timeoutSeconds", "insecure",
        "authentication",
      ],
      instead: "expose the value on a /metrics page and use provider.prometheus"),
    Schema(
      name: "job", required: ["spec"], optional: ["metadata"],
      instead: "let the job push its outcome as a metric and use provider.prometheus"),
    Schema(
      name: "kayenta",
      required: [
        "address", "application", "canaryConfigName", "configurationAccountName",
        "metricsAccountName", "scopes", "storageAccountName", "threshold",
      ],
      optional: ["lookback"],
      instead: "compare canary and stable with provider.plugin[\"\(CompareSpec.pluginName)\"]"),
    Schema(
      name: "datadog", required: [],
      optional: [
        "aggregator", "apiVersion", "formula", "interval", "queries", "query", "secretRef",
        "requestTimeout",
      ], instead: viaPrometheus),
    Schema(
      name: "newRelic", required: ["query"], optional: ["profile", "timeout"],
      instead: viaPrometheus),
    Schema(
      name: "wavefront", required: [], optional: ["address", "query"], instead: viaPrometheus),
    Schema(
      name: "cloudWatch", required: ["metricDataQueries"], optional: ["interval"],
      instead: viaPrometheus),
    Schema(
      name: "graphite", required: [], optional: ["address", "query"], instead: viaPrometheus),
    Schema(
      name: "influxdb", required: [], optional: ["profile", "query"], instead: viaPrometheus),
    Schema(
      name: "skywalking", required: [], optional: ["address", "interval", "query"],
      instead: viaPrometheus),
  ]

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
