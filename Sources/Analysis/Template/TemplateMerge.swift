/// Why templates can't become one run.
package struct TemplateMergeError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }

  /// - Parameter template: the template that refers to the one that isn't there.
  package static func missing(
    _ reference: AnalysisSpec.TemplateReference, referredToBy template: String? = nil
  ) -> Self {
    let kind: AnalysisTemplate.Kind = reference.isClusterScoped ? .clusterTemplate : .template
    let referrer = template.map { ", which '\($0)' refers to" } ?? ""
    return Self("\(kind.rawValue) '\(reference.name)' not found\(referrer)")
  }
}

extension AnalysisSpec {
  /// The run that a step with several templates and arguments stands for, by Argo's rules
  /// (utils/analysis/helpers.go, `NewAnalysisRunFromTemplates`).
  ///
  /// Metrics are taken over in order; the same argument may occur in several templates as long as
  /// its values agree; of the given arguments only declared ones count.
  ///
  /// - Parameters:
  ///   - budgetShare: what the run may spend of its rollout's error budget, unless a template says
  ///     otherwise; then the smallest share counts.
  ///   - find: gives the template of a reference inside a template; nil when there is none, an
  ///     error when it can't be read.
  package static func merging(
    _ templates: [AnalysisTemplate], arguments: [Argument] = [], dryRun: [MetricRule] = [],
    measurementRetention: [MetricRule] = [], budgetShare: Double? = nil,
    find: (TemplateReference) throws(TemplateMergeError) -> AnalysisTemplate? = { _ in nil }
  ) throws(TemplateMergeError) -> AnalysisSpec {
    let all = try expanded(templates, find: find)
    var merged = AnalysisSpec(
      metrics: all.flatMap(\.spec.metrics), dryRun: dryRun + all.flatMap(\.spec.dryRun),
      measurementRetention: measurementRetention + all.flatMap(\.spec.measurementRetention))
    if let name = firstRepeated(merged.metrics.map(\.name)) {
      throw TemplateMergeError("two metrics have the same name '\(name)'")
    }
    if let name = firstRepeated(merged.dryRun.map(\.metricName)) {
      throw TemplateMergeError("two Dry-Run metric rules have the same name '\(name)'")
    }
    if let name = firstRepeated(merged.measurementRetention.map(\.metricName)) {
      throw TemplateMergeError(
        "two Measurement Retention metric rules have the same name '\(name)'")
    }
    let declared = try union(of: all.flatMap(\.spec.arguments))
    merged.arguments = fill(declared, with: arguments)
    merged.budgetShare = all.compactMap(\.spec.budgetShare).min() ?? budgetShare
    return merged
  }

  /// The templates with those they refer to, each once, in the order of reference.
  private static func expanded(
    _ templates: [AnalysisTemplate],
    find: (TemplateReference) throws(TemplateMergeError) -> AnalysisTemplate?
  ) throws(TemplateMergeError) -> [AnalysisTemplate] {
    var result: [AnalysisTemplate] = []
    var seen: Set<TemplateReference> = []
    var waiting = Array(templates.reversed())
    while let template = waiting.popLast() {
      let reference = TemplateReference(
        name: template.name, isClusterScoped: template.kind == .clusterTemplate)
      guard seen.insert(reference).inserted else { continue }
      result.append(template)
      for inner in template.spec.templates.reversed() {
        guard let found = try find(inner) else {
          throw .missing(inner, referredToBy: template.name)
        }
        waiting.append(found)
      }
    }
    return result
  }

  private static func union(of arguments: [Argument]) throws(TemplateMergeError) -> [Argument] {
    var result: [Argument] = []
    for argument in arguments {
      guard let index = result.firstIndex(where: { $0.name == argument.name }) else {
        result.append(argument)
        continue
      }
      if let first = result[index].value, let second = argument.value, first != second {
        throw TemplateMergeError(
          "Argument `\(argument.name)` specified multiple times with different values: "
            + "'\(first)', '\(second)'")
      }
      if result[index].value == nil { result[index] = argument }
    }
    return result
  }

  /// Values for declared arguments; others are dropped, as Argo drops them.
  private static func fill(_ declared: [Argument], with given: [Argument]) -> [Argument] {
    var result = declared
    for argument in given {
      guard let index = result.firstIndex(where: { $0.name == argument.name }) else { continue }
      if let value = argument.value {
        result[index].value = value
      } else if let origin = argument.origin {
        result[index].origin = origin
      }
    }
    return result
  }

  private static func firstRepeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }
}
