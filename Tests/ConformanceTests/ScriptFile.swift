import Foundation
import PromQL
import QueryScripts
import Testing

/// A file of test scripts.
struct ScriptFile: Sendable, CustomTestStringConvertible {
  let url: URL

  var name: String { url.lastPathComponent }
  var testDescription: String { name }

  /// The project's root.
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// Our own scripts, part of the project.
  static let own = files(in: root.appending(path: "queries/conformance"))
  /// Prometheus' scripts, which stand beside the project where they have been put there.
  static let upstreamFolder = root.deletingLastPathComponent()
    .appending(path: "shared/conformance/promql")
  static let upstream = files(in: upstreamFolder)

  func script() throws -> Script {
    ScriptParser.parse(try String(contentsOf: url, encoding: .utf8))
  }

  /// What the engine makes of a script.
  func run(_ script: Script, options: QueryOptions = EngineEvaluator.options) -> ScriptReport {
    ScriptRunner(evaluator: EngineEvaluator(options: options)).run(script)
  }

  private static func files(in folder: URL) -> [ScriptFile] {
    let entries = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (entries ?? []).filter { $0.pathExtension == "test" }.map(ScriptFile.init)
      .sorted { $0.name < $1.name }
  }
}
