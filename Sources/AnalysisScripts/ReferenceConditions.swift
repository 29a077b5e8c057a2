internal import Analysis
internal import Manifest
internal import MetricModel

/// Conditions with the phases they lead to:
/// `{"cases": [{result, successCondition, failureCondition, phase}, ...]}`.
///
/// Lists stand for the vectors of a Prometheus answer; everything else is what a JSON answer holds.
enum ReferenceConditions {
  static func entries(_ cases: [ManifestNode], file: String) -> [TestReport.Entry] {
    cases.map { one in
      let found = ConditionPair(
        success: one["successCondition"]?.asText ?? "",
        failure: one["failureCondition"]?.asText ?? ""
      ).judgedPhase(of: input(one["result"]), at: Timestamp(milliseconds: 0))
      var differences = Differences()
      differences.compare("phase", found.phase.rawValue, one["phase"]?.asText ?? "")
      if !differences.problems.isEmpty, !found.message.isEmpty { differences.add(found.message) }
      return TestReport.Entry(
        file: file, name: one["title"]?.asText ?? "condition", problems: differences.problems)
    }
  }

  private static func input(_ node: ManifestNode?) -> ConditionInput {
    let value = node.map(value) ?? .null
    if case .list = value { return ConditionInput(value, type: .list(.number)) }
    return ConditionInput(value)
  }

  private static func value(_ node: ManifestNode) -> ConditionValue {
    switch node.content {
    case .null: return .null
    case .bool(let truth): return .bool(truth)
    case .integer(let number): return .number(Double(number))
    case .number(let number): return .number(number)
    case .text(let text): return .text(text)
    case .list(let items):
      return .list(
        items.map { item in
          if let text = item.asText, let number = NumberText.parse(text) { return .number(number) }
          return value(item)
        })
    case .map(let entries):
      return .map(
        Dictionary(
          entries.map { ($0.key, value($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }
  }
}
