package import Manifest
import MetricModel

extension ScrapeConfiguration {
  /// Reads a `prometheus.yml`, whose scalars may be typed or texts.
  ///
  /// - Returns: the configuration, and notes on what it asks for that isn't supported here.
  /// - Throws: what Prometheus refuses too, with its place.
  package static func read(
    _ document: ManifestNode
  ) throws(ManifestError) -> (configuration: ScrapeConfiguration, notes: [ManifestError]) {
    var reader = ScrapeConfigurationReader()
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
      var group = try ScrapeConfigurationReader.group(node, "[\(index)]")
      group.labels = group.labels.setting("__meta_filepath", path)
      groups.append(group)
    }
    return groups
  }
}

/// A walk over a configuration that collects what isn't supported.
private struct ScrapeConfigurationReader {
  private(set) var notes: [ManifestError] = []
  private var interval = Milliseconds.minutes(1)
  private var timeout = Milliseconds.seconds(10)
  private var limits = ScrapeLimits()

  /// What Prometheus knows at the top and others here take care of, or nobody.
  private static let otherSections = [
    "runtime", "rule_files", "scrape_config_files", "alerting", "remote_write", "remote_read",
    "storage", "tracing", "otlp",
  ]
  private static let otherGlobals = [
    "evaluation_interval", "rule_query_offset", "query_log_file", "scrape_failure_log_file",
    "keep_dropped_targets", "metric_name_validation_scheme", "metric_name_escaping_scheme",
    "scrape_protocols", "scrape_native_histograms", "convert_classic_histograms_to_nhcb",
    "target_limit", "extra_scrape_metrics",
  ]
  private static let otherJobFields = [
    "track_timestamps_staleness", "scrape_protocols", "fallback_scrape_protocol",
    "scrape_native_histograms", "convert_classic_histograms_to_nhcb", "enable_compression",
    "scrape_failure_log_file", "target_limit", "keep_dropped_targets",
    "native_histogram_bucket_limit", "native_histogram_min_bucket_factor",
    "metric_name_validation_scheme", "metric_name_escaping_scheme", "oauth2", "sigv4",
    "follow_redirects", "enable_http2", "proxy_url", "no_proxy", "proxy_from_environment",
    "proxy_connect_header", "http_headers", "azure_sd_configs", "consul_sd_configs",
    "digitalocean_sd_configs", "docker_sd_configs", "dockerswarm_sd_configs", "dns_sd_configs",
    "ec2_sd_configs", "eureka_sd_configs", "gce_sd_configs", "hetzner_sd_configs",
    "http_sd_configs", "ionos_sd_configs", "kubernetes_sd_configs", "kuma_sd_configs",
    "lightsail_sd_configs", "linode_sd_configs", "marathon_sd_configs", "nerve_sd_configs",
    "nomad_sd_configs", "openstack_sd_configs", "ovhcloud_sd_configs", "puppetdb_sd_configs",
    "scaleway_sd_configs", "serverset_sd_configs", "stackit_sd_configs", "triton_sd_configs",
    "uyuni_sd_configs", "vultr_sd_configs",
  ]

  /// Notes fields that Prometheus knows and this reader doesn't.
  private mutating func note(_ object: inout ManifestObject, _ fields: [String]) {
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
    var externalLabels = Labels.empty
    if var global = try root.optionalObject("global") {
      if let value = global.optional("scrape_interval") {
        interval = try value.duration(at: "global.scrape_interval")
      }
      timeout = min(timeout, interval)
      if let value = global.optional("scrape_timeout") {
        timeout = try value.duration(at: "global.scrape_timeout")
        guard timeout <= interval else {
          throw ManifestError(
            "global scrape timeout greater than scrape interval", at: value,
            path: "global.scrape_timeout")
        }
      }
      if let value = global.optional("external_labels") {
        externalLabels = try value.labels(at: "global.external_labels")
      }
      try readLimits(&global, into: &limits)
      note(&global, Self.otherGlobals)
      try global.finish()
    }
    var jobs: [ScrapeJob] = []
    for (node, path) in try root.list("scrape_configs") {
      let job = try job(node, path)
      guard !jobs.contains(where: { $0.name == job.name }) else {
        throw ManifestError(
          "found multiple scrape configs with job name \(GoText.quoted(job.name))", at: node,
          path: path)
      }
      jobs.append(job)
    }
    note(&root, Self.otherSections)
    try root.finish()
    return ScrapeConfiguration(jobs: jobs, externalLabels: externalLabels)
  }

  private func readLimits(
    _ object: inout ManifestObject, into limits: inout ScrapeLimits
  ) throws(ManifestError) {
    func count(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> Int? {
      try object.optional(field)?.count(at: object.path(of: field))
    }
    if let value = object.optional("body_size_limit") {
      limits.bodyBytes = try value.byteCount(at: object.path(of: "body_size_limit"))
    }
    limits.samples = try count(&object, "sample_limit") ?? limits.samples
    limits.labels = try count(&object, "label_limit") ?? limits.labels
    limits.labelNameLength =
      try count(&object, "label_name_length_limit") ?? limits.labelNameLength
    limits.labelValueLength =
      try count(&object, "label_value_length_limit") ?? limits.labelValueLength
  }

  private mutating func job(_ node: ManifestNode, _ path: String) throws(ManifestError) -> ScrapeJob
  {
    var object = try node.object(at: path)
    let name = try object.required("job_name").scalarText(at: object.path(of: "job_name"))
    guard !name.isEmpty else {
      throw ManifestError("job_name is empty", at: node, path: object.path(of: "job_name"))
    }
    var job = ScrapeJob(name: name, interval: interval, timeout: timeout)
    if let value = object.optional("scrape_interval") {
      job.interval = try value.duration(at: object.path(of: "scrape_interval"))
    }
    job.timeout = min(timeout, job.interval)
    if let value = object.optional("scrape_timeout") {
      job.timeout = try value.duration(at: object.path(of: "scrape_timeout"))
      guard job.timeout <= job.interval else {
        throw ManifestError(
          "scrape timeout greater than scrape interval for scrape config with job name "
            + GoText.quoted(name), at: value, path: object.path(of: "scrape_timeout"))
      }
    }
    func text(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> String? {
      try object.optional(field)?.scalarText(at: object.path(of: field))
    }
    func truth(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> Bool? {
      try object.optional(field)?.scalarBool(at: object.path(of: field))
    }
    job.metricsPath = try text(&object, "metrics_path") ?? job.metricsPath
    if let value = object.optional("scheme") {
      job.scheme = try value.scalarText(at: object.path(of: "scheme"))
      guard ["http", "https"].contains(job.scheme) else {
        throw ManifestError(
          "found \(GoText.quoted(job.scheme)), expected http or https", at: value,
          path: object.path(of: "scheme"))
      }
    }
    job.honorsLabels = try truth(&object, "honor_labels") ?? job.honorsLabels
    job.honorsTimestamps = try truth(&object, "honor_timestamps") ?? job.honorsTimestamps
    job.keepsClassicHistograms =
      try truth(&object, "always_scrape_classic_histograms") ?? job.keepsClassicHistograms
    job.limits = limits
    try readLimits(&object, into: &job.limits)
    job.parameters = try Self.parameters(&object)
    for (node, path) in try object.list("static_configs") {
      job.groups.append(try Self.group(node, path))
    }
    for (node, path) in try object.list("file_sd_configs") {
      job.files.append(try Self.files(node, path))
    }
    for (node, path) in try object.list("relabel_configs") {
      job.relabelings.append(try RelabelRule(node, path))
    }
    for (node, path) in try object.list("metric_relabel_configs") {
      job.metricRelabelings.append(try RelabelRule(node, path))
    }
    job.credentials = try Self.credentials(&object)
    job.tls = try Self.tls(&object)
    note(&object, Self.otherJobFields)
    try object.finish()
    return job
  }

  private static func parameters(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> [ScrapeParameter] {
    guard var values = try object.optionalObject("params") else { return [] }
    var parameters: [ScrapeParameter] = []
    for name in values.fields.sorted() {
      var texts: [String] = []
      for (node, path) in try values.list(name) { texts.append(try node.scalarText(at: path)) }
      parameters.append(ScrapeParameter(name: name, values: texts))
    }
    return parameters
  }

  static func group(_ node: ManifestNode, _ path: String) throws(ManifestError) -> TargetGroup {
    var object = try node.object(at: path)
    var group = TargetGroup(addresses: [])
    for (node, path) in try object.list("targets") {
      let address = try node.scalarText(at: path)
      guard !address.utf8.contains(UInt8(ascii: "/")) else {
        throw ManifestError(
          "\(GoText.quoted(address)) is not a valid hostname, expected host:port without scheme "
            + "and path", at: node, path: path)
      }
      group.addresses.append(address)
    }
    if let labels = object.optional("labels") {
      group.labels = try labels.labels(at: object.path(of: "labels"))
    }
    try object.finish()
    return group
  }

  private static func files(_ node: ManifestNode, _ path: String) throws(ManifestError)
    -> TargetFiles
  {
    var object = try node.object(at: path)
    var files = TargetFiles(patterns: [], refreshInterval: .minutes(5))
    for (node, path) in try object.list("files") {
      let pattern = try node.scalarText(at: path)
      let ending = pattern.split(separator: ".").last.map(String.init) ?? ""
      guard ["json", "yml", "yaml"].contains(ending) else {
        throw ManifestError(
          "path name \(GoText.quoted(pattern)) is not valid for file discovery, expected one that "
            + "ends in .json, .yml or .yaml", at: node, path: path)
      }
      files.patterns.append(pattern)
    }
    guard !files.patterns.isEmpty else {
      throw ManifestError(
        "file service discovery config must contain at least one path name", at: node, path: path)
    }
    if let value = object.optional("refresh_interval") {
      files.refreshInterval = try value.duration(at: object.path(of: "refresh_interval"))
    }
    try object.finish()
    return files
  }

  /// At most one of `basic_auth`, `authorization`, `bearer_token` and `bearer_token_file`.
  private static func credentials(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> ScrapeCredentials? {
    var found: [ScrapeCredentials] = []
    if var basic = try object.optionalObject("basic_auth") {
      let username = try basic.optional("username")?.scalarText(at: basic.path(of: "username"))
      let password = try secret(&basic, text: "password", file: "password_file")
      found.append(.basic(username: username ?? "", password: password ?? .text("")))
      try basic.finish()
    }
    if var authorization = try object.optionalObject("authorization") {
      let type = try authorization.optional("type")?
        .scalarText(at: authorization.path(of: "type"))
      if let secret = try secret(
        &authorization, text: "credentials", file: "credentials_file")
      {
        found.append(.authorization(type: type ?? "Bearer", secret))
      }
      try authorization.finish()
    }
    if let secret = try secret(&object, text: "bearer_token", file: "bearer_token_file") {
      found.append(.authorization(type: "Bearer", secret))
    }
    guard found.count <= 1 else {
      throw ManifestError(
        "at most one of basic_auth, authorization, bearer_token & bearer_token_file must be "
          + "configured", at: object.node, path: object.path)
    }
    return found.first
  }

  private static func secret(
    _ object: inout ManifestObject, text: String, file: String
  ) throws(ManifestError) -> ScrapeSecret? {
    let written = try object.optional(text)?.scalarText(at: object.path(of: text))
    let path = try object.optional(file)?.scalarText(at: object.path(of: file))
    if let written {
      guard path == nil else {
        throw ManifestError(
          "at most one of \(text) & \(file) must be configured", at: object.node,
          path: object.path)
      }
      return .text(written)
    }
    return path.map(ScrapeSecret.file)
  }

  private static func tls(_ object: inout ManifestObject) throws(ManifestError) -> ScrapeTLS? {
    guard var fields = try object.optionalObject("tls_config") else { return nil }
    func text(_ object: inout ManifestObject, _ field: String) throws(ManifestError) -> String? {
      try object.optional(field)?.scalarText(at: object.path(of: field))
    }
    var tls = ScrapeTLS()
    tls.caFile = try text(&fields, "ca_file")
    tls.certFile = try text(&fields, "cert_file")
    tls.keyFile = try text(&fields, "key_file")
    tls.serverName = try text(&fields, "server_name")
    if let value = fields.optional("insecure_skip_verify") {
      tls.skipsVerification = try value.scalarBool(at: fields.path(of: "insecure_skip_verify"))
    }
    try fields.finish()
    return tls
  }
}
