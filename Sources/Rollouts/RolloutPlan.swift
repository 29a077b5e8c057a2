package import Analysis
package import Manifest
package import MetricModel

/// What a Rollout object asks for: the decoded `spec` of an `argoproj.io/v1alpha1` Rollout.
///
///     let reading = RolloutPlan.read(document)     // a plan, and what is wrong with the text
///     reading.plan?.canary.steps
///
/// Holds only what can be carried out; everything else in a manifest is refused with its place when
/// it is read, never ignored.
package struct RolloutPlan: Equatable, Sendable {
  package var name: String
  /// "default" where the manifest names none.
  package var namespace: String
  package var replicas: Int
  package var selector: [String: String]
  /// The pod template as written; its hash is the identity of a revision.
  package var template: ManifestNode {
    didSet { podHash = PodTemplateHash.of(template) }
  }
  /// The hash of `template`, as computed here; may be set to what a cluster or recording calls it.
  package var podHash: String
  /// A person's pause (`spec.paused`): no steps until it is lifted.
  package var isPaused: Bool
  package var minReady: Milliseconds
  package var progressDeadline: Milliseconds
  /// Whether missing the deadline aborts instead of only degrading.
  package var abortsOnDeadline: Bool
  /// Old ReplicaSets to keep without pods.
  package var revisionHistoryLimit: Int
  /// Going back to one of this many revisions skips the steps; nil without `rollbackWindow`.
  package var rollbackWindow: Int?
  package var canary: CanaryPlan

  package init(
    name: String, namespace: String = "default", replicas: Int = 1,
    selector: [String: String] = [:], template: ManifestNode, canary: CanaryPlan = CanaryPlan()
  ) {
    self.name = name
    self.namespace = namespace
    self.replicas = replicas
    self.selector = selector
    self.template = template
    podHash = PodTemplateHash.of(template)
    isPaused = false
    minReady = .zero
    progressDeadline = .seconds(600)
    abortsOnDeadline = false
    revisionHistoryLimit = 10
    self.canary = canary
  }

  /// The bounds on numbers of pods.
  package var limits: ReplicaLimits {
    ReplicaLimits(
      replicas: replicas, maxSurge: canary.maxSurge, maxUnavailable: canary.maxUnavailable)
  }

  /// The images of the pod template's containers, in order.
  package var images: [String] {
    template[path: "spec", "containers"]?.asList?.compactMap { $0["image"]?.asText } ?? []
  }
}

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

/// One step of a canary.
package enum CanaryStep: Equatable, Sendable, CustomStringConvertible {
  case setWeight(Int)
  /// nil waits for a person.
  case pause(Milliseconds?)
  case analysis(AnalysisUse)

  /// As events and traces name the step.
  package var description: String {
    switch self {
    case .setWeight(let weight): "setWeight: \(weight)"
    case .pause(nil): "pause"
    case .pause(.some(let duration)): "pause: \(duration)"
    case .analysis(let use): "analysis: \(use)"
    }
  }

  /// Tells any edit of the step.
  fileprivate var identity: String {
    guard case .analysis(let use) = self else { return description }
    let details =
      use.arguments.map(\.description) + use.dryRun
      + use.retention.map { "\($0.metricName):\($0.limit)" }
      + use.templates.map { "\($0.isClusterScoped)" }
    return "\(description)(\(details.joined(separator: ", ")))"
  }
}

/// A reference to templates with arguments, as a step or as background analysis.
package struct AnalysisUse: Equatable, Sendable, CustomStringConvertible {
  package var templates: [AnalysisSpec.TemplateReference]
  package var arguments: [AnalysisArgument]
  /// Metrics, by regular expression, that are measured without a say.
  package var dryRun: [String]
  /// How many measurements to keep, by regular expression over metrics.
  package var retention: [MeasurementLimit]

  package init(
    templates: [AnalysisSpec.TemplateReference], arguments: [AnalysisArgument] = [],
    dryRun: [String] = [],
    retention: [MeasurementLimit] = []
  ) {
    self.templates = templates
    self.arguments = arguments
    self.dryRun = dryRun
    self.retention = retention
  }

  /// The names of the templates.
  package var description: String { templates.map(\.name).joined(separator: ", ") }
}

/// `measurementRetention`.
package struct MeasurementLimit: Hashable, Sendable {
  package var metricName: String
  package var limit: Int

  package init(metricName: String, limit: Int) {
    self.metricName = metricName
    self.limit = limit
  }
}

/// An argument handed to templates; fields of the Rollout are resolved when the plan is read.
package struct AnalysisArgument: Hashable, Sendable, CustomStringConvertible {
  package enum Source: Hashable, Sendable {
    case value(String)
    /// `podTemplateHashValue: Latest`, the revision being rolled out.
    case latestPodHash
    /// `podTemplateHashValue: Stable`.
    case stablePodHash
  }

  package var name: String
  package var source: Source

  package init(name: String, source: Source) {
    self.name = name
    self.source = source
  }

  package var description: String {
    switch source {
    case .value(let value): "\(name)=\(value)"
    case .latestPodHash: "\(name)=Latest"
    case .stablePodHash: "\(name)=Stable"
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
