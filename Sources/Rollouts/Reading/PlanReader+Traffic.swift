internal import Manifest

/// `trafficRouting`.
extension PlanReader {
  mutating func routing(of canary: inout ManifestObject) -> TrafficPlan? {
    guard var object = part("trafficRouting", of: &canary) else { return nil }
    var plan = TrafficPlan(routers: [])
    for var route in objects("managedRoutes", of: &object) {
      if let name = requiredText("name", of: &route) {
        plan.managedRoutes.append(name)
      }
      gatherUnknown(of: route)
    }
    plan.maxWeight = whole("maxTrafficWeight", of: &object) ?? 100
    if let istio = part("istio", of: &object) { plan.routers.append(.istio(read(istio: istio))) }
    if let nginx = part("nginx", of: &object) { plan.routers.append(.nginx(read(nginx: nginx))) }
    plan.routers += plugins(of: &object)
    for name in PlanFields.routersNotBuilt {
      if let router = object.optional(name) {
        refuse(
          "\(name) is not carried out, expected istio, nginx or the plugin "
            + "\(GatewayPlan.pluginName)", at: router, path: object.path(of: name))
      }
    }
    gatherUnknown(of: object)
    if plan.maxWeight == 0 {
      refuse("found 0, expected at least 1", at: object.node, path: "maxTrafficWeight")
      plan.maxWeight = 100
    }
    if plan.routers.isEmpty, object.fields.allSatisfy({ !PlanFields.routersNotBuilt.contains($0) })
    {
      refuse(
        "found no router, expected istio, nginx or the plugin \(GatewayPlan.pluginName)",
        at: object.node, path: object.path)
    }
    return plan
  }

  private mutating func read(istio: ManifestObject) -> IstioPlan {
    var istio = istio
    var services: [IstioPlan.VirtualService] = []
    if let one = part("virtualService", of: &istio) { services.append(read(virtualService: one)) }
    services += objects("virtualServices", of: &istio).map { read(virtualService: $0) }
    var plan = IstioPlan(virtualServices: services)
    if var rule = part("destinationRule", of: &istio) {
      let name = requiredText("name", of: &rule) ?? ""
      let canary = requiredText("canarySubsetName", of: &rule) ?? ""
      let stable = requiredText("stableSubsetName", of: &rule) ?? ""
      plan.destinationRule = IstioPlan.DestinationRule(
        name: name, canarySubset: canary, stableSubset: stable,
        otherSubsets: texts("additionalSubsetNames", of: &rule))
      gatherUnknown(of: rule)
    }
    gatherUnknown(of: istio)
    if services.isEmpty {
      refuse(
        "found no virtualService, expected \"virtualService: {name: ...}\"", at: istio.node,
        path: istio.path)
    }
    return plan
  }

  private mutating func read(virtualService: ManifestObject) -> IstioPlan.VirtualService {
    var object = virtualService
    let text = requiredText("name", of: &object) ?? ""
    // As "name.namespace" it stands in another namespace.
    let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
    var service = IstioPlan.VirtualService(
      name: parts.first ?? "", namespace: parts.count > 1 ? parts[1] : nil)
    service.routes = texts("routes", of: &object)
    service.tlsRoutes = portMatches("tlsRoutes", of: &object)
    service.tcpRoutes = portMatches("tcpRoutes", of: &object)
    gatherUnknown(of: object)
    return service
  }

  private mutating func portMatches(
    _ field: String, of object: inout ManifestObject
  ) -> [IstioPlan.PortMatch] {
    objects(field, of: &object).map { match in
      var match = match
      var result = IstioPlan.PortMatch(port: whole("port", of: &match))
      if field == "tlsRoutes" { result.sniHosts = texts("sniHosts", of: &match) }
      gatherUnknown(of: match)
      return result
    }
  }

  private mutating func read(nginx: ManifestObject) -> NGINXPlan {
    var nginx = nginx
    var plan = NGINXPlan(stableIngresses: texts("stableIngresses", of: &nginx))
    if let one = text("stableIngress", of: &nginx) { plan.stableIngresses.insert(one, at: 0) }
    plan.annotationPrefix = text("annotationPrefix", of: &nginx) ?? plan.annotationPrefix
    plan.additionalAnnotations = textMap("additionalIngressAnnotations", of: &nginx)
    plan.canaryAnnotations = textMap("canaryIngressAnnotations", of: &nginx)
    gatherUnknown(of: nginx)
    if plan.stableIngresses.isEmpty {
      refuse("found no stableIngress", at: nginx.node, path: nginx.path(of: "stableIngress"))
    }
    return plan
  }

  private mutating func plugins(of routing: inout ManifestObject) -> [RouterPlan] {
    guard var plugins = part("plugins", of: &routing) else { return [] }
    var routers: [RouterPlan] = []
    for name in plugins.fields {
      guard let node = plugins.optional(name) else { continue }
      let path = plugins.path(of: name)
      guard name == GatewayPlan.pluginName else {
        refuse(
          "this plugin is not carried out, only \(GatewayPlan.pluginName) is", at: node, path: path)
        continue
      }
      if let gateway = object(node, path) { routers.append(.gatewayAPI(read(gateway: gateway))) }
    }
    return routers
  }

  private mutating func read(gateway: ManifestObject) -> GatewayPlan {
    var gateway = gateway
    var plan = GatewayPlan(routes: [])
    plan.namespace = text("namespace", of: &gateway)
    let isLabelDisabled = flag("disableInProgressLabel", of: &gateway)
    let key = text("inProgressLabelKey", of: &gateway)
    let value = text("inProgressLabelValue", of: &gateway)
    if !isLabelDisabled {
      plan.inProgressLabel = GatewayPlan.Label(
        key: key ?? "rollouts.argoproj.io/gatewayapi-canary", value: value ?? "in-progress")
    }
    gateway.ignore("configMap")
    for kind in GatewayPlan.Route.Kind.allCases {
      let field = "\(kind.rawValue.dropLast(5).lowercased())Route"
      if let name = text(field, of: &gateway) { plan.routes.append(.init(kind, name)) }
      for var route in objects("\(field)s", of: &gateway) {
        let name = requiredText("name", of: &route)
        let takesHeaders = flag("useHeaderRoutes", of: &route)
        gatherUnknown(of: route)
        if let name { plan.routes.append(.init(kind, name, takesHeaderRoutes: takesHeaders)) }
      }
    }
    gatherUnknown(of: gateway)
    if plan.routes.isEmpty {
      refuse("found no route, expected \"httpRoute: ...\"", at: gateway.node, path: gateway.path)
    }
    return plan
  }
}
