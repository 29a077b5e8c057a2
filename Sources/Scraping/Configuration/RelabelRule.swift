package import MetricModel

/// One step of relabelling: `relabel_configs`, `metric_relabel_configs`.
///
///     RelabelRule.apply(rules, to: labels)      // nil when a rule drops it
///
/// The rules are those of Prometheus 3.14 (`model/relabel`), names in UTF-8.
package struct RelabelRule: Equatable, Sendable {
  package enum Action: String, Equatable, Sendable, CaseIterable {
    case replace
    case keep
    case drop
    case keepEqual = "keepequal"
    case dropEqual = "dropequal"
    case hashMod = "hashmod"
    case labelMap = "labelmap"
    case labelDrop = "labeldrop"
    case labelKeep = "labelkeep"
    case lowercase
    case uppercase
  }

  package var action = Action.replace
  package var sourceLabels: [String] = []
  package var separator = ";"
  package var targetLabel = ""
  package var regex: RegexMatcher
  package var replacement = RelabelRule.defaultReplacement
  package var modulus: UInt64 = 0

  static let defaultRegex = "(.*)"
  static let defaultReplacement = "$1"

  /// The first group of everything, unless told otherwise.
  package init() throws(RegexError) { regex = try RegexMatcher(Self.defaultRegex) }

  package static func == (left: RelabelRule, right: RelabelRule) -> Bool {
    left.action == right.action && left.sourceLabels == right.sourceLabels
      && left.separator == right.separator && left.targetLabel == right.targetLabel
      && left.regex.source == right.regex.source && left.replacement == right.replacement
      && left.modulus == right.modulus
  }

  /// The labels after all rules in their order; nil when one drops them.
  package static func apply(_ rules: [RelabelRule], to labels: Labels) -> Labels? {
    var labels = labels
    for rule in rules {
      guard let next = rule.apply(to: labels) else { return nil }
      labels = next
    }
    return labels
  }

  private func apply(to labels: Labels) -> Labels? {
    let value = sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
    switch action {
    case .keep: return regex.matches(value.utf8) ? labels : nil
    case .drop: return regex.matches(value.utf8) ? nil : labels
    case .keepEqual: return labels[targetLabel] ?? "" == value ? labels : nil
    case .dropEqual: return labels[targetLabel] ?? "" == value ? nil : labels
    case .replace: return replaced(value, in: labels)
    case .lowercase: return labels.setting(targetLabel, value.lowercased())
    case .uppercase: return labels.setting(targetLabel, value.uppercased())
    case .hashMod:
      let half = MD5.hash(Array(value.utf8))[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return labels.setting(targetLabel, "\(half % max(modulus, 1))")
    case .labelMap: return mapped(labels)
    case .labelDrop: return labels.removing(names(of: labels) { regex.matches($0.utf8) })
    case .labelKeep: return labels.removing(names(of: labels) { !regex.matches($0.utf8) })
    }
  }

  private func replaced(_ value: String, in labels: Labels) -> Labels {
    let bytes = Array(value.utf8)
    guard let groups = regex.captures(in: bytes) else { return labels }
    let target = RegexTemplate(targetLabel).expanded(with: groups, of: bytes, by: regex)
    if target.isEmpty { return labels }
    let result = RegexTemplate(replacement).expanded(with: groups, of: bytes, by: regex)
    return labels.setting(target, result)
  }

  private func mapped(_ labels: Labels) -> Labels {
    var builder = LabelsBuilder(labels)
    labels.forEach { name, value in
      let bytes = Array(name)
      guard let groups = regex.captures(in: bytes) else { return }
      let target = RegexTemplate(replacement).expanded(with: groups, of: bytes, by: regex)
      if !target.isEmpty { builder.set(target, String(decoding: value, as: UTF8.self)) }
    }
    return builder.labels
  }

  private func names(of labels: Labels, where isListed: (String) -> Bool) -> [String] {
    var names: [String] = []
    labels.forEach { name, _ in
      let name = String(decoding: name, as: UTF8.self)
      if isListed(name) { names.append(name) }
    }
    return names
  }
}

extension Labels {
  /// With one label set; an empty value removes it.
  func setting(_ name: String, _ value: String) -> Labels {
    var builder = LabelsBuilder(self)
    builder.set(name, value)
    return builder.labels
  }
}
