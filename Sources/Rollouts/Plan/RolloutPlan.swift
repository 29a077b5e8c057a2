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
  /// `metadata.generation`, which a status says it has seen; 0 in manifests.
  package var generation: Int64
  package var replicas: Int
  /// `spec.selector.matchLabels`.
  package var selector: [String: String]
  /// The pod template as written; its hash is the identity of a revision. With `workload`, the
  /// template of the object it names.
  package var template: ManifestNode {
    didSet { podHash = PodTemplateHash.of(template) }
  }
  /// The hash of `template`, as computed here; may be set to what a cluster or recording calls it.
  package var podHash: String
  /// `spec.workloadRef`: where the template comes from; nil when the Rollout has its own.
  package var workload: WorkloadReference?
  /// The annotation ``tracksConfigAnnotation``: config is versioned with the template.
  package var tracksConfig = false
  /// What ``versioned(by:)`` renamed the template's references to.
  package var configCopies: [ConfigCopy] = []
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
  /// `spec.restartAt`: pods created before it are evicted, a few at a time.
  package var restartAt: Timestamp?
  /// `spec.analysis`: finished AnalysisRuns and Experiments to keep.
  package var runHistory: RunHistory
  package var strategy: Strategy

  package enum Strategy: Equatable, Sendable {
    case canary(CanaryPlan)
    case blueGreen(BlueGreenPlan)
  }

  package init(
    name: String, namespace: String = "default", replicas: Int = 1,
    selector: [String: String] = [:], template: ManifestNode, canary: CanaryPlan = CanaryPlan()
  ) {
    self.init(
      name: name, namespace: namespace, replicas: replicas, selector: selector,
      template: template, strategy: .canary(canary))
  }

  package init(
    name: String, namespace: String = "default", replicas: Int = 1,
    selector: [String: String] = [:], template: ManifestNode, strategy: Strategy
  ) {
    self.name = name
    self.namespace = namespace
    generation = 0
    self.replicas = replicas
    self.selector = selector
    self.template = template
    podHash = PodTemplateHash.of(template)
    isPaused = false
    minReady = .zero
    progressDeadline = .seconds(600)
    abortsOnDeadline = false
    revisionHistoryLimit = 10
    runHistory = RunHistory()
    self.strategy = strategy
  }

  /// The canary strategy; without steps and routing while the strategy is another. Setting it
  /// chooses it.
  package var canary: CanaryPlan {
    get { if case .canary(let canary) = strategy { canary } else { CanaryPlan() } }
    set { strategy = .canary(newValue) }
  }

  /// The blue-green strategy, nil while the strategy is another.
  package var blueGreen: BlueGreenPlan? {
    if case .blueGreen(let blueGreen) = strategy { blueGreen } else { nil }
  }

  /// The bounds on numbers of pods, where no router carries the weight.
  package var limits: ReplicaLimits {
    switch strategy {
    case .canary(let canary):
      ReplicaLimits(
        replicas: replicas, maxSurge: canary.maxSurge, maxUnavailable: canary.maxUnavailable)
    case .blueGreen(let blueGreen):
      ReplicaLimits(
        replicas: replicas, maxSurge: .percent(100), maxUnavailable: blueGreen.maxUnavailable)
    }
  }

  /// What a ReplicaSet without traffic waits for before it loses its pods.
  package var scaleDown: ScaleDownPlan {
    switch strategy {
    case .canary(let canary): canary.routing == nil ? ScaleDownPlan() : canary.scaleDown
    case .blueGreen(let blueGreen): blueGreen.scaleDown
    }
  }

  /// Identity of the steps: editing them starts a rollout over.
  package var stepHash: String { canary.stepHash }

  /// The images of the pod template's containers, in order.
  package var images: [String] {
    template[path: "spec", "containers"]?.asList?.compactMap { $0["image"]?.asText } ?? []
  }
}

/// `spec.workloadRef`.
package struct WorkloadReference: Hashable, Sendable {
  package enum ScaleDown: String, Hashable, Sendable, CaseIterable {
    /// The workload keeps its pods.
    case never
    /// It loses all of them once the Rollout is healthy.
    case onSuccess = "onsuccess"
    /// It loses as many as the Rollout gains available ones.
    case progressively
  }

  package var apiVersion: String
  package var kind: String
  package var name: String
  package var scaleDown: ScaleDown

  package init(apiVersion: String, kind: String, name: String, scaleDown: ScaleDown = .never) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.scaleDown = scaleDown
  }
}

/// How many finished runs and experiments are kept.
package struct RunHistory: Hashable, Sendable {
  package var successful: Int
  package var unsuccessful: Int

  package init(successful: Int = 5, unsuccessful: Int = 5) {
    self.successful = successful
    self.unsuccessful = unsuccessful
  }
}

/// Delays before ReplicaSets without traffic lose their pods.
package struct ScaleDownPlan: Hashable, Sendable {
  /// From the promotion of another revision on; nil where pods go at once.
  package var delay: Milliseconds?
  /// How many revisions may wait so at once; nil without limit.
  package var revisionLimit: Int?
  /// From an abort on; nil keeps the pods for ever (`abortScaleDownDelaySeconds: 0`).
  package var abortDelay: Milliseconds?

  package init(
    delay: Milliseconds? = nil, revisionLimit: Int? = nil, abortDelay: Milliseconds? = .zero
  ) {
    self.delay = delay
    self.revisionLimit = revisionLimit
    self.abortDelay = abortDelay
  }
}

/// Labels and annotations of pods that last as long as a role does.
package struct PodMetadata: Hashable, Sendable {
  package var labels: [String: String]
  package var annotations: [String: String]

  package init(labels: [String: String] = [:], annotations: [String: String] = [:]) {
    self.labels = labels
    self.annotations = annotations
  }

  package var isEmpty: Bool { labels.isEmpty && annotations.isEmpty }

  /// The same in every process.
  var identity: String { "\(labels.identity) \(annotations.identity)" }
}

extension [String: String] {
  /// Sorted by key, so the same in every process.
  var identity: String {
    sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}

/// `antiAffinity`: pods of a new revision avoid nodes that run the stable one.
package enum AntiAffinity: Hashable, Sendable {
  case required
  case preferred(weight: Int)
}
