internal import Manifest

/// Where a metric's answers come from.
package enum MetricProvider: Equatable, Sendable {
  case prometheus(PrometheusMetric)
  case web(WebMetric)
  case job(JobMetric)
  case kayenta(KayentaMetric)
  case graphite(GraphiteMetric)
  case influxdb(InfluxMetric)
  /// Our own `plugin: {assay/compare: ...}`: canary against stable by a statistical test.
  case compare(CompareSpec)
  /// `assay/drift`, `assay/kayenta`, `assay/experiment`.
  case drift(DriftSpec)
  case canaryJudge(CanaryJudgeSpec)
  case experiment(ExperimentSpec)
  /// A provider of Argo's that isn't executed here, by its field name.
  case unsupported(UnsupportedProvider)

  /// The field of `provider`, or of `provider.plugin`.
  package var name: String {
    switch self {
    case .prometheus: "prometheus"
    case .web: "web"
    case .job: "job"
    case .kayenta: "kayenta"
    case .graphite: "graphite"
    case .influxdb: "influxdb"
    case .compare: CompareSpec.pluginName
    case .drift: DriftSpec.pluginName
    case .canaryJudge: CanaryJudgeSpec.pluginName
    case .experiment: ExperimentSpec.pluginName
    case .unsupported(let provider): provider.name
    }
  }

  /// Whether Argo itself can't execute it: one of our plugins.
  var isExtension: Bool { plugin != nil }

  /// The plugin of ours; nil for what Argo knows too.
  var plugin: (any EvidencePlugin)? {
    switch self {
    case .compare(let spec): spec
    case .drift(let spec): spec
    case .canaryJudge(let spec): spec
    case .experiment(let spec): spec
    case .prometheus, .web, .job, .kayenta, .graphite, .influxdb, .unsupported: nil
    }
  }

  /// Whether it looks at what happens from the start of the run on, and so has nothing to see then.
  var startsWithStep: Bool {
    switch self {
    case .compare(let spec): spec.since == .step
    case .drift(let spec): spec.arms.since == .step
    case .experiment(let spec): spec.arms.since == .step
    case .canaryJudge(let spec): spec.lookback == nil
    case .prometheus, .web, .job, .kayenta, .graphite, .influxdb, .unsupported: false
    }
  }

  static func all(
    in object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> [MetricProvider] {
    var result: [MetricProvider] = []
    for name in object.fields {
      if name == "plugin" {
        if let plugins = try object.optionalObject(name) {
          result += try self.plugins(plugins, unknown: &unknown)
        }
        continue
      }
      guard var provider = try Self.known(name, in: &object) else { continue }
      result.append(try self.provider(name, &provider, unknown: &unknown))
    }
    unknown += object.unknownFields
    return result
  }

  /// The object of a field that is a provider's; nil for others, and where it is null.
  private static func known(
    _ name: String, in object: inout ManifestObject
  ) throws(ManifestError) -> ManifestObject? {
    let executed = ["prometheus", "web", "job", "kayenta", "graphite", "influxdb"]
    guard executed.contains(name) || UnsupportedProvider.schema(of: name) != nil else {
      return nil
    }
    return try object.optionalObject(name)
  }

  private static func provider(
    _ name: String, _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> MetricProvider {
    switch name {
    case "web":
      let web = try WebMetric(&object, unknown: &unknown)
      unknown += object.unknownFields
      return .web(web)
    case "job": return .job(try JobMetric(&object, unknown: &unknown))
    case "kayenta": return .kayenta(try KayentaMetric(&object, unknown: &unknown))
    case "graphite": return .graphite(try GraphiteMetric(&object, unknown: &unknown))
    case "influxdb": return .influxdb(try InfluxMetric(&object, unknown: &unknown))
    default:
      if let schema = UnsupportedProvider.schema(of: name) {
        return .unsupported(try UnsupportedProvider(schema, &object, unknown: &unknown))
      }
      return .prometheus(try PrometheusMetric(&object, unknown: &unknown))
    }
  }

  private static func plugins(
    _ object: ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> [MetricProvider] {
    var object = object
    var result: [MetricProvider] = []
    for name in object.fields {
      if name.hasPrefix("assay/") {
        result.append(try extensionPlugin(name, in: &object, unknown: &unknown))
        continue
      }
      let node = try object.required(name)
      result.append(
        .unsupported(
          UnsupportedProvider(
            name: "plugin \(name)",
            instead: "the plugin is a program of Argo's controller; let it serve HTTP and ask it "
              + "by provider.web",
            line: node.line, column: node.column, path: object.path(of: name))))
    }
    return result
  }

  private static func extensionPlugin(
    _ name: String, in object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> MetricProvider {
    switch name {
    case CompareSpec.pluginName:
      var compare = try object.object(name)
      return .compare(try CompareSpec(&compare, unknown: &unknown))
    case DriftSpec.pluginName:
      var drift = try object.object(name)
      return .drift(try DriftSpec(&drift, unknown: &unknown))
    case CanaryJudgeSpec.pluginName:
      var judge = try object.object(name)
      return .canaryJudge(try CanaryJudgeSpec(&judge, unknown: &unknown))
    case ExperimentSpec.pluginName:
      var experiment = try object.object(name)
      return .experiment(try ExperimentSpec(&experiment, unknown: &unknown))
    default:
      let known = [
        CompareSpec.pluginName, DriftSpec.pluginName, ExperimentSpec.pluginName,
        CanaryJudgeSpec.pluginName,
      ]
      throw ManifestError(
        "unknown plugin \"\(name)\", known are \(known.joined(separator: ", "))",
        at: try object.required(name), path: object.path(of: name))
    }
  }
}
