import Foundation
import Manifest
import Simulation
import Testing
import YAMLReader

/// `queries/rollouts`: what `assay test rollouts` plays.
@Suite struct ScenarioFilesTests {
  private static let folder = ReplayFixture.root.appending(path: "queries/rollouts")
  private static var files: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("model-") }.sorted()
  }

  private func documents(_ file: String) throws -> [ManifestNode] {
    let path = Self.folder.appending(path: file)
    return try YAMLReader.documents(in: String(contentsOf: path, encoding: .utf8))
  }

  @Test(arguments: files) func `every scenario goes as told`(file: String) throws {
    let report = ScenarioRunner.run(try documents(file))
    for failure in report.failures { Issue.record("\(file): \(failure)") }
    #expect(report.passed > 0)
  }

  /// Exhaustively: before the first write, before the second, and so on to the last.
  @Test(arguments: files) func `a controller killed before any write ends the same`(
    file: String
  ) throws {
    let report = ScenarioRunner.run(try documents(file), killing: true)
    for failure in report.failures { Issue.record("\(file): \(failure)") }
    #expect(report.passed > 0)
  }

  @Test func `there are scenarios for everything`() throws {
    var count = 0
    for file in Self.files {
      count += try documents(file).count { Scenario.isScenario($0) }
    }
    #expect(count >= 60)
  }

  private static let table = ReplayFixture.root
    .appending(path: "../shared/conformance/rollouts/derived/canary-replica-counts.json")

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: table.path), "the conformance data isn't there"))
  func `a table of replica counts is a file of cases`() throws {
    let text = try String(contentsOf: Self.table, encoding: .utf8)
    let report = ScenarioRunner.run(try YAMLReader.documents(in: text))
    #expect(report.failures == [])
    #expect(report.passed == 40 + 57 + 8 + 7 + 24 + 8)
  }
}
