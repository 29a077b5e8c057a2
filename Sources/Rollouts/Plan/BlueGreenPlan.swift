package import MetricModel

/// `spec.strategy.blueGreen`: two whole sets of pods, and a Service that is switched from one to
/// the other.
package struct BlueGreenPlan: Equatable, Sendable {
  package var activeService: String
  package var previewService: String?
  /// The new revision's size before the promotion; nil for all replicas.
  package var previewReplicaCount: Int?
  /// false waits for a person.
  package var promotesItself = true
  /// How long to wait before promoting; nil promotes at once.
  package var promotesAfter: Milliseconds?
  package var prePromotion: AnalysisUse?
  package var postPromotion: AnalysisUse?
  package var maxUnavailable = ReplicaQuantity.count(0)
  /// 30 seconds unless the manifest says otherwise.
  package var scaleDown = ScaleDownPlan(delay: .seconds(30), abortDelay: .seconds(30))
  package var activeMetadata = PodMetadata()
  package var previewMetadata = PodMetadata()
  package var antiAffinity: AntiAffinity?

  package init(activeService: String, previewService: String? = nil) {
    self.activeService = activeService
    self.previewService = previewService
  }
}
