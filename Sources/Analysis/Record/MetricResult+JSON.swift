internal import Manifest
internal import MetricModel

extension MetricResult {
  /// As in Argo's status.
  var json: JSONValue {
    .object(
      omittingNil: [
        "name": .string(name), "phase": .string(phase.rawValue),
        "message": message.isEmpty ? nil : .string(message),
        "dryRun": isDryRun ? .bool(true) : nil,
        "count": .integer(count), "successful": .integer(successful), "failed": .integer(failed),
        "inconclusive": .integer(inconclusive), "error": .integer(error),
        "consecutiveError": .integer(consecutiveError),
        "consecutiveSuccess": .integer(consecutiveSuccess),
        "measurements": .array(measurements.map(\.json)),
        "metadata": metadata.isEmpty ? nil : .object(metadata.mapValues(JSONValue.string)),
      ])
  }

  /// What Argo's status has no place for.
  var detailJSON: JSONValue {
    .object([
      "name": .string(name), "taken": .integer(Int64(taken)),
      "measurements": .array(measurements.map(\.detailJSON)),
    ])
  }

  init(_ status: ManifestObject, _ details: ManifestObject) throws(ManifestError) {
    var (status, details) = (status, details)
    self.init(
      name: try status.text("name"), isDryRun: try status.optionalBool("dryRun") ?? false)
    phase = try status.word("phase", as: AnalysisPhase.self)
    message = try status.optionalText("message") ?? ""
    count = try status.integer("count")
    successful = try status.integer("successful")
    failed = try status.integer("failed")
    inconclusive = try status.integer("inconclusive")
    error = try status.integer("error")
    consecutiveError = try status.integer("consecutiveError")
    consecutiveSuccess = try status.integer("consecutiveSuccess")
    metadata = try status.textMap("metadata")
    taken = try details.count("taken")
    let shown = try status.list("measurements")
    let hidden = try details.list("measurements")
    guard shown.count == hidden.count else {
      throw ManifestError(
        "found \(hidden.count) measurements beside \(shown.count) of the status",
        at: details.node, path: details.path)
    }
    for (first, second) in zip(shown, hidden) {
      measurements.append(
        try Measurement(
          metric: name, try first.node.object(at: first.path),
          try second.node.object(at: second.path)))
    }
  }
}

extension Measurement {
  fileprivate var json: JSONValue {
    .object(
      omittingNil: [
        "phase": .string(phase.rawValue), "startedAt": .string(startedAt.rfc3339),
        "finishedAt": finishedAt.map { .string($0.rfc3339) },
        "value": value.isEmpty ? nil : .string(value),
        "message": message.isEmpty ? nil : .string(message),
        "metadata": metadata.isEmpty ? nil : .object(metadata.mapValues(JSONValue.string)),
      ])
  }

  fileprivate var detailJSON: JSONValue {
    .object(
      omittingNil: [
        "number": .integer(Int64(id.number)), "startedAt": JSONValue(startedAt),
        "finishedAt": finishedAt.map { JSONValue($0) },
        "shortfall": shortfall.map { .string($0.rawValue) },
        "comparison": comparison?.json,
      ])
  }

  fileprivate init(
    metric: String, _ status: ManifestObject, _ details: ManifestObject
  ) throws(ManifestError) {
    var (status, details) = (status, details)
    let id = MeasurementID(metric: metric, number: try details.count("number"))
    self.init(
      id: id, startedAt: try details.required("startedAt").time(at: details.path(of: "startedAt")))
    finishedAt = try details.optionalTime("finishedAt")
    phase = try status.word("phase", as: AnalysisPhase.self)
    value = try status.optionalText("value") ?? ""
    message = try status.optionalText("message") ?? ""
    metadata = try status.textMap("metadata")
    if details.optional("shortfall") != nil {
      shortfall = try details.word("shortfall", as: Shortfall.self)
    }
    if let report = try details.optionalObject("comparison") {
      comparison = try ComparisonReport(report)
    }
  }
}
