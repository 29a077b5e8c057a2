import AnalysisScripts
import ArgumentParser
import FoundationEssentials
import Manifest
import YAMLReader

/// `assay test analysis FILE…`: unit tests for analyses.
struct AnalysisUnitTests: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analysis",
    abstract: "Run unit tests for AnalysisTemplates: series in, phases and verdicts out.",
    discussion: """
      Test files are YAML in the style of promtool's (template_files, tests, input_series, \
      analysis_tests; the note of AnalysisScripts tells all fields), or JSON of reference answers. \
      Prints each failure with what was found and expected, and closes with "N passed, N failed". \
      Ends with 0 when all passed, 1 when some failed.

        assay test analysis queries/analysis/*.test.yaml --junit report.xml
      """)

  @ArgumentParser.Argument(help: "Test files; templates they name are looked for beside them.")
  var files: [String]

  @Option(help: ArgumentHelp("Write the outcome as JUnit's XML too.", valueName: "file"))
  var junit: String?

  func run() throws {
    try reporting {
      var report = TestReport()
      for path in files { report.entries += try Self.entries(of: path) }
      report.failureLines.forEach(Terminal.print)
      if let junit { try Files.write(report.junit, to: junit) }
      Terminal.print(report.summary)
      try (report.failures.isEmpty ? Verdict.pass : .fail).end()
    }
  }

  private static func entries(of path: String) throws -> [TestReport.Entry] {
    let text = try Files.readText(path)
    let folder = URL(filePath: path).deletingLastPathComponent()
    let runner = TestRunner { name throws(ManifestError) in
      let template = folder.appending(path: name).path
      do {
        return try YAMLReader.documents(in: try Files.readText(template))
      } catch let error as ManifestError {
        throw error
      } catch {
        throw ManifestError(line: 0, column: 0, path: "template_files", message: "\(error)")
      }
    }
    do {
      return runner.entries(of: try YAMLReader.documents(in: text), file: path)
    } catch {
      return [
        TestReport.Entry(file: path, name: "the file is readable", problems: ["\(error)"])
      ]
    }
  }
}
