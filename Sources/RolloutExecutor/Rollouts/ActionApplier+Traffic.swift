internal import KubernetesClient
internal import Manifest
internal import Rollouts
internal import TrafficRouting

extension ActionApplier {
  /// Brings all routers to a split: reads what they are configured by, and writes what differs.
  func route(_ target: TrafficTarget) async throws(ClusterError) {
    for router in plan.canary.routing?.routers ?? [] {
      for edit in try await edits(of: router, to: target) where edit.isNeeded {
        let kind = try await client.served(ResourceKind(edit.object.kind))
        guard let before = edit.before else {
          try await client.create(edit.after, as: kind, namespace: edit.object.namespace)
          continue
        }
        guard var patch = MergePatch.changing(before, to: edit.after) else { continue }
        // Weights of a route that somebody else edits at this moment must not be mixed with theirs.
        patch[path: "metadata", "resourceVersion"] = .string(before.resourceVersion)
        try await client.patch(
          ObjectReference(kind, edit.object.namespace, edit.object.name), patch)
      }
    }
  }

  /// Why the routers can't be brought to a split; nil when they can.
  func refusal(of target: TrafficTarget) async throws(ClusterError) -> String? {
    do throws(ClusterError) {
      for router in plan.canary.routing?.routers ?? [] {
        _ = try await edits(of: router, to: target)
      }
      return nil
    } catch .configuration(let reason) {
      return reason
    }
  }

  private func edits(
    of router: RouterPlan, to target: TrafficTarget
  ) async throws(ClusterError) -> [RouterEdit] {
    let context = RoutingContext(
      plan: plan, rolloutUID: rollout.uid,
      annotation: rollout.annotation(RoutingContext.otherDestinationsAnnotation))
    var current: [RoutedObject: JSONValue] = [:]
    for object in router.objects(context) {
      let kind = try await client.served(ResourceKind(object.kind))
      do throws(ClusterError) {
        current[object] = try await client.get(
          ObjectReference(kind, object.namespace, object.name))
      } catch {
        guard error.isNotFound else { throw error }
      }
    }
    do throws(RouterRefusal) {
      return try router.edits(to: target, context: context, current: current)
    } catch {
      throw .configuration("\(error)")
    }
  }
}

extension ResourceKind {
  init(_ kind: RoutedObject.Kind) {
    self =
      switch kind {
      case .virtualService: .virtualServices
      case .destinationRule: .destinationRules
      case .ingress: .ingresses
      case .httpRoute: .httpRoutes
      case .grpcRoute: .grpcRoutes
      case .tcpRoute: .tcpRoutes
      case .tlsRoute: .tlsRoutes
      }
  }
}
