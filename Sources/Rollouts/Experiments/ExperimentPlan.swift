package import Analysis
package import Manifest
package import MetricModel

/// What an Experiment object asks for: short-lived ReplicaSets side by side, and what judges them.
///
///     let (plan, problems) = ExperimentPlan.read(document)
package struct ExperimentPlan: Equatable, Sendable {
  package struct Template: Equatable, Sendable {
    package var name: String
    package var replicas: Int
    package var minReady: Milliseconds
    package var selector: [String: String]
    package var template: ManifestNode
    /// The name of a Service while it runs; nil for none.
    package var service: String?
    /// The label `rollouts-pod-template-hash` of its pods, unlike that of any Rollout's.
    package var podHash: String

    package init(
      name: String, replicas: Int = 1, minReady: Milliseconds = .zero,
      selector: [String: String] = [:], template: ManifestNode, service: String? = nil,
      experiment: String
    ) {
      self.name = name
      self.replicas = replicas
      self.minReady = minReady
      self.selector = selector
      self.template = template
      self.service = service
      podHash = PodTemplateHash.of("\(experiment)/\(name)/\(PodTemplateHash.of(template))")
    }
  }

  package var name: String
  package var namespace: String
  package var templates: [Template]
  /// nil until its required analyses end, or a person ends it.
  package var duration: Milliseconds?
  package var progressDeadline: Milliseconds
  package var analyses: [ExperimentAnalysis]
  package var dryRun: [String]
  package var retention: [MeasurementLimit]
  package var runMetadata: PodMetadata
  /// How long pods stay after the end; 30 seconds unless the manifest says otherwise.
  package var scaleDownDelay: Milliseconds
  /// `spec.terminate`.
  package var isTerminated: Bool

  package init(
    name: String, namespace: String = "default", templates: [Template],
    duration: Milliseconds? = nil, analyses: [ExperimentAnalysis] = []
  ) {
    self.name = name
    self.namespace = namespace
    self.templates = templates
    self.duration = duration
    progressDeadline = .seconds(600)
    self.analyses = analyses
    dryRun = []
    retention = []
    runMetadata = PodMetadata()
    scaleDownDelay = .seconds(30)
    isTerminated = false
  }
}

/// `status` of an Experiment.
package struct ExperimentState: Equatable, Sendable {
  package enum TemplatePhase: String, Hashable, Sendable {
    case progressing = "Progressing"
    case running = "Running"
    case successful = "Successful"
    case failed = "Failed"
    case error = "Error"

    package var isCompleted: Bool { self != .progressing && self != .running }
  }

  package struct TemplateStatus: Hashable, Sendable {
    package var name: String
    /// `status`.
    package var phase = TemplatePhase.progressing
    package var message = ""
    package var podHash: String
    package var serviceName = ""
    package var replicas = 0
    package var ready = 0
    package var available = 0
    /// `lastTransitionTime`.
    package var changed: Timestamp

    package init(name: String, podHash: String, changed: Timestamp) {
      self.name = name
      self.podHash = podHash
      self.changed = changed
    }
  }

  package struct RunStatus: Hashable, Sendable {
    /// The analysis' name in the Experiment.
    package var name: String
    /// `analysisRun`.
    package var run: String
    package var phase: AnalysisPhase
    package var message = ""

    package init(name: String, run: String, phase: AnalysisPhase = .pending, message: String = "") {
      self.name = name
      self.run = run
      self.phase = phase
      self.message = message
    }
  }

  /// nil before the first decision.
  package var phase: AnalysisPhase?
  package var message = ""
  /// When all templates were available.
  package var availableAt: Timestamp?
  package var templates: [TemplateStatus] = []
  package var runs: [RunStatus] = []

  package init() {}

  package var isCompleted: Bool { phase?.isCompleted ?? false }
}

/// What the cluster holds of an Experiment.
package struct ExperimentObservation: Equatable, Sendable {
  package var now: Timestamp
  /// ReplicaSets by the name of their template.
  package var replicaSets: [String: ObservedReplicaSet]
  package var runs: [String: ObservedRun]
  /// Names of the Services that exist and are the Experiment's own.
  package var services: Set<String>
  /// Why what the plan refers to can't be used, such as a template that is missing.
  package var refusal: String?

  package init(
    now: Timestamp, replicaSets: [String: ObservedReplicaSet] = [:],
    runs: [String: ObservedRun] = [:], services: Set<String> = [], refusal: String? = nil
  ) {
    self.now = now
    self.replicaSets = replicaSets
    self.runs = runs
    self.services = services
    self.refusal = refusal
  }
}

/// A small thing to do for an Experiment; the rules are those of ``RolloutAction``.
package enum ExperimentAction: Equatable, Sendable {
  /// Make the template's ReplicaSet without pods, `<experiment>-<template>`; adopt it if it exists.
  case createReplicaSet(template: String, podHash: String)
  case scale(template: String, replicas: Int)
  /// Set the annotation `scale-down-deadline`.
  case setScaleDownDeadline(template: String, Timestamp)
  /// Make a Service that selects the template's pods.
  case createService(template: String, name: String, podHash: String)
  case deleteService(name: String)
  case startAnalysis(AnalysisStart)
  case terminateAnalysis(name: String)
  case record(RolloutEvent)
}
