internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import Rollouts

extension ClusterCaches {
  func template(_ reference: AnalysisSpec.TemplateReference, namespace: String) -> JSONValue? {
    reference.isClusterScoped
      ? clusterTemplates.cache.object("", reference.name)
      : templates.cache.object(namespace, reference.name)
  }

  /// Which template of a use is at fault, and why; nil when a run can be made of them.
  func refusal(of use: AnalysisUse, namespace: String) -> (name: String, reason: String)? {
    var templates: [AnalysisTemplate] = []
    for reference in use.templates {
      do throws(TemplateMergeError) {
        let template = try readTemplate(reference, namespace: namespace)
        templates.append(template)
        for finding in TemplateValidation.findings(in: template) where finding.isError {
          return (reference.name, finding.message)
        }
      } catch {
        return (reference.name, error.description)
      }
    }
    do throws(TemplateMergeError) {
      _ = try merged(templates, use, namespace: namespace)
      return nil
    } catch {
      return (use.templates.map(\.name).joined(separator: ", "), error.description)
    }
  }

  /// A template that isn't there or can't be read is an error: were it left out, its metrics would
  /// pass unmeasured.
  private func readTemplate(
    _ reference: AnalysisSpec.TemplateReference, namespace: String
  ) throws(TemplateMergeError) -> AnalysisTemplate {
    guard let object = template(reference, namespace: namespace) else {
      throw .missing(reference)
    }
    do throws(ManifestError) {
      return try AnalysisTemplate(object.manifestNode)
    } catch {
      throw TemplateMergeError("\(object.text("kind")) '\(reference.name)': \(error)")
    }
  }

  private func merged(
    _ templates: [AnalysisTemplate], _ use: AnalysisUse, arguments: [ResolvedArgument] = [],
    namespace: String
  ) throws(TemplateMergeError) -> AnalysisSpec {
    try AnalysisSpec.merging(
      templates, arguments: arguments.map { Argument($0.name, value: $0.value) },
      dryRun: use.dryRun.map { AnalysisSpec.MetricRule(metricName: $0) },
      measurementRetention: use.retention.map {
        AnalysisSpec.MetricRule(metricName: $0.metricName, limit: Int64($0.limit))
      },
      find: { (reference) throws(TemplateMergeError) in
        guard template(reference, namespace: namespace) != nil else { return nil }
        return try readTemplate(reference, namespace: namespace)
      })
  }

  /// The spec of the run that a use of templates stands for.
  func analysisSpec(
    for use: AnalysisUse, arguments: [ResolvedArgument], owner: JSONValue, stableHash: String,
    latestHash: String
  ) throws(TemplateMergeError) -> AnalysisSpec {
    var templates: [AnalysisTemplate] = []
    for reference in use.templates {
      templates.append(try readTemplate(reference, namespace: owner.namespace))
    }
    var spec = try merged(templates, use, arguments: arguments, namespace: owner.namespace)
    for index in spec.arguments.indices {
      switch spec.arguments[index].origin {
      case .field(let path):
        guard let value = owner.field(at: path) else { continue }
        spec.arguments[index].value = value
        spec.arguments[index].origin = nil
      case .podTemplateHash(let revision):
        spec.arguments[index].value = revision == .stable ? stableHash : latestHash
        spec.arguments[index].origin = nil
      case .secret, nil: continue
      }
    }
    return spec
  }
}

extension JSONValue {
  /// The text of a field named as in `fieldRef`: `metadata.labels['region']`, `spec.replicas`.
  func field(at path: String) -> String? {
    var steps: [Step] = []
    var rest = path[...]
    while !rest.isEmpty {
      if rest.hasPrefix("['") {
        let inner = rest.dropFirst(2)
        guard let end = inner.firstRange(of: "']") else { return nil }
        steps.append(.field(String(inner[..<end.lowerBound])))
        rest = inner[end.upperBound...]
      } else {
        if rest.hasPrefix(".") { rest = rest.dropFirst() }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty else { return nil }
        steps.append(.field(String(name)))
        rest = rest[name.endIndex...]
      }
    }
    switch self[path: steps] {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .bool(let truth): return String(truth)
    default: return nil
    }
  }
}
