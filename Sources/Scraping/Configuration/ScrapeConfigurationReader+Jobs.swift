import Manifest
import MetricModel

extension ScrapeConfigurationReader {
  private static let otherJobFields =
    [
      "track_timestamps_staleness", "convert_classic_histograms_to_nhcb",
      "scrape_failure_log_file", "keep_dropped_targets", "native_histogram_bucket_limit",
      "native_histogram_min_bucket_factor", "metric_name_validation_scheme",
      "metric_name_escaping_scheme",
    ] + ClientOptions.otherFields + discoveries.map { "\($0)_sd_configs" }

  /// Ways to find targets that others have; a file is what they can all write.
  private static let discoveries = [
    "aws", "azure", "consul", "digitalocean", "docker", "dockerswarm", "dns", "ec2", "eureka",
    "gce", "hetzner", "http", "ionos", "kubernetes", "kuma", "lightsail", "linode", "marathon",
    "nerve", "nomad", "openstack", "ovhcloud", "puppetdb", "scaleway", "serverset", "stackit",
    "triton", "uyuni", "vultr",
  ]

  mutating func job(_ node: ManifestNode, _ path: String) throws(ManifestError) -> ScrapeJob {
    var object = try node.object(at: path)
    let name = try object.required("job_name").scalarText(at: object.path(of: "job_name"))
    guard !name.isEmpty else {
      throw ManifestError("job_name is empty", at: node, path: object.path(of: "job_name"))
    }
    var job = global
    job.name = name
    try readTimes(&object, into: &job)
    job.metricsPath = try object.scalar("metrics_path") ?? job.metricsPath
    if let value = object.optional("scheme") {
      job.scheme = try value.scalarText(at: object.path(of: "scheme"))
      guard ["http", "https"].contains(job.scheme) else {
        throw ManifestError(
          "found \(GoText.quoted(job.scheme)), expected http or https", at: value,
          path: object.path(of: "scheme"))
      }
    }
    job.honorsLabels = try object.truth("honor_labels") ?? job.honorsLabels
    job.honorsTimestamps = try object.truth("honor_timestamps") ?? job.honorsTimestamps
    job.acceptsCompression = try object.truth("enable_compression") ?? job.acceptsCompression
    try job.readShared(&object)
    job.protocols =
      try ScrapeProtocol.list(&object) ?? protocols
      ?? ScrapeProtocol.defaults(
        prefersProtobuf: prefersProtobuf || job.takesNativeHistograms)
    if let value = object.optional("fallback_scrape_protocol") {
      job.fallbackProtocol = try ScrapeProtocol(
        value, object.path(of: "fallback_scrape_protocol"))
    }
    job.parameters = try Self.parameters(&object)
    for (node, path) in try object.list("static_configs") {
      job.groups.append(try TargetGroup(node, path))
    }
    for (node, path) in try object.list("file_sd_configs") {
      job.files.append(try TargetFiles(node, path))
    }
    for (node, path) in try object.list("relabel_configs") {
      job.relabelings.append(try RelabelRule(node, path))
    }
    for (node, path) in try object.list("metric_relabel_configs") {
      job.metricRelabelings.append(try RelabelRule(node, path))
    }
    job.client = try ClientOptions(&object)
    note(&object, Self.otherJobFields)
    try object.finish()
    return job
  }

  private func readTimes(
    _ object: inout ManifestObject, into job: inout ScrapeJob
  ) throws(ManifestError) {
    job.interval = try object.duration("scrape_interval") ?? job.interval
    job.timeout = min(job.timeout, job.interval)
    if let value = object.optional("scrape_timeout") {
      job.timeout = try value.duration(at: object.path(of: "scrape_timeout"))
      guard job.timeout <= job.interval else {
        throw ManifestError(
          "scrape timeout greater than scrape interval for scrape config with job name "
            + GoText.quoted(job.name), at: value, path: object.path(of: "scrape_timeout"))
      }
    }
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
}

extension ScrapeJob {
  /// What stands in `global` as well as in a job.
  mutating func readShared(_ object: inout ManifestObject) throws(ManifestError) {
    if let value = object.optional("body_size_limit") {
      limits.bodyBytes = try value.byteCount(at: object.path(of: "body_size_limit"))
    }
    limits.samples = try object.count("sample_limit") ?? limits.samples
    limits.targets = try object.count("target_limit") ?? limits.targets
    limits.labels = try object.count("label_limit") ?? limits.labels
    limits.labelNameLength =
      try object.count("label_name_length_limit") ?? limits.labelNameLength
    limits.labelValueLength =
      try object.count("label_value_length_limit") ?? limits.labelValueLength
    takesNativeHistograms =
      try object.truth("scrape_native_histograms") ?? takesNativeHistograms
    keepsClassicHistograms =
      try object.truth("always_scrape_classic_histograms") ?? keepsClassicHistograms
    reportsLimits = try object.truth("extra_scrape_metrics") ?? reportsLimits
  }
}

extension ScrapeProtocol {
  init(_ node: ManifestNode, _ path: String) throws(ManifestError) {
    let text = try node.scalarText(at: path)
    guard let known = ScrapeProtocol(rawValue: text) else {
      let all = Self.allCases.map(\.rawValue).sorted().joined(separator: " ")
      throw ManifestError(
        "unknown scrape protocol \(text), supported: [\(all)]", at: node, path: path)
    }
    self = known
  }

  /// `scrape_protocols`; nil when absent.
  static func list(_ object: inout ManifestObject) throws(ManifestError) -> [ScrapeProtocol]? {
    guard let value = object.optional("scrape_protocols") else { return nil }
    var protocols: [ScrapeProtocol] = []
    for (node, path) in try object.list("scrape_protocols") {
      let one = try ScrapeProtocol(node, path)
      guard !protocols.contains(one) else {
        throw ManifestError("duplicated protocol in scrape_protocols", at: node, path: path)
      }
      protocols.append(one)
    }
    guard !protocols.isEmpty else {
      throw ManifestError(
        "scrape_protocols cannot be empty", at: value, path: object.path(of: "scrape_protocols"))
    }
    return protocols
  }
}

extension TargetGroup {
  init(_ node: ManifestNode, _ path: String) throws(ManifestError) {
    var object = try node.object(at: path)
    self.init(addresses: [])
    for (node, path) in try object.list("targets") {
      let address = try node.scalarText(at: path)
      guard !address.utf8.contains(UInt8(ascii: "/")) else {
        throw ManifestError(
          "\(GoText.quoted(address)) is not a valid hostname, expected host:port without scheme "
            + "and path", at: node, path: path)
      }
      addresses.append(address)
    }
    if let labels = object.optional("labels") {
      self.labels = try labels.labels(at: object.path(of: "labels"))
    }
    try object.finish()
  }
}

extension TargetFiles {
  init(_ node: ManifestNode, _ path: String) throws(ManifestError) {
    var object = try node.object(at: path)
    self.init(patterns: [], refreshInterval: .minutes(5))
    for (node, path) in try object.list("files") {
      let pattern = try node.scalarText(at: path)
      let ending = pattern.split(separator: ".").last.map(String.init) ?? ""
      guard ["json", "yml", "yaml"].contains(ending) else {
        throw ManifestError(
          "path name \(GoText.quoted(pattern)) is not valid for file discovery, expected one that "
            + "ends in .json, .yml or .yaml", at: node, path: path)
      }
      patterns.append(pattern)
    }
    guard !patterns.isEmpty else {
      throw ManifestError(
        "file service discovery config must contain at least one path name", at: node, path: path)
    }
    refreshInterval = try object.duration("refresh_interval") ?? refreshInterval
    try object.finish()
  }
}
