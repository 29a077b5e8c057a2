import ArgumentParser
import HTTPService
import MetricModel
import PromQL
import Rules

/// What a server is told of rules and alerts.
struct RuleServing: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "Evaluate the rules of these files; may be given again.", valueName: "file or pattern"))
  var patterns: [String] = []

  @Option(
    name: .customLong("rules.evaluation-interval"),
    help: ArgumentHelp("How often groups that don't say are evaluated.", valueName: "duration"))
  var interval = "1m"

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

  func options(queries: QueryOptions) throws -> RuleOptions {
    var options = RuleOptions()
    guard let every = Milliseconds(parsing: interval), every > .zero else {
      throw CommandError(
        "--rules.evaluation-interval: found \"\(interval)\", expected one such as 1m")
    }
    options.evaluationInterval = every
    options.alertmanagers = alertmanagers
    options.environment.externalURL = externalURL
    for label in externalLabels {
      let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw CommandError("--external-label: found \"\(label)\", expected name=value")
      }
      options.environment.externalLabels.append(LabelPair(name: parts[0], value: parts[1]))
    }
    let patterns = patterns
    options.readGroups = { try Self.groups(of: patterns, queries: queries) }
    options.groups = try options.readGroups()
    return options
  }

  /// All groups of the files as they are now.
  private static func groups(
    of patterns: [String], queries: QueryOptions
  ) throws -> [RuleGroup] {
    var groups: [RuleGroup] = []
    for pattern in patterns {
      let files = try GlobPaths.matching(pattern, from: ".")
      guard !files.isEmpty else { throw CommandError("\(pattern): no such file") }
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
