internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import Rollouts

extension ActionApplier {
  func startAnalysis(_ start: AnalysisStart) async throws(ClusterError) {
    let observer = ClusterObserver(caches: caches, client: client)
    let state = RolloutState(rollout: rollout)
    let spec: AnalysisSpec
    do throws(TemplateMergeError) {
      spec = try observer.analysisSpec(
        for: start.use, arguments: start.arguments, rollout: rollout,
        stableHash: state.stableHash, latestHash: plan.podHash)
    } catch {
      throw .configuration("AnalysisRun \(start.name): \(error)")
    }
    let metadata = start.use.runMetadata
    let labels = AnalysisRunManifest.labels(
      of: start.placement, podHash: plan.podHash, owner: rollout)
    let revision = rollout.annotation(RolloutAnnotation.revision) ?? String(state.revision)
    try await create(
      AnalysisRunManifest.new(
        start.name, spec: spec, owner: rollout,
        labels: metadata.labels.merging(labels) { $1 },
        annotations: metadata.annotations.merging([RolloutAnnotation.revision: revision]) { $1 }),
      .analysisRuns)
  }
}
