package import Manifest
internal import MetricModel
package import PromQL

/// A file of recording and alerting rules, as Prometheus reads them.
///
///     let (file, errors) = RuleFile.read(document, path: "rules.yml")
///
/// All that is wrong is reported at once, in promtool's words.
package struct RuleFile: Sendable {
  package var path: String
  package var groups: [RuleGroup]

  /// What is to be overlooked, and how expressions are understood.
  package struct Options: Sendable {
    package var ignoresUnknownFields = false
    package var queries = QueryOptions()

    package init() {}
  }

  package var ruleCount: Int { groups.reduce(0) { $0 + $1.rules.count } }

  /// - Parameter document: nil for an empty file, which has no groups.
  /// - Returns: the groups as far as they can be used, and what is wrong with the rest.
  package static func read(
    _ document: ManifestNode?, path: String, options: Options = Options()
  ) -> (file: RuleFile, errors: [RuleFileError]) {
    var reading = RuleFileReading(path: path, options: options)
    let groups = reading.groups(of: document)
    return (RuleFile(path: path, groups: groups), reading.errors)
  }

  /// Rules that have name and labels of another, each once; such rules write the same series.
  package var duplicates: [(name: String, labels: [LabelPair])] {
    var counts: [String: Int] = [:]
    var found: [(name: String, labels: [LabelPair])] = []
    for rule in groups.flatMap(\.rules) {
      let labels = rule.labels
      let pairs = labels.map { GoText.quoted($0.name) + GoText.quoted($0.value) }
      let key = GoText.quoted(rule.name) + pairs.joined()
      counts[key, default: 0] += 1
      if counts[key] == 2 { found.append((rule.name, labels)) }
    }
    return found.sorted { $0.name < $1.name }
  }
}

/// What is wrong with a rule file, and where.
package struct RuleFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `rules.yml: 3:5: group "g", rule 1, "r": could not parse expression: …`.
  package var description: String
}
