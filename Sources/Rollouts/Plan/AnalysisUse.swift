package import Analysis
package import MetricModel

/// A reference to templates with arguments, as a step or as background analysis.
package struct AnalysisUse: Equatable, Sendable, CustomStringConvertible {
  package var templates: [AnalysisSpec.TemplateReference]
  package var arguments: [AnalysisArgument]
  /// Metrics, by regular expression, that are measured without a say.
  package var dryRun: [String]
  /// How many measurements to keep, by regular expression over metrics.
  package var retention: [MeasurementLimit]
  /// `analysisRunMetadata`: for the run itself.
  package var runMetadata = PodMetadata()

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

  /// Tells any edit.
  var identity: String {
    let details =
      arguments.map(\.description) + dryRun + retention.map { "\($0.metricName):\($0.limit)" }
      + templates.map { "\($0.isClusterScoped)" }
    return details.joined(separator: ", ")
  }
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

  func resolved(latest: String, stable: String) -> ResolvedArgument {
    switch source {
    case .value(let value): ResolvedArgument(name: name, value: value)
    case .latestPodHash: ResolvedArgument(name: name, value: latest)
    case .stablePodHash: ResolvedArgument(name: name, value: stable)
    }
  }
}

/// `steps[].experiment`: short-lived ReplicaSets beside the rollout, and what judges them.
package struct ExperimentUse: Equatable, Sendable, CustomStringConvertible {
  package struct Template: Equatable, Sendable {
    package enum Source: String, Hashable, Sendable, CaseIterable {
      case stable, canary
    }

    package var name: String
    package var source: Source
    /// nil for 1.
    package var replicas: Int
    /// Labels and annotations of its pods, over the source's.
    package var metadata = PodMetadata()
    /// Replaces the source's selector where it isn't empty.
    package var selector: [String: String] = [:]
    /// Its share of the traffic, out of stable's; nil for none.
    package var weight: Int?
    /// The name of a Service of its own; "" for one that is named after the ReplicaSet.
    package var service: String?

    package init(name: String, source: Source, replicas: Int = 1) {
      self.name = name
      self.source = source
      self.replicas = replicas
    }
  }

  package var templates: [Template]
  /// nil until its required analyses end.
  package var duration: Milliseconds?
  package var analyses: [ExperimentAnalysis]
  package var dryRun: [String] = []
  package var retention: [MeasurementLimit] = []
  package var runMetadata = PodMetadata()
  package var scaleDownDelay: Milliseconds?

  package init(
    templates: [Template], duration: Milliseconds? = nil, analyses: [ExperimentAnalysis] = []
  ) {
    self.templates = templates
    self.duration = duration
    self.analyses = analyses
  }

  /// The names of its templates.
  package var description: String { templates.map(\.name).joined(separator: ", ") }

  /// Tells any edit, the same in every process.
  var identity: String {
    let parts =
      templates.map(\.identity) + [
        duration.map(\.description) ?? "", dryRun.joined(separator: " "),
      ]
      + analyses.map { "\($0.name) \($0.template.name) \($0.arguments) \($0.isRequired)" }
      + retention.map { "\($0.metricName):\($0.limit)" }
    return parts.joined(separator: ";")
  }
}

extension ExperimentUse.Template {
  fileprivate var identity: String {
    let fields = [
      name, source.rawValue, "\(replicas)", weight.map { "\($0)" } ?? "", service ?? "-",
      metadata.identity, selector.identity,
    ]
    return fields.joined(separator: ",")
  }
}

/// One of an experiment's analyses.
package struct ExperimentAnalysis: Equatable, Sendable {
  package var name: String
  package var template: AnalysisSpec.TemplateReference
  package var arguments: [AnalysisArgument]
  /// `requiredForCompletion`: the experiment ends when all such have.
  package var isRequired: Bool

  package init(
    name: String, template: AnalysisSpec.TemplateReference, arguments: [AnalysisArgument] = [],
    isRequired: Bool = false
  ) {
    self.name = name
    self.template = template
    self.arguments = arguments
    self.isRequired = isRequired
  }
}
