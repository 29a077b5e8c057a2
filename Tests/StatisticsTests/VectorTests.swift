import Foundation
import Statistics
import StatisticsVectors
import Testing

/// The reference vectors that lie beside the repository, where they exist.
@Suite struct VectorTests {
  static let folder: URL = {
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    return package.appendingPathComponent("../shared/conformance/statistics").standardized
  }()

  static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

  @Test(.enabled(if: isThere, "../shared/conformance/statistics is not there"))
  func familiesAgreeWithTheReferenceVectors() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    let files = names.filter { $0.hasSuffix(".json") }.sorted()
    #expect(!files.isEmpty)
    pinLinearAlgebraToOneThread()
    var total = VectorReport()
    for name in files {
      let content = try Data(contentsOf: Self.folder.appendingPathComponent(name))
      let file = try VectorFile(parsing: String(decoding: content, as: UTF8.self))
      let report = file.run()
      #expect(report.failures.isEmpty, "\(name): \(report.failures.prefix(5))")
      #expect(report.passedCases == file.caseCount - report.skippedCases, "\(name)")
      total.merge(report)
    }
    for line in total.skipSummary { print(line) }
    print("\(total.comparedFields) fields compared, \(total.skips.count) skipped; \(total.summary)")
    #expect(total.passedCases >= 1_000)
    // A field more than these is one that used to be compared.
    #expect(total.skips.count <= 60, "\(total.skipSummary)")
  }

  @Test func aWrongFieldIsNamedAndAnUnknownOneSkipped() throws {
    let file = try VectorFile(
      parsing: """
        {"family": "welch_t", "default_rtol": 1e-10, "cases": [
          {"id": "w-1", "input": {"a": [1, 2, 6], "b": [3, 5, 10], "pooled": false},
           "expected": {"estimate": 3, "moon": 1}},
          {"id": "w-2", "input": {"a": [1], "b": [3, 5], "pooled": false}, "error": "nan_input"},
          {"id": "w-3", "input": {"a": [], "b": [3, 5], "pooled": false}, "error": "empty_input"}
        ]}
        """)
    let report = file.run()
    #expect(
      report.failures.map(\.description) == [
        "w-1: estimate: got -3.0, want 3.0",
        "w-2: error: got too_few_observations, want nan_input",
      ])
    #expect(report.skips.map(\.field) == ["moon"])
    #expect(report.summary == "1 passed, 2 failed")
  }

  @Test func whatIsNoVectorFileIsRefused() {
    #expect(throws: VectorFile.Fault.self) { try VectorFile(parsing: "[1, 2") }
    #expect(throws: VectorFile.Fault.self) { try VectorFile(parsing: "{}") }
  }

  @Test func inputsOfAnotherShapeFailAndDoNotTrap() throws {
    for family in vectorFamilies {
      for input in ["{}", "null", "{\"args\": [1e300], \"dist\": \"t\", \"fn\": \"cdf\"}"] {
        let text = "{\"family\": \"\(family)\", \"cases\": [{\"id\": \"x\", \"input\": \(input)}]}"
        #expect(try VectorFile(parsing: text).run().passedCases == 0, "\(family) \(input)")
      }
    }
  }
}
