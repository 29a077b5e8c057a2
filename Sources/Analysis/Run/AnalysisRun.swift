internal import Manifest
package import MetricModel

/// The whole state of a run of analyses, and the rules by which it changes.
///
///     var run = AnalysisRun(name: "canary-1", spec: spec)
///     let effects = run.apply(.started, at: now)      // [.measure(...)]
///     let more = run.apply(.measured(id, .answered([value])), at: now)
///     run.phase                                       // .running, then .successful, .failed, ...
///
/// A pure machine: it reads no clock and asks nobody. `AnalysisRun+Apply` holds the rules.
package struct AnalysisRun: Equatable, Sendable {
  package let name: String
  /// As given, arguments and their values included, secrets left out.
  package let spec: AnalysisSpec
  package let plans: [MetricPlan]
  package internal(set) var phase = AnalysisPhase.pending
  /// Why the run ended as it did; "" for plain success.
  package internal(set) var message = ""
  /// When the run was opened; windows of comparisons start here.
  package internal(set) var openedAt: Timestamp?
  /// When the run was first assessed; initial delays count from here.
  package internal(set) var startedAt: Timestamp?
  package internal(set) var completedAt: Timestamp?
  /// In the order of the metrics, for those measured at least once.
  package internal(set) var results: [MetricResult] = []
  package internal(set) var runSummary = RunSummary()
  package internal(set) var dryRunSummary = RunSummary()
  /// Whether somebody asked to stop.
  package internal(set) var isTerminated: Bool
  /// Why the run can't start.
  let obstacle: String?
  let arguments: ResolvedArguments

  /// Takes a spec whose arguments have values or can be found in `sources`.
  ///
  /// A spec that is invalid makes a run that ends as Error when started, with Argo's message, as
  /// Argo's controller records it.
  package init(name: String, spec: AnalysisSpec, sources: ArgumentSources = ArgumentSources()) {
    do {
      let arguments = try ResolvedArguments(spec.arguments, from: sources)
      self.init(name: name, spec: spec, arguments: arguments, obstacle: nil)
    } catch {
      self.init(
        name: name, spec: spec, arguments: ResolvedArguments(),
        obstacle: "Unable to resolve metric arguments: \(error)")
    }
  }

  /// - Parameter obstacle: what is known to stand in the way already.
  init(name: String, spec: AnalysisSpec, arguments: ResolvedArguments, obstacle: String?) {
    self.name = name
    self.spec = spec
    self.arguments = arguments
    isTerminated = spec.isTerminated
    if let obstacle {
      (plans, self.obstacle) = ([], obstacle)
      return
    }
    switch Self.prepared(spec, arguments) {
    case .ready(let plans): (self.plans, self.obstacle) = (plans, nil)
    case .refused(let reason): (plans, self.obstacle) = ([], reason)
    }
  }

  /// The result of a metric; nil before its first measurement.
  package func result(of metric: String) -> MetricResult? {
    results.first { $0.name == metric }
  }

  private enum Preparation {
    case ready([MetricPlan])
    case refused(String)
  }

  private static func prepared(
    _ spec: AnalysisSpec, _ arguments: ResolvedArguments
  ) -> Preparation {
    var metrics: [MetricSpec] = []
    for metric in spec.metrics {
      do {
        metrics.append(try metric.resolved(with: arguments.values))
      } catch {
        return .refused(
          "Unable to resolve metric arguments: \(arguments.redacted(error.description))")
      }
    }
    if let finding = TemplateValidation.metricFindings(in: metrics).first(where: \.isError) {
      return .refused("Analysis spec invalid: \(arguments.redacted(finding.message))")
    }
    do {
      let dryRun = try RuleMatches("dryRun", spec.dryRun, metrics)
      let retention = try RuleMatches(
        "measurementRetention", spec.measurementRetention, metrics)
      var plans: [MetricPlan] = []
      for metric in metrics {
        let limit = retention.limits[metric.name].flatMap { $0 > 0 ? Int(clamping: $0) : nil }
        do throws(ConditionError) {
          plans.append(
            try MetricPlan(
              spec: metric, isDryRun: dryRun.limits[metric.name] != nil,
              retained: limit ?? MetricPlan.retainedByDefault))
        } catch {
          return .refused("Analysis spec invalid: metric \(metric.name): \(error)")
        }
      }
      return .ready(plans)
    } catch {
      return .refused("Analysis spec invalid: \(error)")
    }
  }
}

/// Which metrics a list of rules is about.
struct RuleMatches: Equatable {
  struct Unmatched: Error, CustomStringConvertible {
    var description: String
  }

  /// The limit of the last rule that matches, by metric.
  private(set) var limits: [String: Int64] = [:]

  /// Rules are regular expressions, unanchored unless the metric is safe; one that matches nothing
  /// is an error (utils/analysis/helpers.go, `GetDryRunMetrics`).
  init(
    _ field: String, _ rules: [AnalysisSpec.MetricRule], _ metrics: [MetricSpec]
  ) throws(Unmatched) {
    for (index, rule) in rules.enumerated() {
      // Go matches nothing with a pattern it can't read.
      let regex = try? RegexMatcher(rule.metricName)
      let matching = metrics.filter { metric in
        guard let regex else { return false }
        return metric.compatibility == .safe
          ? regex.matches(metric.name.utf8) : regex.matchesPart(of: metric.name)
      }
      guard !matching.isEmpty else {
        throw Unmatched(description: "\(field)[\(index)]: Rule didn't match any metric name(s)")
      }
      for metric in matching { limits[metric.name] = rule.limit }
    }
  }
}
