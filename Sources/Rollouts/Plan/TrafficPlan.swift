/// `trafficRouting`: who splits the traffic, and what may be asked of them.
package struct TrafficPlan: Equatable, Sendable {
  /// All of them get the same weights.
  package var routers: [RouterPlan]
  /// The routes a step may make, in their order of precedence.
  package var managedRoutes: [String]
  /// What weights are parts of.
  package var maxWeight: Int

  package init(routers: [RouterPlan], managedRoutes: [String] = [], maxWeight: Int = 100) {
    self.routers = routers
    self.managedRoutes = managedRoutes
    self.maxWeight = maxWeight
  }
}

/// One router with the objects it is configured by.
package enum RouterPlan: Equatable, Sendable {
  case istio(IstioPlan)
  case nginx(NGINXPlan)
  case gatewayAPI(GatewayPlan)

  /// As in the manifest.
  package var name: String {
    switch self {
    case .istio: "istio"
    case .nginx: "nginx"
    case .gatewayAPI: "plugins.\(GatewayPlan.pluginName)"
    }
  }

  package enum Ability: String, Hashable, Sendable, CaseIterable {
    case headerRoutes = "setHeaderRoute"
    case mirrorRoutes = "setMirrorRoute"
    case experimentWeights = "experiment weights"
  }

  /// What it can do besides weights. A step that needs more is refused when the plan is read.
  package var abilities: Set<Ability> {
    switch self {
    case .istio: Set(Ability.allCases)
    case .nginx: []
    case .gatewayAPI(let plan):
      plan.routes.contains { $0.kind == .http }
        ? Set(Ability.allCases)
        : plan.routes.contains { $0.kind == .grpc } ? [.headerRoutes, .experimentWeights] : []
    }
  }
}

/// `trafficRouting.istio`.
package struct IstioPlan: Equatable, Sendable {
  package struct VirtualService: Hashable, Sendable {
    /// `name`, or `name.namespace`.
    package var name: String
    /// nil for the Rollout's own.
    package var namespace: String?
    /// Names of http routes; none means the only one there is.
    package var routes: [String]
    package var tlsRoutes: [PortMatch]
    package var tcpRoutes: [PortMatch]

    package init(
      name: String, namespace: String? = nil, routes: [String] = [], tlsRoutes: [PortMatch] = [],
      tcpRoutes: [PortMatch] = []
    ) {
      self.name = name
      self.namespace = namespace
      self.routes = routes
      self.tlsRoutes = tlsRoutes
      self.tcpRoutes = tcpRoutes
    }
  }

  /// Chooses a tls or tcp route, which have no names.
  package struct PortMatch: Hashable, Sendable {
    package var port: Int?
    package var sniHosts: [String]

    package init(port: Int? = nil, sniHosts: [String] = []) {
      self.port = port
      self.sniHosts = sniHosts
    }
  }

  package struct DestinationRule: Hashable, Sendable {
    package var name: String
    package var canarySubset: String
    package var stableSubset: String
    /// Subsets of others, which stay.
    package var otherSubsets: [String]

    package init(
      name: String, canarySubset: String, stableSubset: String, otherSubsets: [String] = []
    ) {
      self.name = name
      self.canarySubset = canarySubset
      self.stableSubset = stableSubset
      self.otherSubsets = otherSubsets
    }
  }

  package var virtualServices: [VirtualService]
  /// nil where the split is by host.
  package var destinationRule: DestinationRule?

  package init(virtualServices: [VirtualService], destinationRule: DestinationRule? = nil) {
    self.virtualServices = virtualServices
    self.destinationRule = destinationRule
  }
}

/// `trafficRouting.nginx`.
package struct NGINXPlan: Hashable, Sendable {
  package var stableIngresses: [String]
  package var annotationPrefix: String
  /// Annotations of the canary's Ingress besides those of the weight, without prefix.
  package var additionalAnnotations: [String: String]
  /// Annotations of the canary's Ingress, as they are.
  package var canaryAnnotations: [String: String]

  package init(
    stableIngresses: [String], annotationPrefix: String = "nginx.ingress.kubernetes.io",
    additionalAnnotations: [String: String] = [:], canaryAnnotations: [String: String] = [:]
  ) {
    self.stableIngresses = stableIngresses
    self.annotationPrefix = annotationPrefix
    self.additionalAnnotations = additionalAnnotations
    self.canaryAnnotations = canaryAnnotations
  }
}

/// `trafficRouting.plugins.argoproj-labs/gatewayAPI`.
package struct GatewayPlan: Hashable, Sendable {
  package static let pluginName = "argoproj-labs/gatewayAPI"

  package struct Route: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      case http = "HTTPRoute"
      case grpc = "GRPCRoute"
      case tcp = "TCPRoute"
      case tls = "TLSRoute"
    }

    package var kind: Kind
    package var name: String
    /// Whether header rules are added to it.
    package var takesHeaderRoutes: Bool

    package init(_ kind: Kind, _ name: String, takesHeaderRoutes: Bool = false) {
      self.kind = kind
      self.name = name
      self.takesHeaderRoutes = takesHeaderRoutes
    }
  }

  package var routes: [Route]
  /// nil for the Rollout's own.
  package var namespace: String?
  /// The label put on routes while the canary has a weight, with its value; nil for none.
  package var inProgressLabel: Label?

  package struct Label: Hashable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  package init(routes: [Route], namespace: String? = nil, inProgressLabel: Label? = nil) {
    self.routes = routes
    self.namespace = namespace
    self.inProgressLabel = inProgressLabel
  }
}
