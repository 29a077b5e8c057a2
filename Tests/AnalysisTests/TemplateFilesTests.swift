import Analysis
import Foundation
import Manifest
import Testing
import YAMLReader

@Suite struct TemplateFilesTests {
  private static func query(_ name: String, from file: String = #filePath) throws -> String {
    let package = URL(fileURLWithPath: file).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
      contentsOf: package.appendingPathComponent("queries/analysis/\(name).yaml"), encoding: .utf8)
  }

  @Test func `the tutorial's template gets each of its faults named with its place`() throws {
    let template = try TestTemplates.template(try Self.query("ml-model-analysis.as-written"))
    let errors = TemplateValidation.findings(in: template, use: .step)
    #expect(errors.map(\.rule) == Array(repeating: "inline-without-count", count: 3))
    #expect(
      errors[0].message
        == "AnalysisTemplate ml-model-analysis has metric accuracy which runs indefinitely. "
        + "Invalid value for count: <nil>")
    #expect(errors[0].line == 9)
    #expect(TemplateValidation.findings(in: template, use: .background).isEmpty)

    let context = AdviceContext(
      use: .step, canaryWeight: 10, settled: GoDuration(parsing: "2m"))
    let advice = TemplateAdvice.findings(in: template, context: context)
    let accuracy = Set(advice.filter { $0.path.hasPrefix("spec.metrics[0]") }.map(\.rule))
    #expect(
      accuracy == [
        "versions-mixed", "unguarded-nan", "window-before-step", "empty-vector",
        "no-failure-limit",
      ])
    let mixed = try #require(advice.first { $0.rule == "versions-mixed" })
    #expect(
      mixed.message
        == "model_predictions_correct_total{app=\"model-server\"} selects canary and stable "
        + "together: at weight 10 a canary at 0.5 beside a stable at 0.95 blends to 0.905 and "
        + "passes result[0] >= 0.90")
    let errorRate = advice.first { $0.rule == "versions-mixed" && $0.path.contains("[2]") }
    #expect(
      errorRate?.message.contains("a canary at 0.05 beside a stable at 0 blends to 0.005") == true)
    let window = advice.first { $0.rule == "window-before-step" }
    #expect(window?.message.contains("[5m] is longer than the 2m") == true)
    #expect(window?.message.contains("3m of it precede the step") == true)
  }

  @Test(arguments: ["ml-model-analysis", "ml-model-compare"])
  func `the corrected templates draw neither errors nor advice`(name: String) throws {
    let template = try TestTemplates.template(try Self.query(name))
    #expect(TemplateValidation.findings(in: template, use: .step).isEmpty)
    let context = AdviceContext(use: .step, settled: GoDuration(parsing: "5m"))
    #expect(TemplateAdvice.findings(in: template, context: context).map(\.description) == [])
  }

  @Test(.enabled(if: SharedFolder.isThere, SharedFolder.skipReason))
  func `every template of Argo's own manifests is read, or refused with a place`() throws {
    let folder = SharedFolder.folder.appending(path: "argo-rollouts")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var read: [String] = []
    var refused: [String] = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "yaml" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      let documents: [ManifestNode]
      do {
        documents = try YAMLReader.documents(in: text)
      } catch {
        #expect(error.line > 0, "\(file.lastPathComponent): \(error)")
        continue
      }
      for document in documents where AnalysisTemplate.isAnalysis(document) {
        do {
          let template = try AnalysisTemplate(document)
          read.append(template.name)
          #expect(
            template.unknownFields.allSatisfy { $0.line > 0 }, "\(file.lastPathComponent)")
          if file.path.contains("/examples/") {
            #expect(
              template.unknownFields.isEmpty,
              "\(file.lastPathComponent): \(template.unknownFields)")
          }
        } catch {
          refused.append(file.lastPathComponent)
          #expect(error.line > 0 && !error.path.isEmpty, "\(file.lastPathComponent): \(error)")
        }
      }
    }
    #expect(read.count >= 30)
    // The objects that upstream's own tests call malformed, and one without metadata.
    #expect(
      refused.allSatisfy { $0.hasPrefix("malformed-") || $0 == "analysis-template-no-name.yaml" },
      "\(refused)")
  }
}
