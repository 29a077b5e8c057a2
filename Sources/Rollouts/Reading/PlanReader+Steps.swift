internal import Analysis
internal import Manifest
internal import MetricModel

extension PlanReader {
  /// One step; nil when it is refused.
  mutating func step(in node: ManifestNode, path: String) -> CanaryStep? {
    guard var object = object(node, path) else { return nil }
    let known = object.fields.filter { PlanFields.steps.contains($0) }
    for field in PlanFields.steps { object.ignore(field) }
    gatherUnknown(of: object)
    guard known.count == 1, let field = known.first else {
      if known.isEmpty, !object.fields.isEmpty { return nil }
      refuse(
        "found \(known.isEmpty ? "nothing" : known.joined(separator: " and ")) in one step, "
          + "expected exactly one of \(PlanFields.steps.joined(separator: ", "))",
        at: node, path: path)
      return nil
    }
    let fieldPath = object.path(of: field)
    guard let value = object.optional(field) else {
      refuse(
        field == "pause"
          ? "found nothing; write \"pause: {}\" to wait for a person" : "found nothing",
        at: node, path: fieldPath)
      return nil
    }
    switch field {
    case "setWeight": return setWeight(value, path: fieldPath)
    case "pause": return pause(value, path: fieldPath)
    case "analysis":
      return analysisUse(value, path: fieldPath, extraFields: []).map { .analysis($0.use) }
    case "experiment": return experimentUse(value, path: fieldPath).map { .experiment($0) }
    case "setCanaryScale": return canaryScale(value, path: fieldPath)
    case "setHeaderRoute": return headerRoute(value, path: fieldPath)
    case "setMirrorRoute": return mirrorRoute(value, path: fieldPath)
    default:
      refuse("step plugins are not carried out", at: value, path: fieldPath)
      return nil
    }
  }

  private mutating func setWeight(_ value: ManifestNode, path: String) -> CanaryStep? {
    guard let weight = attempt({ () throws(ManifestError) in try value.integer(at: path) }) else {
      return nil
    }
    guard (0...Int64(weightMax)).contains(weight) else {
      refuse("found \(weight), expected a weight from 0 to \(weightMax)", at: value, path: path)
      return nil
    }
    return .setWeight(Int(weight))
  }

  private mutating func pause(_ value: ManifestNode, path: String) -> CanaryStep? {
    guard var object = object(value, path) else { return nil }
    let duration = object.optional("duration")
    let durationPath = object.path(of: "duration")
    gatherUnknown(of: object)
    guard let duration else { return .pause(nil) }
    return length(duration, path: durationPath).map { .pause($0) }
  }
}
