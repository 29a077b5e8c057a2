import Analysis
import ArgumentParser
import FoundationEssentials
import Manifest

/// `assay explain RUN.json`: the story of a run, from its record.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell in plain words what a recorded verdict rests on, and draw it.",
    discussion: """
      Reads the record of a run (assay analyze --record, or a file of the analyses' journal): what \
      was asked, what each look saw, which boundary was crossed, what was missing, the method and \
      its assumptions.

        assay explain run.json --svg pictures
      """)

  @ArgumentParser.Argument(help: "The record of a run.")
  var record: String

  @Option(help: ArgumentHelp("Write a picture of each metric there.", valueName: "folder"))
  var svg: String?

  func run() throws {
    try reporting {
      let story = RunExplanation(try RunFile.rejudgement(record))
      story.lines.forEach(Terminal.print)
      for chart in story.charts {
        Terminal.print("")
        chart.lines.forEach(Terminal.print)
      }
      guard let svg else { return }
      try Files.makeFolder(svg)
      for chart in story.charts {
        let name = chart.title.prefix { $0 != ":" }.map { $0 == "/" ? "-" : $0 }
        try Files.write(
          chart.svg, to: URL(filePath: svg).appending(path: String(name) + ".svg").path)
      }
    }
  }
}

/// `assay rejudge RUN.json`: the verdict again, from the stored answers.
struct RejudgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rejudge",
    abstract: "Judge recorded runs again from their stored answers; the verdicts must agree.",
    discussion: """
      Ends with 0 when all agree, 1 when one doesn't, with the fields that differ.

        assay rejudge run.json
      """)

  @ArgumentParser.Argument(help: "Records of runs.")
  var records: [String]

  func run() throws {
    try reporting {
      var verdict = Verdict.pass
      for path in records {
        let again = try RunFile.rejudgement(path)
        let phase = again.repeated.phase.rawValue
        if again.agrees {
          Terminal.print("\(path): \(phase) again, after \(again.steps.count) events")
        } else {
          verdict = .fail
          Terminal.print("\(path): does not agree")
          again.differences.forEach { Terminal.print("  \($0)") }
        }
      }
      try verdict.end()
    }
  }
}

/// Files that hold the record of a run.
enum RunFile {
  /// A record as `analyze --record` writes it, or a journal of lines.
  static func rejudgement(_ path: String) throws -> Rejudgement {
    let bytes = try Files.read(path)
    do {
      return try Rejudgement(of: try document(bytes).manifestNode)
    } catch {
      throw CommandError("\(path): \(error)")
    }
  }

  private static func document(_ bytes: [UInt8]) throws -> JSONValue {
    if let value = try? JSONValue(parsing: bytes), value["origin"] == nil { return value }
    let lines = bytes.split(separator: 10)
    guard let first = lines.first else { throw CommandError("is empty") }
    let origin = try JSONValue(parsing: Array(first))["origin"] ?? .null
    var events: [(node: ManifestNode, path: String)] = []
    for (number, line) in lines.dropFirst().enumerated() {
      events.append(
        (try JSONValue(parsing: Array(line)).manifestNode, "line \(number + 2)"))
    }
    return try RunRecord(origin: origin.manifestNode, events: events, isForReading: true).json
  }
}
