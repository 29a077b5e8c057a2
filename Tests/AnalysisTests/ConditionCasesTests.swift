import Analysis
import Foundation
import Manifest
import MetricModel
import Testing
import YAMLReader

@Suite struct ConditionCasesTests {
  @Test(.enabled(if: SharedFolder.isThere, SharedFolder.skipReason))
  func `the 32 reference cases have the phases of Argo`() throws {
    let file = SharedFolder.folder.appending(path: "derived/conditions.json")
    // JSON is YAML, and the YAML reader tells booleans from numbers.
    let document = try YAMLReader.documents(in: String(contentsOf: file, encoding: .utf8))[0]
    let cases = try #require(document["cases"]?.asList)
    #expect(cases.count == 32)
    for one in cases {
      let phase = Self.phase(
        of: Self.input(one["result"]), success: one["successCondition"]?.asText,
        failure: one["failureCondition"]?.asText)
      #expect(phase == one["phase"]?.asText, "\(one["title"]?.asText ?? "")")
    }
  }

  /// The phase by Argo's rule, every error being an Error.
  static func phase(of input: ConditionInput, success: String?, failure: String?) -> String {
    let now = Timestamp(milliseconds: 0)
    do {
      let isSuccess = try success.map { try Condition($0).evaluate(input, at: now) }
      let isFailure = try failure.map { try Condition($0).evaluate(input, at: now) }
      if isFailure == true || (failure == nil && isSuccess == false) { return "Failed" }
      return success != nil && failure != nil && isSuccess == false ? "Inconclusive" : "Successful"
    } catch {
      return "Error"
    }
  }

  /// Lists of the cases are vectors of a Prometheus answer; everything else is JSON.
  static func input(_ node: ManifestNode?) -> ConditionInput {
    let value = node.map(value) ?? .null
    if case .list = value { return ConditionInput(value, type: .list(.number)) }
    return ConditionInput(value)
  }

  private static func value(_ node: ManifestNode) -> ConditionValue {
    switch node.content {
    case .null: .null
    case .bool(let truth): .bool(truth)
    case .integer(let number): .number(Double(number))
    case .number(let number): .number(number)
    case .text(let text): .text(text)
    case .list(let items):
      .list(items.map { $0.asText.flatMap(NumberText.parse).map { .number($0) } ?? value($0) })
    case .map(let entries):
      .map(Dictionary(uniqueKeysWithValues: entries.map { ($0.key, value($0.value)) }))
    }
  }
}
