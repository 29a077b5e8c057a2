internal import Analysis
internal import Manifest
internal import MetricModel
internal import Rollouts

extension Scenario {
  static func entry(
    _ node: ManifestNode, path: String
  ) throws(ManifestError) -> Entry.Kind {
    if let word = node.asText {
      if word == "restart" { return .restart }
      guard let request = RolloutRequest(rawValue: word) else {
        let known = RolloutRequest.allCases.map(\.rawValue).joined(separator: ", ")
        throw ManifestError(
          "found \"\(word)\", expected restart, \(known) or an object", at: node, path: path)
      }
      return .request(request)
    }
    var object = try node.object(at: path)
    guard object.fields.count == 1, let field = object.fields.first else {
      throw ManifestError(
        "found \(object.fields.count) fields, expected one", at: node, path: path)
    }
    let value = try object.required(field)
    let place = object.path(of: field)
    switch field {
    case "undo": return .undo(try value.text(at: place))
    case "config": return try config(value, place)
    case "update": return .update(try value.text(at: place))
    case "patch": return .patch(JSONValue(value))
    case "replicas": return .patch(["spec": ["replicas": .integer(try value.integer(at: place))]])
    case "wait": return .wait(try length(value, place))
    case "hold": return .hold(try tags(value, place))
    case "ready": return .ready(try counts(value, place))
    case "runs": return .runs(try phases(value, place))
    case "experiment": return try experiment(value, place)
    case "service": return try service(value, place)
    case "router": return try router(value, place)
    case "others": return .others(try value.text(at: place))
    case "workload": return .workload(Int(clamping: try value.integer(at: place)))
    case "refusal": return .refusal(value.asText.flatMap { $0 == "none" ? nil : $0 })
    case "expect": return .expect(try Expectation(value, path: place))
    default:
      throw ManifestError(
        "unknown event, known: update, undo, config, patch, replicas, wait, hold, ready, runs, "
          + "experiment, service, router, others, workload, refusal, expect", at: value,
        path: place)
    }
  }

  private static func length(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> Milliseconds {
    let text = try node.integerOrText(at: path)
    if let seconds = Int64(text), seconds >= 0 { return .seconds(seconds) }
    guard let length = Milliseconds(parsing: text) else {
      throw ManifestError(
        "found \"\(text)\", expected a length of time such as 90s", at: node, path: path)
    }
    return length
  }

  private static func tags(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> [String] {
    if let text = node.asText { return [text] }
    var result: [String] = []
    for element in try node.list(at: path) { result.append(try element.text(at: path)) }
    return result
  }

  static func counts(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> [String: Int] {
    var object = try node.object(at: path)
    var result: [String: Int] = [:]
    for field in object.fields {
      result[field] = Int(clamping: try object.required(field).integer(at: object.path(of: field)))
    }
    return result
  }

  static func phases(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> [String: AnalysisPhase] {
    if node.asText != nil { return ["*": try phase(node, path)] }
    var object = try node.object(at: path)
    var result: [String: AnalysisPhase] = [:]
    for field in object.fields {
      result[field] = try phase(try object.required(field), object.path(of: field))
    }
    return result
  }

  private static func phase(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> AnalysisPhase {
    let text = try node.text(at: path)
    guard let phase = AnalysisPhase(rawValue: text) else {
      let known = AnalysisPhase.allCases.map(\.rawValue).joined(separator: ", ")
      throw ManifestError("found \"\(text)\", expected one of \(known)", at: node, path: path)
    }
    return phase
  }

  private static func experiment(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> Entry.Kind {
    if node.asText != nil { return .experiment(try phase(node, path), services: [:]) }
    var object = try node.object(at: path)
    let phase = try phase(try object.required("phase"), object.path(of: "phase"))
    let services = try object.textMap("services")
    try object.finish()
    return .experiment(phase, services: services)
  }

  /// `{configMap: shop, content: second, becomes: v2}`, or `secret`.
  private static func config(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> Entry.Kind {
    var object = try node.object(at: path)
    let name = try object.optionalText("configMap")
    let secret = try object.optionalText("secret")
    let content = try object.text("content")
    let tag = try object.text("becomes")
    try object.finish()
    guard
      let reference = name.map({ ConfigReference(.configMap, $0) })
        ?? secret.map({ ConfigReference(.secret, $0) })
    else { throw ManifestError("expected configMap or secret", at: node, path: path) }
    return .config(reference, content: content, tag: tag)
  }

  private static func service(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> Entry.Kind {
    var object = try node.object(at: path)
    let name = try object.text("name")
    let selects = try object.optionalText("selects") ?? ""
    try object.finish()
    return .service(name: name, tag: selects)
  }

  /// `{at: [spec, http, 0, ...], value: ...}`, in the only router object there is.
  private static func router(
    _ node: ManifestNode, _ path: String
  ) throws(ManifestError) -> Entry.Kind {
    var object = try node.object(at: path)
    var steps: [JSONValue.Step] = []
    for (step, place) in try object.list("at") {
      if case .integer(let index) = step.content {
        steps.append(.index(Int(clamping: index)))
      } else {
        steps.append(.field(try step.text(at: place)))
      }
    }
    let value = JSONValue(try object.required("value"))
    try object.finish()
    return .router(path: steps, value: value)
  }
}
