internal import Manifest
internal import Rollouts

/// NGINX Ingress: beside each stable Ingress a second one for the canary, whose annotations carry
/// the weight.
struct NGINXRouter {
  let plan: NGINXPlan
  let context: RoutingContext

  var objects: [RoutedObject] {
    plan.stableIngresses.flatMap { [ingress($0), ingress(canaryName($0))] }
  }

  private func ingress(_ name: String) -> RoutedObject {
    RoutedObject(.ingress, namespace: context.namespace, name: name)
  }

  /// `<rollout>-<ingress>-canary`, within the 253 characters of a name.
  private func canaryName(_ stable: String) -> String {
    "\("\(context.rollout)-\(stable)".prefix(246))-canary"
  }

  func edits(
    to target: TrafficTarget, current: [RoutedObject: JSONValue]
  ) throws(RouterRefusal) -> [RouterEdit] {
    if !target.headerRoutes.isEmpty { throw .unable(router: "nginx", what: "setHeaderRoute") }
    if !target.mirrorRoutes.isEmpty { throw .unable(router: "nginx", what: "setMirrorRoute") }
    if !target.additional.isEmpty { throw .unable(router: "nginx", what: "experiment weights") }
    var edits: [RouterEdit] = []
    for name in plan.stableIngresses {
      guard let stable = current[ingress(name)] else { throw .missing(ingress(name)) }
      let object = ingress(canaryName(name))
      let before = current[object]
      edits.append(
        RouterEdit(
          object: object, before: before,
          after: try canary(of: stable, named: name, before: before, to: target)))
    }
    return edits
  }

  private func canary(
    of stable: JSONValue, named name: String, before: JSONValue?, to target: TrafficTarget
  ) throws(RouterRefusal) -> JSONValue {
    var result =
      before ?? [
        "apiVersion": stable["apiVersion"] ?? "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": [
          "name": .string(canaryName(name)), "namespace": .string(context.namespace),
        ],
      ]
    var spec = stable["spec"] ?? [:]
    var found = 0
    let rules = (spec["rules"]?.asArray ?? []).compactMap { rule -> JSONValue? in
      var rule = rule
      let paths = (rule[path: "http", "paths"]?.asArray ?? []).compactMap { path -> JSONValue? in
        guard path[path: "backend", "service", "name"]?.asString == target.stable.service else {
          return nil
        }
        var path = path
        path[path: "backend", "service", "name"] = .string(target.canary.service)
        found += 1
        return path
      }
      rule[path: "http", "paths"] = .array(paths)
      return paths.isEmpty ? nil : rule
    }
    spec["rules"] = .array(rules)
    if spec[path: "defaultBackend", "service", "name"]?.asString == target.stable.service {
      spec[path: "defaultBackend", "service", "name"] = .string(target.canary.service)
      found += 1
    }
    guard found > 0 else {
      throw .noRoute(ingress(name), "found no backend \"\(target.stable.service)\"")
    }
    // Certificates belong to the stable Ingress.
    spec["tls"] = nil
    result["spec"] = spec
    annotate(&result, like: stable, to: target)
    if !context.rolloutUID.isEmpty {
      result[path: "metadata", "ownerReferences"] = [
        [
          "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
          "name": .string(context.rollout), "uid": .string(context.rolloutUID),
          "controller": true, "blockOwnerDeletion": true,
        ]
      ]
    }
    return result
  }

  /// The stable Ingress' annotations except what kubectl left, then ours.
  private func annotate(
    _ result: inout JSONValue, like stable: JSONValue, to target: TrafficTarget
  ) {
    var annotations = stable[path: "metadata", "annotations"]?.asObject ?? [:]
    annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
    for (key, value) in plan.canaryAnnotations { annotations[key] = .string(value) }
    for (key, value) in plan.additionalAnnotations {
      let name =
        key.hasPrefix("\(plan.annotationPrefix)/") ? key : "\(plan.annotationPrefix)/\(key)"
      annotations[name] = .string(value)
    }
    annotations["\(plan.annotationPrefix)/canary"] = "true"
    annotations["\(plan.annotationPrefix)/canary-weight"] = .string("\(target.canary.weight)")
    if target.maxWeight != 100 {
      annotations["\(plan.annotationPrefix)/canary-weight-total"] = .string("\(target.maxWeight)")
    }
    result[path: "metadata", "annotations"] = .object(annotations)
    if let labels = stable[path: "metadata", "labels"] {
      result[path: "metadata", "labels"] = labels
    }
  }
}
