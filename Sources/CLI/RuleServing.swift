import ArgumentParser
import HTTPService
import MetricModel
import PromQL
import Rules
import Scraping

/// What a server is told of rules and alerts.
struct RuleServing: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "Evaluate the rules of these files; may be given again.", valueName: "file or pattern"))
  var patterns: [String] = []

  @Option(
    name: .customLong("rules.evaluation-interval"),
    help: ArgumentHelp(
      "How often groups that don't say are evaluated; 1m when left out.", valueName: "duration"))
  var interval: String?

  @Option(
    name: .customLong("alertmanager"),
    help: ArgumentHelp("Tell this Alertmanager of alerts; may be given again.", valueName: "url"))
  var alertmanagers: [String] = []

  @Option(
    name: .customLong("web.external-url"),
    help: ArgumentHelp("Where people reach this server, for links in alerts.", valueName: "url"))
  var externalURL = ""

  @Option(
    name: .customLong("external-label"),
    help: ArgumentHelp(
      "A label that alerts bear outside; may be given again.",
      valueName: "name=value"))
  var externalLabels: [String] = []

  /// - Parameters:
  ///   - file: what a configuration file says beside the command line, which wins.
  ///   - configuration: the path of that file, from which a reload reads the names of rule files.
  func options(
    queries: QueryOptions, file: ScrapeConfiguration? = nil, configuration: String? = nil
  ) throws -> RuleOptions {
    var options = RuleOptions()
    if let file {
      options.evaluationInterval = file.evaluationInterval
      options.environment.externalLabels = file.externalLabels.pairs.map {
        LabelPair(name: $0.name, value: $0.value)
      }
    }
    if let interval {
      guard let every = Milliseconds(parsing: interval), every > .zero else {
        throw CommandError(
          "--rules.evaluation-interval: found \"\(interval)\", expected one such as 1m")
      }
      options.evaluationInterval = every
    }
    options.alertmanagers = alertmanagers + (file?.alertmanagers ?? [])
    options.environment.externalURL = externalURL
    for label in externalLabels {
      let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw CommandError("--external-label: found \"\(label)\", expected name=value")
      }
      options.environment.externalLabels.append(LabelPair(name: parts[0], value: parts[1]))
    }
    let patterns = patterns
    let listed = file?.ruleFiles ?? []
    options.groups = try Self.groups(of: patterns, and: listed, queries: queries)
    options.readGroups = {
      let listed = try configuration.map { try PrometheusConfiguration($0).scraping.ruleFiles }
      return try Self.groups(of: patterns, and: listed ?? [], queries: queries)
    }
    return options
  }

  /// All groups of the files as they are now.
  ///
  /// - Parameter listed: the patterns of a configuration file.
  private static func groups(
    of patterns: [String], and listed: [String], queries: QueryOptions
  ) throws -> [RuleGroup] {
    var groups: [RuleGroup] = []
    for pattern in patterns + listed {
      let files = try GlobPaths.matching(pattern, from: ".")
      // A configuration's patterns may match later, as with Prometheus.
      guard !files.isEmpty || !patterns.contains(pattern) else {
        throw CommandError("\(pattern): no such file")
      }
      for file in files {
        let (rules, errors) = try RuleFiles.read(
          file, ignoresUnknownFields: false, queries: queries)
        guard errors.isEmpty else {
          throw CommandError(errors.map(\.description).joined(separator: "\n"))
        }
        groups += rules.groups
      }
    }
    return groups
  }
}
