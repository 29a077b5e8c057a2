import Foundation
import Manifest
import Rollouts
import Testing
import YAMLReader

@Suite struct ManifestReviewTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func documents(_ file: String) throws -> [ManifestNode] {
    let path = Self.root.appending(path: "queries/rollouts/\(file)")
    return try YAMLReader.documents(in: String(contentsOf: path, encoding: .utf8))
  }

  /// `ASSAY_REWRITE_GOLDEN=1 swift test` writes the file anew; read the diff.
  @Test func `the tutorial's manifests get a message for each fault`() throws {
    let folder = Self.root.appending(path: "queries/rollouts")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    var text = ""
    for file in files where file.hasSuffix(".as-written.yaml") {
      text += "\(file)\n"
      let notes = ManifestReview.notes(on: try documents(file))
      for note in notes { text += "  \(note)\n" }
      if notes.isEmpty { text += "  (nothing)\n" }
    }
    let golden = folder.appending(path: "as-written.review.txt")
    if ProcessInfo.processInfo.environment["ASSAY_REWRITE_GOLDEN"] != nil {
      try text.write(to: golden, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOf: golden, encoding: .utf8))
  }

  @Test func `the corrected rollout is a plan`() throws {
    let document = try #require(try documents("model-rollout.yaml").first)
    let reading = RolloutPlan.read(document)
    #expect(reading.problems.isEmpty)
    let plan = try #require(reading.plan)
    #expect(plan.canary.steps.count == 13)
    #expect(plan.canary.steps[2] == plan.canary.steps[11])
    #expect(plan.limits.split(weight: 25) == ReplicaSplit(canary: 3, stable: 8))
  }

  @Test func `a template nobody wrote is missed`() throws {
    let notes = ManifestReview.notes(on: try documents("model-rollout.yaml"))
    #expect(
      notes.first?.description.contains("found no AnalysisTemplate \"ml-model-compare\"") == true)
  }
}
