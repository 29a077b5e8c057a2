internal import Manifest

/// The steps that need a router.
extension PlanReader {
  mutating func canaryScale(_ value: ManifestNode, path: String) -> CanaryStep? {
    guard var object = object(value, path) else { return nil }
    let replicas = whole("replicas", of: &object)
    let weight = whole("weight", of: &object)
    let matches = flag("matchTrafficWeight", of: &object)
    gatherUnknown(of: object)
    switch (replicas, weight, matches) {
    case (let replicas?, nil, false): return .setCanaryScale(.replicas(replicas))
    case (nil, let weight?, false): return .setCanaryScale(.weight(weight))
    case (nil, nil, true): return .setCanaryScale(.matchTrafficWeight)
    default:
      refuse(
        "expected exactly one of replicas, weight, \"matchTrafficWeight: true\"", at: value,
        path: path)
      return nil
    }
  }

  mutating func headerRoute(_ value: ManifestNode, path: String) -> CanaryStep? {
    guard var object = object(value, path) else { return nil }
    let name = requiredText("name", of: &object)
    let matches = list("match", of: &object) { $0.headerMatch($1, path: $2) }
    gatherUnknown(of: object)
    return name.map { .setHeaderRoute(HeaderRoute(name: $0, matches: matches)) }
  }

  private mutating func headerMatch(
    _ node: ManifestNode, path: String
  ) -> HeaderRoute.Match? {
    guard var object = object(node, path) else { return nil }
    let header = requiredText("headerName", of: &object)
    let value = attempt { () throws(ManifestError) in try object.required("headerValue") }
    gatherUnknown(of: object)
    guard let header, let value else { return nil }
    return stringMatch(value, path: "\(path).headerValue").map { .init(header: header, value: $0) }
  }

  mutating func mirrorRoute(_ value: ManifestNode, path: String) -> CanaryStep? {
    guard var object = object(value, path) else { return nil }
    let name = requiredText("name", of: &object)
    let percentage = whole("percentage", of: &object) ?? 100
    let matches = list("match", of: &object) { $0.mirrorMatch($1, path: $2) }
    gatherUnknown(of: object)
    if percentage > 100 {
      refuse(
        "found \(percentage), expected a share from 0 to 100", at: value,
        path: "\(path).percentage")
    }
    return name.map {
      .setMirrorRoute(MirrorRoute(name: $0, matches: matches, percentage: min(percentage, 100)))
    }
  }

  private mutating func mirrorMatch(_ node: ManifestNode, path: String) -> MirrorRoute.Match? {
    guard var object = object(node, path) else { return nil }
    var match = MirrorRoute.Match()
    if let method = object.optional("method") {
      match.method = stringMatch(method, path: "\(path).method")
    }
    if let place = object.optional("path") {
      match.path = stringMatch(place, path: "\(path).path")
    }
    if let headers = object.optional("headers") {
      if case .map(let entries) = headers.content {
        for entry in entries.sorted(by: { $0.key < $1.key }) {
          if let value = stringMatch(entry.value, path: "\(path).headers.\(entry.key)") {
            match.headers.append(.init(header: entry.key, value: value))
          }
        }
      } else {
        refuse(
          "found \(headers.kindName), expected an object", at: headers, path: "\(path).headers")
      }
    }
    gatherUnknown(of: object)
    if match == MirrorRoute.Match() {
      refuse("expected at least one of method, path, headers", at: node, path: path)
      return nil
    }
    return match
  }

  private mutating func stringMatch(_ node: ManifestNode, path: String) -> StringMatch? {
    guard var object = object(node, path) else { return nil }
    let exact = text("exact", of: &object)
    let prefix = text("prefix", of: &object)
    let regex = text("regex", of: &object)
    gatherUnknown(of: object)
    switch (exact, prefix, regex) {
    case (let text?, nil, nil): return .exact(text)
    case (nil, let text?, nil): return .prefix(text)
    case (nil, nil, let text?): return .regex(text)
    default:
      refuse("expected exactly one of exact, prefix, regex", at: node, path: path)
      return nil
    }
  }
}
