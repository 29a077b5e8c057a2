package import Manifest
package import Rollouts

/// One object that a router is configured by.
///
///     for object in router.objects(context) { read(object) }
package struct RoutedObject: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case virtualService = "VirtualService"
    case destinationRule = "DestinationRule"
    case ingress = "Ingress"
    case httpRoute = "HTTPRoute"
    case grpcRoute = "GRPCRoute"
    case tcpRoute = "TCPRoute"
    case tlsRoute = "TLSRoute"
  }

  package var kind: Kind
  package var namespace: String
  package var name: String

  package init(_ kind: Kind, namespace: String, name: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }
}

/// What to write so that an object carries a split: the whole object as it should be.
package struct RouterEdit: Equatable, Sendable {
  package var object: RoutedObject
  /// The object the edit was made from; for a canary's Ingress that doesn't exist yet, nil.
  package var before: JSONValue?
  package var after: JSONValue

  package init(object: RoutedObject, before: JSONValue?, after: JSONValue) {
    self.object = object
    self.before = before
    self.after = after
  }

  /// Whether there is anything to write.
  package var isNeeded: Bool { before != after }
}

/// Why a router can't be brought to a split. Nothing was changed.
package enum RouterRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(RoutedObject)
  /// There is no such route, or not exactly one where none is named.
  case noRoute(RoutedObject, String)
  /// A route sends traffic to something that is neither the rollout's nor listed.
  case otherDestination(RoutedObject, route: String, destination: String)
  case unable(router: String, what: String)

  package var description: String {
    switch self {
    case .missing(let object): "\(object.kind.rawValue) \"\(object.name)\" not found"
    case .noRoute(let object, let what): "\(object.kind.rawValue) \"\(object.name)\": \(what)"
    case .otherDestination(let object, let route, let destination):
      "\(object.kind.rawValue) \"\(object.name)\": route \(route) also sends traffic to "
        + "\"\(destination)\", which would lose it; take it out, or list it in the annotation "
        + "\(RoutingContext.otherDestinationsAnnotation) of the Rollout"
    case .unable(let router, let what): "\(router) can't do \(what)"
    }
  }
}

extension RouterPlan {
  /// The objects to read before a split can be written.
  package func objects(_ context: RoutingContext) -> [RoutedObject] {
    switch self {
    case .istio(let plan): IstioRouter(plan: plan, context: context).objects
    case .nginx(let plan): NGINXRouter(plan: plan, context: context).objects
    case .gatewayAPI(let plan): GatewayRouter(plan: plan, context: context).objects
    }
  }

  /// The edits that bring this router to `target`, in the order of writing.
  ///
  /// - Parameter current: the objects named by ``objects(_:)``, as far as they exist.
  package func edits(
    to target: TrafficTarget, context: RoutingContext, current: [RoutedObject: JSONValue]
  ) throws(RouterRefusal) -> [RouterEdit] {
    switch self {
    case .istio(let plan):
      try IstioRouter(plan: plan, context: context).edits(to: target, current: current)
    case .nginx(let plan):
      try NGINXRouter(plan: plan, context: context).edits(to: target, current: current)
    case .gatewayAPI(let plan):
      try GatewayRouter(plan: plan, context: context).edits(to: target, current: current)
    }
  }
}

extension StringMatch {
  /// As Istio spells it: `{exact: ...}`, `{prefix: ...}`, `{regex: ...}`.
  var istio: JSONValue {
    switch self {
    case .exact(let text): ["exact": .string(text)]
    case .prefix(let text): ["prefix": .string(text)]
    case .regex(let text): ["regex": .string(text)]
    }
  }
}
