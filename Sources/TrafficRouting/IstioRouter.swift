internal import Manifest
internal import Rollouts

/// Istio: weights in the routes of VirtualServices, split by host or by subset; the subsets' labels
/// in a DestinationRule.
struct IstioRouter {
  let plan: IstioPlan
  let context: RoutingContext

  /// Marks DestinationRules, as Argo does.
  static let managedBy = "argo-rollouts.argoproj.io/managed-by-rollouts"
  static let hashLabel = "rollouts-pod-template-hash"

  var objects: [RoutedObject] {
    let rules = plan.destinationRule.map { [object(of: $0)] } ?? []
    return rules + plan.virtualServices.map { object(of: $0) }
  }

  private func object(of service: IstioPlan.VirtualService) -> RoutedObject {
    RoutedObject(
      .virtualService, namespace: service.namespace ?? context.namespace, name: service.name)
  }

  private func object(of rule: IstioPlan.DestinationRule) -> RoutedObject {
    RoutedObject(.destinationRule, namespace: context.namespace, name: rule.name)
  }

  /// Subsets are made before weights point at them, and taken away after no weight does.
  func edits(
    to target: TrafficTarget, current: [RoutedObject: JSONValue]
  ) throws(RouterRefusal) -> [RouterEdit] {
    var services: [RouterEdit] = []
    for service in plan.virtualServices {
      let object = object(of: service)
      guard let before = current[object] else { throw .missing(object) }
      var after = before
      try edit(&after, service, object, to: target)
      services.append(RouterEdit(object: object, before: before, after: after))
    }
    guard let rule = plan.destinationRule else { return services }
    let object = object(of: rule)
    guard let before = current[object] else { throw .missing(object) }
    let edit = RouterEdit(
      object: object, before: before, after: edited(before, rule, to: target))
    return target.additional.isEmpty && subsets(in: before) > subsets(in: edit.after)
      ? services + [edit] : [edit] + services
  }

  private func subsets(in rule: JSONValue) -> Int {
    rule[path: "spec", "subsets"]?.asArray?.count ?? 0
  }

  private func edit(
    _ object: inout JSONValue, _ service: IstioPlan.VirtualService, _ name: RoutedObject,
    to target: TrafficTarget
  ) throws(RouterRefusal) {
    let isHTTPNamed = !service.routes.isEmpty
    var count = 0
    let hasOther = !service.tlsRoutes.isEmpty || !service.tcpRoutes.isEmpty
    if var routes = object[path: "spec", "http"]?.asArray, !routes.isEmpty,
      isHTTPNamed || !hasOther
    {
      routes.removeAll { isManaged($0) }
      var primary: [JSONValue] = []
      for index in try chosen(routes, service.routes, name) {
        try split(&routes[index], "http", name, to: target)
        primary.append(routes[index])
      }
      count += primary.count
      routes = managedRoutes(primary, to: target) + routes
      object[path: "spec", "http"] = .array(routes)
    } else if isHTTPNamed {
      throw .noRoute(name, "found no http routes")
    }
    for (field, matches) in [("tls", service.tlsRoutes), ("tcp", service.tcpRoutes)] {
      guard var routes = object[path: ["spec", .field(field)]]?.asArray, !routes.isEmpty else {
        if !matches.isEmpty { throw .noRoute(name, "found no \(field) routes") }
        continue
      }
      if matches.isEmpty, isHTTPNamed || hasOther || routes.count != 1 { continue }
      for index in routes.indices where matches.isEmpty || fits(routes[index], matches) {
        try split(&routes[index], field, name, to: target)
        count += 1
      }
      object[path: ["spec", .field(field)]] = .array(routes)
    }
    if count == 0 { throw .noRoute(name, "found no route to split") }
  }

  private func isManaged(_ route: JSONValue) -> Bool {
    route["name"]?.asString.map(context.managedRoutes.contains) ?? false
  }

  /// The http routes by name, or the only one there is.
  private func chosen(
    _ routes: [JSONValue], _ names: [String], _ object: RoutedObject
  ) throws(RouterRefusal) -> [Int] {
    if names.isEmpty {
      guard routes.count == 1 else {
        throw .noRoute(
          object, "found \(routes.count) http routes, expected the plan to name those to split")
      }
      return [0]
    }
    var result: [Int] = []
    for name in names {
      guard let index = routes.firstIndex(where: { $0["name"]?.asString == name }) else {
        throw .noRoute(object, "found no http route \"\(name)\"")
      }
      result.append(index)
    }
    return result
  }

  private func fits(_ route: JSONValue, _ wanted: [IstioPlan.PortMatch]) -> Bool {
    wanted.contains { wanted in
      (route["match"]?.asArray ?? []).contains { match in
        let port = match["port"]?.asInteger.map(Int.init)
        let hosts = (match["sniHosts"]?.asArray ?? []).compactMap(\.asString)
        return (wanted.port == nil || wanted.port == port)
          && (wanted.sniHosts.isEmpty || Set(wanted.sniHosts) == Set(hosts))
      }
    }
  }

  /// Writes the weights of one route's destinations.
  private func split(
    _ route: inout JSONValue, _ kind: String, _ object: RoutedObject, to target: TrafficTarget
  ) throws(RouterRefusal) {
    let old = route["route"]?.asArray ?? []
    let name = route["name"]?.asString.map { "\"\($0)\"" } ?? kind
    var stable: JSONValue?
    var canary: JSONValue?
    var others: [JSONValue] = []
    for destination in old {
      if isStable(destination, target) {
        stable = destination
      } else if isCanary(destination, target) {
        canary = destination
      } else if context.otherDestinations.contains(label(destination)) {
        others.append(destination)
      } else if !isExperiment(destination) {
        throw .otherDestination(object, route: name, destination: label(destination))
      }
    }
    let isStableNew = stable == nil
    if stable == nil, context.takesTurns, plan.destinationRule == nil, let canary {
      stable = self.destination(of: target.stable, like: canary)
    }
    guard var stable else {
      throw .noRoute(
        object, "route \(name) has no destination \"\(stableName(target))\"")
    }
    var new = canary ?? self.destination(of: target.canary, like: stable)
    let lent = others.reduce(0) { $0 + Int(clamping: $1["weight"]?.asInteger ?? 0) }
    let pool = max(0, 100 - min(100, max(0, lent)))
    let weight = target.canary.weight * pool / max(1, target.maxWeight)
    new["weight"] = .integer(Int64(weight))
    var rest = pool - weight
    var list: [JSONValue] = []
    for destination in target.additional {
      var entry = self.additional(destination, like: stable)
      let share = min(rest, destination.weight * pool / max(1, target.maxWeight))
      entry["weight"] = .integer(Int64(share))
      rest -= share
      list.append(entry)
    }
    stable["weight"] = .integer(Int64(rest))
    // Each keeps its place.
    var result: [JSONValue] = []
    for destination in old {
      if isStable(destination, target) {
        result.append(stable)
      } else if isCanary(destination, target) {
        result.append(new)
      } else if context.otherDestinations.contains(label(destination)) {
        result.append(destination)
      }
    }
    if isStableNew { result.append(stable) }
    if canary == nil { result.append(new) }
    route["route"] = .array(result + list)
  }

  private func host(_ destination: JSONValue) -> String {
    destination[path: "destination", "host"]?.asString ?? ""
  }

  private func subset(_ destination: JSONValue) -> String? {
    destination[path: "destination", "subset"]?.asString
  }

  /// What messages and the list of others call a destination.
  private func label(_ destination: JSONValue) -> String {
    subset(destination).map { "\(host(destination)):\($0)" } ?? host(destination)
  }

  /// A Service's short name, or one with its namespace and domain.
  private func means(_ host: String, _ service: String) -> Bool {
    !service.isEmpty && (host == service || host.hasPrefix("\(service).\(context.namespace)"))
  }

  private func isStable(_ destination: JSONValue, _ target: TrafficTarget) -> Bool {
    if let rule = plan.destinationRule { return subset(destination) == rule.stableSubset }
    return means(host(destination), target.stable.service)
  }

  private func isCanary(_ destination: JSONValue, _ target: TrafficTarget) -> Bool {
    if let rule = plan.destinationRule { return subset(destination) == rule.canarySubset }
    return means(host(destination), target.canary.service)
  }

  /// An experiment's destination of an earlier split.
  private func isExperiment(_ destination: JSONValue) -> Bool {
    context.isExperiment(
      plan.destinationRule == nil ? host(destination) : subset(destination) ?? "")
  }

  private func stableName(_ target: TrafficTarget) -> String {
    plan.destinationRule?.stableSubset ?? target.stable.service
  }

  private func destination(
    of side: TrafficTarget.Destination, like stable: JSONValue
  ) -> JSONValue {
    var result = stable
    if let rule = plan.destinationRule {
      result[path: "destination", "subset"] = .string(rule.canarySubset)
    } else {
      result[path: "destination", "host"] = .string(side.service)
    }
    return result
  }

  private func additional(
    _ side: TrafficTarget.Destination, like stable: JSONValue
  ) -> JSONValue {
    var result = stable
    if plan.destinationRule != nil {
      result[path: "destination", "subset"] = .string(side.service)
    } else {
      result[path: "destination", "host"] = .string(side.service)
    }
    return result
  }

  /// Header and mirror routes, in the order of `managedRoutes`, before all others.
  private func managedRoutes(
    _ primary: [JSONValue], to target: TrafficTarget
  ) -> [JSONValue] {
    context.managedRoutes.flatMap { name in
      if let route = target.headerRoutes.first(where: { $0.name == name }) {
        return primary.prefix(1).map { headerRoute(route, like: $0, target) }
      }
      if let route = target.mirrorRoutes.first(where: { $0.name == name }) {
        return primary.prefix(1).map { mirrorRoute(route, like: $0, target) }
      }
      return []
    }
  }

  private func canaryDestination(_ primary: JSONValue, _ target: TrafficTarget) -> JSONValue {
    let list = primary["route"]?.asArray ?? []
    return list.first { isCanary($0, target) }?["destination"] ?? .null
  }

  private func headerRoute(
    _ route: HeaderRoute, like primary: JSONValue, _ target: TrafficTarget
  ) -> JSONValue {
    var headers = JSONValue.object([:])
    for match in route.matches { headers[match.header] = match.value.istio }
    return [
      "name": .string(route.name), "match": [["headers": headers]],
      "route": [["destination": canaryDestination(primary, target), "weight": 100]],
    ]
  }

  private func mirrorRoute(
    _ route: MirrorRoute, like primary: JSONValue, _ target: TrafficTarget
  ) -> JSONValue {
    var result = primary
    result["name"] = .string(route.name)
    result["match"] = .array(
      route.matches.map { match in
        var value = JSONValue.object([:])
        if let method = match.method { value["method"] = method.istio }
        if let path = match.path { value["uri"] = path.istio }
        if !match.headers.isEmpty {
          var headers = JSONValue.object([:])
          for header in match.headers { headers[header.header] = header.value.istio }
          value["headers"] = headers
        }
        return value
      })
    result["mirror"] = canaryDestination(primary, target)
    result["mirrorPercentage"] = ["value": .integer(Int64(route.percentage))]
    return result
  }

  /// The subsets' labels, and those of experiments; subsets of others stay when they are listed.
  private func edited(
    _ rule: JSONValue, _ wanted: IstioPlan.DestinationRule, to target: TrafficTarget
  ) -> JSONValue {
    var result = rule
    var subsets = rule[path: "spec", "subsets"]?.asArray ?? []
    subsets.removeAll { subset in
      let name = subset["name"]?.asString ?? ""
      return context.isExperiment(name) && !wanted.otherSubsets.contains(name)
        && !target.additional.contains { $0.service == name }
    }
    let sides =
      [(wanted.canarySubset, target.canary.podHash), (wanted.stableSubset, target.stable.podHash)]
      + target.additional.map { ($0.service, $0.podHash) }
    for (name, podHash) in sides {
      if let index = subsets.firstIndex(where: { $0["name"]?.asString == name }) {
        subsets[index][path: "labels", .field(Self.hashLabel)] = .string(podHash)
      } else {
        subsets.append([
          "name": .string(name), "labels": .object([Self.hashLabel: .string(podHash)]),
        ])
      }
    }
    result[path: "spec", "subsets"] = .array(subsets)
    result[path: "metadata", "annotations", .field(Self.managedBy)] = .string(context.rollout)
    return result
  }
}
