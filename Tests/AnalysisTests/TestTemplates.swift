import Analysis
import Manifest
import MetricModel
import YAMLReader

/// Short ways to templates and runs.
enum TestTemplates {
  static func template(_ yaml: String) throws -> AnalysisTemplate {
    try AnalysisTemplate(try YAMLReader.documents(in: yaml)[0])
  }

  /// A template of the given metrics, each a YAML flow mapping.
  static func template(metrics: [String], rest: String = "") throws -> AnalysisTemplate {
    let list = metrics.map { "  - \($0)\n" }.joined()
    return try template(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: sample}
      spec:
      \(rest.isEmpty ? "" : "  \(rest)\n")  metrics:
      \(list)
      """)
  }

  /// Success for 1, failure for -1, inconclusive for 0.
  static func scripted(_ fields: String) -> String {
    "{\(fields), successCondition: 'result > 0', failureCondition: 'result < 0', "
      + "provider: {prometheus: {query: q}}}"
  }

  static func answer(for phase: String, at now: Timestamp) -> MeasurementAnswer {
    switch phase {
    case "Successful": .answered([.scalar(ScalarPoint(time: now, value: 1))])
    case "Failed": .answered([.scalar(ScalarPoint(time: now, value: -1))])
    case "Inconclusive": .answered([.scalar(ScalarPoint(time: now, value: 0))])
    default: .failed("")
    }
  }
}
