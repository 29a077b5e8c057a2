package import Manifest
import MetricModel

extension ScrapeConfiguration {
  /// Reads a `prometheus.yml`, whose scalars may be typed or texts.
  ///
  /// - Parameter prefersProtobuf: whether jobs that don't say what to ask for ask for protobuf.
  /// - Returns: the configuration, and notes on what it asks for that isn't supported here.
  /// - Throws: what Prometheus refuses too, with its place.
  package static func read(
    _ document: ManifestNode, prefersProtobuf: Bool = false
  ) throws(ManifestError) -> (configuration: ScrapeConfiguration, notes: [ManifestError]) {
    var reader = ScrapeConfigurationReader(prefersProtobuf: prefersProtobuf)
    let configuration = try reader.configuration(document)
    return (configuration, reader.notes)
  }

  /// Reads a file of targets: a list of groups.
  ///
  /// - Parameter path: of the file; targets get it as `__meta_filepath`.
  package static func groups(
    of document: ManifestNode, path: String
  ) throws(ManifestError) -> [TargetGroup] {
    var groups: [TargetGroup] = []
    for (index, node) in try document.list(at: "").enumerated() {
      var group = try TargetGroup(node, "[\(index)]")
      group.labels = group.labels.setting("__meta_filepath", path)
      groups.append(group)
    }
    return groups
  }
}

/// A walk over a configuration that collects what isn't supported.
struct ScrapeConfigurationReader {
  let prefersProtobuf: Bool
  private(set) var notes: [ManifestError] = []
  /// What `global` says for jobs that don't.
  private(set) var global = ScrapeJob(name: "", interval: .minutes(1), timeout: .seconds(10))
  private(set) var protocols: [ScrapeProtocol]?

  init(prefersProtobuf: Bool) { self.prefersProtobuf = prefersProtobuf }

  /// What Prometheus knows at the top and nobody here does.
  private static let otherSections = [
    "runtime", "scrape_config_files", "remote_read", "tracing",
  ]
  private static let otherGlobals = [
    "rule_query_offset", "query_log_file", "scrape_failure_log_file", "keep_dropped_targets",
    "metric_name_validation_scheme", "metric_name_escaping_scheme",
    "convert_classic_histograms_to_nhcb",
  ]

  /// Notes fields that Prometheus knows and this reader doesn't.
  mutating func note(_ object: inout ManifestObject, _ fields: [String]) {
    for field in fields {
      guard let value = object.optional(field) else { continue }
      notes.append(
        ManifestError(
          "not supported here and without effect", at: value, path: object.path(of: field)))
    }
  }

  mutating func configuration(
    _ document: ManifestNode
  ) throws(ManifestError) -> ScrapeConfiguration {
    var root = try document.object(at: "")
    var result = ScrapeConfiguration(jobs: [])
    if var object = try root.optionalObject("global") { try readGlobal(&object, into: &result) }
    for (node, path) in try root.list("rule_files") {
      result.ruleFiles.append(try node.scalarText(at: path))
    }
    if var object = try root.optionalObject("alerting") {
      result.alertmanagers = try alertmanagers(&object)
    }
    for (node, path) in try root.list("scrape_configs") {
      let job = try job(node, path)
      guard !result.jobs.contains(where: { $0.name == job.name }) else {
        throw ManifestError(
          "found multiple scrape configs with job name \(GoText.quoted(job.name))", at: node,
          path: path)
      }
      result.jobs.append(job)
    }
    for (node, path) in try root.list("remote_write") {
      let target = try remoteWrite(node, path)
      guard !result.remoteWrites.contains(where: { $0.name == target.name }) else {
        throw ManifestError(
          "found multiple remote write configs with job name \(GoText.quoted(target.name))",
          at: node, path: path)
      }
      result.remoteWrites.append(target)
    }
    if var object = try root.optionalObject("otlp") { result.otlp = try otlp(&object) }
    if var object = try root.optionalObject("storage") {
      result.lateWindow = try lateWindow(&object)
    }
    note(&root, Self.otherSections)
    try root.finish()
    return result
  }

  private mutating func readGlobal(
    _ object: inout ManifestObject, into result: inout ScrapeConfiguration
  ) throws(ManifestError) {
    global.interval = try object.duration("scrape_interval") ?? global.interval
    global.timeout = min(global.timeout, global.interval)
    if let value = object.optional("scrape_timeout") {
      global.timeout = try value.duration(at: "global.scrape_timeout")
      guard global.timeout <= global.interval else {
        throw ManifestError(
          "global scrape timeout greater than scrape interval", at: value,
          path: "global.scrape_timeout")
      }
    }
    result.evaluationInterval =
      try object.duration("evaluation_interval") ?? result.evaluationInterval
    if let value = object.optional("external_labels") {
      result.externalLabels = try value.labels(at: "global.external_labels")
    }
    try global.readShared(&object)
    protocols = try ScrapeProtocol.list(&object)
    note(&object, Self.otherGlobals)
    try object.finish()
  }

  /// Only Alertmanagers that stand in the file; others must be found first.
  private mutating func alertmanagers(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> [String] {
    var addresses: [String] = []
    for (node, path) in try object.list("alertmanagers") {
      var entry = try node.object(at: path)
      let scheme = try entry.scalar("scheme") ?? "http"
      let prefix = try entry.scalar("path_prefix") ?? ""
      for (node, path) in try entry.list("static_configs") {
        addresses += try TargetGroup(node, path).addresses.map { "\(scheme)://\($0)\(prefix)" }
      }
      note(
        &entry, entry.fields.filter { !["scheme", "path_prefix", "static_configs"].contains($0) })
    }
    note(&object, ["alert_relabel_configs"])
    try object.finish()
    return addresses
  }

  private mutating func lateWindow(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> Milliseconds? {
    var window: Milliseconds?
    if var tsdb = try object.optionalObject("tsdb") {
      window = try tsdb.duration("out_of_order_time_window")
      note(&tsdb, ["stale_series_compaction_threshold", "retention"])
      try tsdb.finish()
    }
    note(&object, ["exemplars"])
    try object.finish()
    return window
  }
}
