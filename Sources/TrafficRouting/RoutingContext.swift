package import Rollouts

/// What all routers need to know besides the split.
package struct RoutingContext: Equatable, Sendable {
  /// The annotation of a Rollout that lists, separated by commas, destinations of others that
  /// share its routes and keep their weights.
  package static let otherDestinationsAnnotation = "rollouts.assay.dev/other-destinations"

  package var rollout: String
  package var namespace: String
  /// `metadata.uid` of the Rollout, for objects that shall go with it; "" leaves their owner out.
  package var rolloutUID: String
  package var managedRoutes: [String]
  package var otherDestinations: Set<String>
  /// Services of experiments that the plan names itself.
  package var experimentServices: Set<String>
  /// The two Services take the roles in turn (`pingPong`), so either of them marks a route as the
  /// rollout's own.
  package var takesTurns = false

  package init(
    rollout: String, namespace: String, rolloutUID: String = "", managedRoutes: [String] = [],
    otherDestinations: Set<String> = [], experimentServices: Set<String> = []
  ) {
    self.rollout = rollout
    self.namespace = namespace
    self.rolloutUID = rolloutUID
    self.managedRoutes = managedRoutes
    self.otherDestinations = otherDestinations
    self.experimentServices = experimentServices
  }

  /// - Parameter annotation: the value of ``otherDestinationsAnnotation`` of the Rollout.
  package init(plan: RolloutPlan, rolloutUID: String = "", annotation: String? = nil) {
    var services: Set<String> = []
    for case .experiment(let use) in plan.canary.steps {
      services.formUnion(use.templates.compactMap(\.service).filter { !$0.isEmpty })
    }
    self.init(
      rollout: plan.name, namespace: plan.namespace, rolloutUID: rolloutUID,
      managedRoutes: plan.canary.routing?.managedRoutes ?? [],
      otherDestinations: Self.otherDestinations(in: annotation), experimentServices: services)
    takesTurns = plan.canary.pingPong != nil
  }

  private static func otherDestinations(in annotation: String?) -> Set<String> {
    Set(
      (annotation ?? "").split(separator: ",").map { part in
        part.filter { $0 != " " }
      })
  }

  /// Whether an experiment of this Rollout put a destination there: a Service the plan names, or
  /// one named `<rollout>-<hash>-<revision>-<step>` and more.
  func isExperiment(_ destination: String) -> Bool {
    if experimentServices.contains(destination) { return true }
    guard destination.hasPrefix("\(rollout)-") else { return false }
    let parts = destination.dropFirst(rollout.count + 1).split(separator: "-")
    guard parts.count >= 3, parts[0].count >= 4,
      parts[0].allSatisfy({ "bcdfghjklmnpqrstvwxz0123456789".contains($0) }),
      Int(parts[1]) != nil
    else { return false }
    return Int(parts[2].prefix { $0 != "." }) != nil
  }
}
