internal import KubernetesClient
internal import Rollouts

extension ActionApplier {
  func route(_ target: TrafficTarget) async throws(ClusterError) {
    throw .configuration("no router")
  }
  func startExperiment(_ start: ExperimentStart) async throws(ClusterError) {
    throw .configuration("no experiment")
  }
}
