import Analysis
import Foundation
import Manifest
import MetricModel
import Rollouts
import Simulation
import YAMLReader

/// The corrected rollout of `queries/rollouts` with a template of plain thresholds on made-up data.
enum ReplayFixture {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let start = Timestamp(milliseconds: 1_750_000_000_000)
  static let canaryHash = "7c9f8d6b54"

  static func document(_ file: String) throws -> ManifestNode? {
    let path = root.appending(path: "queries/rollouts/\(file)")
    return try YAMLReader.documents(in: String(contentsOf: path, encoding: .utf8)).first
  }

  /// - Parameter end: lines of each metric besides name, condition and query.
  static func template(
    _ name: String = "ml-model-compare", end: String = "interval: 1m\n    count: 4"
  ) throws -> AnalysisTemplate {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: \(name)}
      spec:
        args:
        - name: canary-hash
          value: any
        metrics:
        - name: accuracy
          \(end)
          successCondition: result[0] >= 0.90
          provider:
            prometheus:
              address: http://prometheus:9090
              query: accuracy{hash="{{args.canary-hash}}"}
        - name: latency-p99
          \(end)
          failureLimit: 1
          successCondition: result[0] <= 200
          provider:
            prometheus:
              address: http://prometheus:9090
              query: latency{hash="{{args.canary-hash}}"}
      """
    return try AnalysisTemplate(try YAMLReader.documents(in: text)[0])
  }

  static func replay(_ templates: [AnalysisTemplate]) throws -> RolloutReplay? {
    guard let document = try document("model-rollout.yaml"),
      let plan = RolloutPlan.read(document).plan
    else { return nil }
    return RolloutReplay(
      plan: plan, templates: templates, start: start, stableHash: "6d4b9c7f58",
      canaryHash: canaryHash)
  }

  /// A source of numbers by minute since the start: nil is an answer without series.
  static func port(
    accuracy: @escaping (Double) -> Double?, latency: @escaping (Double) -> Double? = { _ in 150 }
  ) -> QueryPort {
    { request, now in
      let minute = now.since(start).seconds / 60
      let value = request.text.hasPrefix("accuracy") ? accuracy(minute) : latency(minute)
      guard let value else { return .vector([]) }
      return .vector([VectorSample(labels: Labels([]), time: now, value: value)])
    }
  }

  /// Compares with a file beside the tests; `ASSAY_REWRITE_GOLDEN=1` writes it anew.
  static func golden(_ name: String, _ text: String) throws -> String {
    let file = root.appending(path: "Tests/SimulationTests/Golden/\(name).txt")
    if ProcessInfo.processInfo.environment["ASSAY_REWRITE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    return try String(contentsOf: file, encoding: .utf8)
  }
}
