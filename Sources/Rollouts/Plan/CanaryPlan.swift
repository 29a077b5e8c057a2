package import MetricModel

/// `spec.strategy.canary`.
package struct CanaryPlan: Equatable, Sendable {
  package var steps: [CanaryStep] {
    didSet { stepHash = Self.hash(of: steps) }
  }
  /// Identity of the steps: editing them starts a rollout over.
  package private(set) var stepHash: String
  package var maxSurge: ReplicaQuantity
  package var maxUnavailable: ReplicaQuantity
  package var background: BackgroundAnalysis?
  /// Services whose selector follows a role; nil where the manifest names none.
  package var canaryService: String?
  package var stableService: String?
  /// Two Services that take the roles in turn, instead of the two above.
  package var pingPong: PingPong?
  /// nil where the ratio of pods is the ratio of traffic.
  package var routing: TrafficPlan?
  /// Stable gives pods away as it loses traffic.
  package var isStableScaleDynamic = false
  /// `minPodsPerReplicaSet`, for ReplicaSets with traffic; 0 without.
  package var podsMin = 0
  /// How much of the wanted size is enough for a step to be done; nil for all of it.
  package var progressThreshold: ReplicaQuantity?
  package var scaleDown = ScaleDownPlan()
  package var canaryMetadata = PodMetadata()
  package var stableMetadata = PodMetadata()
  package var antiAffinity: AntiAffinity?

  package init(
    steps: [CanaryStep] = [], maxSurge: ReplicaQuantity = .percent(25),
    maxUnavailable: ReplicaQuantity = .percent(25), background: BackgroundAnalysis? = nil
  ) {
    self.steps = steps
    stepHash = Self.hash(of: steps)
    self.maxSurge = maxSurge
    self.maxUnavailable = maxUnavailable
    self.background = background
  }

  private static func hash(of steps: [CanaryStep]) -> String {
    PodTemplateHash.of(steps.map(\.identity).joined(separator: "\n"))
  }
}

/// `pingPong`.
package struct PingPong: Hashable, Sendable {
  package var ping: String
  package var pong: String

  package init(ping: String, pong: String) {
    self.ping = ping
    self.pong = pong
  }
}

/// One step of a canary.
package enum CanaryStep: Equatable, Sendable, CustomStringConvertible {
  case setWeight(Int)
  /// nil waits for a person.
  case pause(Milliseconds?)
  case analysis(AnalysisUse)
  case experiment(ExperimentUse)
  /// Pods independent of the weight, until `matchTrafficWeight`.
  case setCanaryScale(RoutedReplicaCounts.CanaryScale)
  /// Requests with these headers go to the canary; no matches take the route away.
  case setHeaderRoute(HeaderRoute)
  /// A copy of these requests goes to the canary; no matches take the route away.
  case setMirrorRoute(MirrorRoute)

  /// As events and traces name the step.
  package var description: String {
    switch self {
    case .setWeight(let weight): "setWeight: \(weight)"
    case .pause(nil): "pause"
    case .pause(.some(let duration)): "pause: \(duration)"
    case .analysis(let use): "analysis: \(use)"
    case .experiment(let use): "experiment: \(use)"
    case .setCanaryScale(.replicas(let count)): "setCanaryScale: \(count) replicas"
    case .setCanaryScale(.weight(let weight)): "setCanaryScale: weight \(weight)"
    case .setCanaryScale(.matchTrafficWeight): "setCanaryScale: matchTrafficWeight"
    case .setHeaderRoute(let route): "setHeaderRoute: \(route.name)"
    case .setMirrorRoute(let route): "setMirrorRoute: \(route.name)"
    }
  }

  /// Tells any edit of the step.
  fileprivate var identity: String {
    switch self {
    case .analysis(let use): "\(description)(\(use.identity))"
    case .experiment(let use): "\(description)(\(use.identity))"
    case .setHeaderRoute(let route): "\(description)(\(route.matches))"
    case .setMirrorRoute(let route): "\(description)(\(route.identity))"
    case .setWeight, .pause, .setCanaryScale: description
    }
  }
}

/// `spec.strategy.canary.analysis`: a run beside the steps, from `startingStep` to the promotion.
package struct BackgroundAnalysis: Equatable, Sendable {
  package var use: AnalysisUse
  package var startingStep: Int

  package init(use: AnalysisUse, startingStep: Int = 0) {
    self.use = use
    self.startingStep = startingStep
  }
}
