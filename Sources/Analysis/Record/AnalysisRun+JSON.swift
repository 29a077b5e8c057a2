package import Manifest
internal import MetricModel

/// The whole state of a run as an AnalysisRun object of Argo's, and back.
///
///     let document = run.json            // kubectl can show it, Argo's dashboard too
///     let same = try AnalysisRun(restoring: document.manifestNode, secrets: secrets)
///
/// `spec` and `status` are Argo's. What Argo's schema has no place for is under `assay`: times to
/// the millisecond, resolved arguments, and what comparisons found.
extension AnalysisRun {
  /// The field beside `spec` and `status`.
  static let extensionField = "assay"

  package var json: JSONValue {
    .object([
      "apiVersion": .string(AnalysisTemplate.apiVersion),
      "kind": .string(AnalysisTemplate.Kind.run.rawValue),
      "metadata": .object(["name": .string(name)]),
      "spec": spec.json,
      "status": status,
      Self.extensionField: .object(
        omittingNil: [
          "version": .integer(1),
          "openedAt": openedAt.map { JSONValue($0) },
          "startedAt": startedAt.map { JSONValue($0) },
          "completedAt": completedAt.map { JSONValue($0) },
          "terminated": .bool(isTerminated),
          "budgetShare": spec.budgetShare.map { JSONValue(exact: $0) },
          "obstacle": obstacle.map(JSONValue.string),
          "arguments": .object(
            arguments.openValues(of: spec.arguments).mapValues(JSONValue.string)),
          "compatibility": .array(
            spec.metrics.map { .string($0.compatibility.rawValue) }),
          "critical": .array(
            spec.metrics.filter(\.isCritical).map { .string($0.name) }),
          "results": .array(results.map(\.detailJSON)),
        ]),
    ])
  }

  /// `status` as Argo's controller writes it.
  package var status: JSONValue {
    .object(
      omittingNil: [
        "phase": .string(phase.rawValue),
        "message": message.isEmpty ? nil : .string(message),
        "startedAt": startedAt.map { .string($0.rfc3339) },
        "completedAt": completedAt.map { .string($0.rfc3339) },
        "runSummary": runSummary.json,
        "dryRunSummary": dryRunSummary.json,
        "metricResults": results.isEmpty ? nil : .array(results.map(\.json)),
      ])
  }

  /// Takes up a run where `json` was written.
  ///
  /// - Parameter secrets: values of the secrets that the run's arguments point to; one that is
  ///   missing is an error, unless `isForReading`, when stars stand for it.
  /// - Throws: `ManifestError` for what isn't such a document.
  package init(
    restoring document: ManifestNode, secrets: [Argument.Origin: String] = [:],
    isForReading: Bool = false
  ) throws(ManifestError) {
    var template = try AnalysisTemplate(document)
    var root = try document.object(at: "")
    var details = try root.object(Self.extensionField)
    guard try details.integer("version") == 1 else {
      throw ManifestError(
        "found a record of another version, expected 1", at: details.node, path: details.path)
    }
    for (index, (node, path)) in try details.list("compatibility").enumerated() {
      let text = try node.text(at: path)
      guard template.spec.metrics.indices.contains(index),
        let mode = Compatibility(rawValue: text)
      else { throw ManifestError("found \"\(text)\" in excess", at: node, path: path) }
      template.spec.metrics[index].compatibility = mode
    }
    for (node, path) in try details.list("critical") {
      let name = try node.text(at: path)
      for index in template.spec.metrics.indices where template.spec.metrics[index].name == name {
        template.spec.metrics[index].isCritical = true
      }
    }
    template.spec.budgetShare = try details.optionalExactNumber("budgetShare")
    let arguments = try ResolvedArguments(
      restoring: try details.textMap("arguments"), template.spec.arguments, secrets,
      isForReading: isForReading, at: document)
    self.init(
      name: template.name, spec: template.spec, arguments: arguments,
      obstacle: try details.optionalText("obstacle"))
    isTerminated = try details.optionalBool("terminated") ?? false
    openedAt = try details.optionalTime("openedAt")
    startedAt = try details.optionalTime("startedAt")
    completedAt = try details.optionalTime("completedAt")
    var status = try root.object("status")
    phase = try status.word("phase", as: AnalysisPhase.self)
    message = try status.optionalText("message") ?? ""
    runSummary = try RunSummary(try status.object("runSummary"))
    dryRunSummary = try RunSummary(try status.object("dryRunSummary"))
    let metrics = try status.list("metricResults")
    let found = try details.list("results")
    guard metrics.count == found.count else {
      throw ManifestError(
        "found \(found.count) results beside \(metrics.count) of the status", at: details.node,
        path: details.path(of: "results"))
    }
    for (metric, detail) in zip(metrics, found) {
      results.append(
        try MetricResult(
          try metric.node.object(at: metric.path), try detail.node.object(at: detail.path)))
    }
  }
}

extension ResolvedArguments {
  /// All values but those of secrets.
  func openValues(of arguments: [Argument]) -> [String: String] {
    let hidden = arguments.filter { if case .secret = $0.origin { true } else { false } }
    let names = Set(hidden.map { "args.\($0.name)" })
    return values.filter { !names.contains($0.key) }
  }

  init(
    restoring open: [String: String], _ arguments: [Argument],
    _ known: [Argument.Origin: String], isForReading: Bool, at document: ManifestNode
  ) throws(ManifestError) {
    var values = open
    var secrets: [String] = []
    for argument in arguments {
      guard let origin = argument.origin, case .secret(let name, let key) = origin else { continue }
      guard let value = known[origin] ?? (isForReading ? "*****" : nil) else {
        throw ManifestError(
          "secret \"\(name)\" has no key \"\(key)\" here", at: document,
          path: "spec.args[\(argument.name)]")
      }
      values["args.\(argument.name)"] = value
      secrets.append(value)
    }
    self.init(values: values, secrets: secrets)
  }
}

extension RunSummary {
  fileprivate var json: JSONValue {
    .object(
      Dictionary(
        uniqueKeysWithValues: [
          ("count", count), ("successful", successful), ("failed", failed),
          ("inconclusive", inconclusive), ("error", error),
        ].map { ($0.0, JSONValue.integer(Int64($0.1))) }))
  }

  fileprivate init(_ object: ManifestObject) throws(ManifestError) {
    self.init()
    var object = object
    count = try object.count("count")
    successful = try object.count("successful")
    failed = try object.count("failed")
    inconclusive = try object.count("inconclusive")
    error = try object.count("error")
  }
}
