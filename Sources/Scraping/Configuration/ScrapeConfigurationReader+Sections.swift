import Exposition
import Manifest
import MetricModel

extension ScrapeConfigurationReader {
  mutating func remoteWrite(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> RemoteWriteTarget {
    var object = try node.object(at: path)
    let url = try object.scalar("url") ?? ""
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw ManifestError(
        url.isEmpty
          ? "url for remote_write is empty"
          : "found \(GoText.quoted(url)), expected an http or https URL", at: node,
        path: object.path(of: "url"))
    }
    var target = RemoteWriteTarget(name: try object.scalar("name") ?? url, url: url)
    target.timeout = try object.duration("remote_timeout") ?? target.timeout
    if let value = object.optional("protobuf_message") {
      target.version = try Self.version(value, object.path(of: "protobuf_message"))
    }
    for (node, path) in try object.list("write_relabel_configs") {
      target.relabelings.append(try RelabelRule(node, path))
    }
    target.client = try ClientOptions(&object)
    if let fields = try object.optionalObject("headers") {
      for name in fields.fields {
        let path = fields.path(of: name)
        try ClientOptions.checkHeader(name, at: fields.node, path: path)
        let value = try fields.node[name]?.scalarText(at: path) ?? ""
        target.client.headers.append(ClientHeader(name: name, values: [.text(value)]))
      }
    }
    target.sendsExemplars = try object.truth("send_exemplars") ?? target.sendsExemplars
    target.sendsNativeHistograms =
      try object.truth("send_native_histograms") ?? target.sendsNativeHistograms
    if var queue = try object.optionalObject("queue_config") {
      target.queue = try self.queue(&queue)
    }
    if var metadata = try object.optionalObject("metadata_config") {
      target.sendsMetadata = try metadata.truth("send") ?? target.sendsMetadata
      note(&metadata, ["send_interval", "max_samples_per_send"])
      try metadata.finish()
    }
    note(&object, ["round_robin_dns", "failed_request_logging"] + ClientOptions.otherFields)
    try object.finish()
    return target
  }

  private static func version(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> RemoteWriteVersion {
    switch try node.scalarText(at: path) {
    case "prometheus.WriteRequest": return .v1
    case "io.prometheus.write.v2.Request": return .v2
    case let text:
      throw ManifestError(
        "found \(GoText.quoted(text)), expected prometheus.WriteRequest or "
          + "io.prometheus.write.v2.Request", at: node, path: path)
    }
  }

  private mutating func queue(
    _ object: inout ManifestObject
  ) throws(ManifestError) -> RemoteWriteQueue {
    var queue = RemoteWriteQueue()
    if let value = object.optional("max_samples_per_send") {
      let path = object.path(of: "max_samples_per_send")
      queue.samplesPerSend = try value.count(at: path)
      guard (1...1_000_000).contains(queue.samplesPerSend) else {
        throw ManifestError(
          "found \(queue.samplesPerSend), expected 1 to 1000000", at: value, path: path)
      }
    }
    queue.sendDeadline = try object.duration("batch_send_deadline") ?? queue.sendDeadline
    queue.backoffMin = try object.duration("min_backoff") ?? queue.backoffMin
    queue.backoffMax = try object.duration("max_backoff") ?? queue.backoffMax
    queue.retriesTooManyRequests =
      try object.truth("retry_on_http_429") ?? queue.retriesTooManyRequests
    if let value = object.optional("sample_age_limit"),
      try value.scalarText(at: object.path(of: "sample_age_limit")) != "0s"
    {
      queue.sampleAgeMax = try value.duration(at: object.path(of: "sample_age_limit"))
    }
    // One request at a time keeps samples in their order; memory is bounded by one request.
    note(&object, ["capacity", "max_shards", "min_shards"])
    try object.finish()
    return queue
  }

  mutating func otlp(_ object: inout ManifestObject) throws(ManifestError) -> OTLPOptions {
    var options = OTLPOptions()
    if let value = object.optional("translation_strategy") {
      let path = object.path(of: "translation_strategy")
      let text = try value.scalarText(at: path)
      guard let strategy = OTLPOptions.Translation(rawValue: text) else {
        let known = OTLPOptions.Translation.allCases.map(\.rawValue).joined(separator: ", ")
        throw ManifestError(
          "unsupported OTLP translation strategy \(GoText.quoted(text)), expected one of \(known)",
          at: value, path: path)
      }
      options.translation = strategy
    }
    options.keepsIdentifyingAttributes =
      try object.truth("keep_identifying_resource_attributes") ?? false
    let promotesAll = try object.truth("promote_all_resource_attributes") ?? false
    let promoted = try Self.texts("promote_resource_attributes", &object)
    let ignored = try Self.texts("ignore_resource_attributes", &object)
    guard !promotesAll || promoted.isEmpty else {
      throw ManifestError(
        "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured "
          + "simultaneously", at: object.node, path: object.path)
    }
    guard promotesAll || ignored.isEmpty else {
      throw ManifestError(
        "'ignore_resource_attributes' cannot be configured unless "
          + "'promote_all_resource_attributes' is true", at: object.node, path: object.path)
    }
    options.promotion = promotesAll ? .all(except: Set(ignored)) : .only(Set(promoted))
    options.promotesScope = try object.truth("promote_scope_metadata") ?? false
    note(
      &object,
      [
        "convert_histograms_to_nhcb", "label_name_underscore_sanitization",
        "label_name_preserve_multiple_underscores",
      ])
    try object.finish()
    return options
  }

  private static func texts(
    _ field: String, _ object: inout ManifestObject
  ) throws(ManifestError) -> [String] {
    var texts: [String] = []
    for (node, path) in try object.list(field) { texts.append(try node.scalarText(at: path)) }
    return texts
  }
}
