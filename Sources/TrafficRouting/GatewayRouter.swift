internal import Manifest
internal import Rollouts

/// Gateway API: weights in the rules of HTTPRoutes, GRPCRoutes, TCPRoutes and TLSRoutes; header
/// routes and mirrors as rules of their own.
struct GatewayRouter {
  let plan: GatewayPlan
  let context: RoutingContext

  var objects: [RoutedObject] { plan.routes.map { object(of: $0) } }

  private func object(of route: GatewayPlan.Route) -> RoutedObject {
    let kind: RoutedObject.Kind =
      switch route.kind {
      case .http: .httpRoute
      case .grpc: .grpcRoute
      case .tcp: .tcpRoute
      case .tls: .tlsRoute
      }
    return RoutedObject(kind, namespace: plan.namespace ?? context.namespace, name: route.name)
  }

  func edits(
    to target: TrafficTarget, current: [RoutedObject: JSONValue]
  ) throws(RouterRefusal) -> [RouterEdit] {
    if !target.headerRoutes.isEmpty, !plan.routes.contains(where: takesHeaders) {
      throw .unable(router: "plugins.\(GatewayPlan.pluginName)", what: "setHeaderRoute")
    }
    if !target.mirrorRoutes.isEmpty, !plan.routes.contains(where: { $0.kind == .http }) {
      throw .unable(router: "plugins.\(GatewayPlan.pluginName)", what: "setMirrorRoute")
    }
    var edits: [RouterEdit] = []
    for route in plan.routes {
      let object = object(of: route)
      guard let before = current[object] else { throw .missing(object) }
      edits.append(
        RouterEdit(
          object: object, before: before,
          after: try edited(before, route, object, to: target)))
    }
    return edits
  }

  /// As the plugin has it: those marked for it, of kinds with headers. A lone route needs no mark.
  private func takesHeaders(_ route: GatewayPlan.Route) -> Bool {
    guard route.kind == .http || route.kind == .grpc else { return false }
    return route.takesHeaderRoutes || plan.routes.count == 1
  }

  private func edited(
    _ route: JSONValue, _ wanted: GatewayPlan.Route, _ object: RoutedObject,
    to target: TrafficTarget
  ) throws(RouterRefusal) -> JSONValue {
    var result = route
    let own = (route[path: "spec", "rules"]?.asArray ?? []).filter { !isManaged($0) }
    var rules: [JSONValue] = []
    var sources: [JSONValue] = []
    for (index, rule) in own.enumerated() {
      let isOurs = !owners(in: rule, target).isEmpty
      if isOurs { sources.append(rule) }
      rules.append(isOurs ? try split(rule, "rules[\(index)]", object, to: target) : rule)
    }
    guard !sources.isEmpty else {
      throw .noRoute(object, "found no rule with the backend \"\(target.stable.service)\"")
    }
    if takesHeaders(wanted) {
      for header in target.headerRoutes {
        rules += sources.enumerated().map { headerRule(header, $0, like: $1, wanted, target) }
      }
    }
    if wanted.kind == .http {
      // Rules with equal matches count in their order, so copies come before what they copy.
      let splits = rules.filter { !isManaged($0) && names(in: $0).contains(target.stable.service) }
      rules =
        target.mirrorRoutes.flatMap { mirror in
          splits.enumerated().map { mirrorRule(mirror, $0, like: $1, target) }
        } + rules
    }
    result[path: "spec", "rules"] = .array(rules)
    if let label = plan.inProgressLabel {
      let isInProgress = target.canary.weight > 0 && target.canary.podHash != target.stable.podHash
      setLabel(label, isInProgress, on: &result)
    }
    return result
  }

  private func setLabel(_ label: GatewayPlan.Label, _ isSet: Bool, on object: inout JSONValue) {
    let key = JSONValue.Step.field(label.key)
    if isSet {
      object[path: "metadata", "labels", key] = .string(label.value)
    } else if object[path: "metadata", "labels", key] != nil {
      object[path: "metadata", "labels", key] = nil
      if object[path: "metadata", "labels"]?.asObject?.isEmpty == true {
        object[path: "metadata", "labels"] = nil
      }
    }
  }

  /// The rollout's own rules bear a managed name, from the second source rule on with its number.
  private func isManaged(_ rule: JSONValue) -> Bool {
    guard let name = rule["name"]?.asString else { return false }
    return context.managedRoutes.contains { managed in
      guard name.hasPrefix(managed) else { return false }
      let rest = name.dropFirst(managed.count)
      return rest.isEmpty || (rest.first == "-" && Int(rest.dropFirst()) != nil)
    }
  }

  /// The Services that make a rule the rollout's: stable's, or both where they take turns.
  private func owners(in rule: JSONValue, _ target: TrafficTarget) -> [String] {
    let owners = [target.stable.service] + (context.takesTurns ? [target.canary.service] : [])
    return names(in: rule).filter(owners.contains)
  }

  private func names(in rule: JSONValue) -> [String] {
    (rule["backendRefs"]?.asArray ?? []).compactMap { $0["name"]?.asString }
  }

  private func split(
    _ rule: JSONValue, _ place: String, _ object: RoutedObject, to target: TrafficTarget
  ) throws(RouterRefusal) -> JSONValue {
    var result: [JSONValue] = []
    var model: JSONValue?
    var missing = [target.stable, target.canary]
    for backend in rule["backendRefs"]?.asArray ?? [] {
      var backend = backend
      let name = backend["name"]?.asString ?? ""
      if name == target.stable.service {
        backend["weight"] = .integer(Int64(target.stable.weight))
        model = backend
        missing.removeAll { $0.service == name }
      } else if name == target.canary.service {
        backend["weight"] = .integer(Int64(target.canary.weight))
        model = model ?? backend
        missing.removeAll { $0.service == name }
      } else if context.isExperiment(name) {
        continue
      } else if !context.otherDestinations.contains(name) {
        throw .otherDestination(object, route: place, destination: name)
      }
      result.append(backend)
    }
    for side in missing + target.additional {
      guard var backend = model else { break }
      backend["name"] = .string(side.service)
      backend["weight"] = .integer(Int64(side.weight))
      result.append(backend)
    }
    var rule = rule
    rule["backendRefs"] = .array(result)
    return rule
  }

  private func name(_ route: String, _ index: Int) -> JSONValue {
    .string(index == 0 ? route : "\(route)-\(index)")
  }

  /// The source rule's backend of stable, pointed at the canary.
  private func canaryBackend(_ rule: JSONValue, _ target: TrafficTarget) -> JSONValue {
    let backends = rule["backendRefs"]?.asArray ?? []
    var backend =
      backends.first { $0["name"]?.asString == target.canary.service }
      ?? backends.first { $0["name"]?.asString == target.stable.service } ?? .object([:])
    backend["name"] = .string(target.canary.service)
    return backend
  }

  private func headerRule(
    _ route: HeaderRoute, _ index: Int, like source: JSONValue, _ wanted: GatewayPlan.Route,
    _ target: TrafficTarget
  ) -> JSONValue {
    var rule = source
    rule["name"] = name(route.name, index)
    var backend = canaryBackend(source, target)
    backend["weight"] = 1
    rule["backendRefs"] = [backend]
    let headers = route.matches.map { header($0) }
    var matches = source["matches"]?.asArray ?? []
    if matches.isEmpty { matches = [[:]] }
    rule["matches"] = .array(
      matches.map { match in
        var match = match
        match["headers"] = .array((match["headers"]?.asArray ?? []) + headers)
        return match
      })
    return rule
  }

  private func header(_ match: HeaderRoute.Match) -> JSONValue {
    var result: JSONValue = ["name": .string(match.header)]
    switch match.value {
    case .exact(let text):
      result["type"] = "Exact"
      result["value"] = .string(text)
    case .regex(let text):
      result["type"] = "RegularExpression"
      result["value"] = .string(text)
    case .prefix(let text):
      result["type"] = "RegularExpression"
      result["value"] = .string("\(escaped(text)).*")
    }
    return result
  }

  private func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\.+*?()|[]{}^$".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  private func mirrorRule(
    _ route: MirrorRoute, _ index: Int, like source: JSONValue, _ target: TrafficTarget
  ) -> JSONValue {
    var rule = source
    rule["name"] = name(route.name, index)
    let sources = source["matches"]?.asArray ?? []
    rule["matches"] = .array(
      route.matches.flatMap { wanted in
        (sources.isEmpty ? [[:]] : sources).map { merged($0, with: wanted) }
      })
    var copy: JSONValue = ["backendRef": canaryBackend(source, target)]
    copy[path: "backendRef", "weight"] = nil
    if route.percentage != 100 { copy["percent"] = .integer(Int64(route.percentage)) }
    let filter: JSONValue = ["type": "RequestMirror", "requestMirror": copy]
    rule["filters"] = .array((source["filters"]?.asArray ?? []) + [filter])
    return rule
  }

  private func merged(_ source: JSONValue, with match: MirrorRoute.Match) -> JSONValue {
    var result = source
    if case .exact(let method)? = match.method { result["method"] = .string(method) }
    switch match.path {
    case .exact(let path): result["path"] = ["type": "Exact", "value": .string(path)]
    case .prefix(let path): result["path"] = ["type": "PathPrefix", "value": .string(path)]
    case .regex(let path): result["path"] = ["type": "RegularExpression", "value": .string(path)]
    case nil: break
    }
    if !match.headers.isEmpty {
      result["headers"] = .array(
        (source["headers"]?.asArray ?? []) + match.headers.map { header($0) })
    }
    return result
  }
}
