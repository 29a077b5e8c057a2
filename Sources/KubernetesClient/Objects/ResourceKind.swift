internal import MetricModel

/// A kind of object and where the API serves it.
///
///     ResourceKind.rollouts.path(namespace: "shop", name: "model", subresource: "status")
///     // /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/model/status
package struct ResourceKind: Hashable, Sendable, CustomStringConvertible {
  /// "" for the core group.
  package var group: String
  package var version: String
  package var kind: String
  /// As in paths: lower case, plural.
  package var plural: String
  package var isNamespaced: Bool

  package init(
    _ group: String, _ version: String, _ kind: String, _ plural: String, isNamespaced: Bool = true
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  package static let pods = ResourceKind("", "v1", "Pod", "pods")
  package static let services = ResourceKind("", "v1", "Service", "services")
  package static let secrets = ResourceKind("", "v1", "Secret", "secrets")
  package static let configMaps = ResourceKind("", "v1", "ConfigMap", "configmaps")
  package static let events = ResourceKind("", "v1", "Event", "events")
  package static let podTemplates = ResourceKind("", "v1", "PodTemplate", "podtemplates")
  package static let replicaSets = ResourceKind("apps", "v1", "ReplicaSet", "replicasets")
  package static let deployments = ResourceKind("apps", "v1", "Deployment", "deployments")
  package static let leases = ResourceKind("coordination.k8s.io", "v1", "Lease", "leases")
  package static let rollouts = argo("Rollout", "rollouts")
  package static let experiments = argo("Experiment", "experiments")
  package static let analysisRuns = argo("AnalysisRun", "analysisruns")
  package static let analysisTemplates = argo("AnalysisTemplate", "analysistemplates")
  package static let clusterAnalysisTemplates = ResourceKind(
    "argoproj.io", "v1alpha1", "ClusterAnalysisTemplate", "clusteranalysistemplates",
    isNamespaced: false)
  package static let ingresses = ResourceKind("networking.k8s.io", "v1", "Ingress", "ingresses")
  package static let virtualServices = ResourceKind(
    "networking.istio.io", "v1beta1", "VirtualService", "virtualservices")
  package static let destinationRules = ResourceKind(
    "networking.istio.io", "v1beta1", "DestinationRule", "destinationrules")
  package static let httpRoutes = ResourceKind(
    "gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
  package static let grpcRoutes = ResourceKind(
    "gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes")
  package static let tcpRoutes = ResourceKind(
    "gateway.networking.k8s.io", "v1alpha2", "TCPRoute", "tcproutes")
  package static let tlsRoutes = ResourceKind(
    "gateway.networking.k8s.io", "v1alpha2", "TLSRoute", "tlsroutes")
  package static let jobs = ResourceKind("batch", "v1", "Job", "jobs")
  package static let disruptionBudgets = ResourceKind(
    "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets")

  private static func argo(_ kind: String, _ plural: String) -> ResourceKind {
    ResourceKind("argoproj.io", "v1alpha1", kind, plural)
  }

  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// The path of an object, of all of a namespace (`name` nil), or of all there are (both nil).
  package func path(
    namespace: String? = nil, name: String? = nil, subresource: String? = nil
  ) -> String {
    var parts = group.isEmpty ? ["api", version] : ["apis", group, version]
    if isNamespaced, let namespace { parts += ["namespaces", namespace] }
    parts.append(plural)
    if let name { parts.append(name) }
    if let subresource { parts.append(subresource) }
    return "/" + parts.map { PercentEncoding.escaped($0) }.joined(separator: "/")
  }

  package var description: String { plural }
}

/// The name of an object.
package struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
  package var kind: ResourceKind
  /// "" for kinds without namespaces.
  package var namespace: String
  package var name: String

  package init(_ kind: ResourceKind, _ namespace: String, _ name: String) {
    self.kind = kind
    self.namespace = kind.isNamespaced ? namespace : ""
    self.name = name
  }

  package func path(_ subresource: String? = nil) -> String {
    kind.path(namespace: namespace, name: name, subresource: subresource)
  }

  package var description: String {
    "\(kind.kind) " + (namespace.isEmpty ? name : "\(namespace)/\(name)")
  }
}
