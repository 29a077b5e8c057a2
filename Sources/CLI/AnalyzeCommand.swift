import Analysis
import AnalysisQueries
import ArgumentParser
import Manifest
import MetricModel
import Simulation

/// `assay analyze TEMPLATE`: one AnalysisRun on recorded metrics, as if it had been started then.
struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Run an AnalysisTemplate on recorded metrics.",
    discussion: """
      The run starts at --at and measures at the template's own intervals, in virtual time. Ends \
      with 0 when it was successful, 1 when it failed, 2 when it was inconclusive or still \
      measuring at the end of the data, 3 when it ended in an error.

        assay analyze queries/analysis/ml-model-compare.yaml \\
          --recording queries/recordings/accuracy-drop --at rollout+5m

      Arguments canary-hash and stable-hash are taken from recording.json unless given by --arg.
      """)

  @ArgumentParser.Argument(help: "Files with AnalysisTemplates; the first template is run.")
  var manifests: [String]

  @OptionGroup var source: SourceOptions

  @Option(help: ArgumentHelp("When the run starts: \(TimeArgument.helpText)"))
  var at: TimeArgument

  @Option(name: .customLong("arg"), help: "A value for an argument of the template.")
  var arguments: [NamedValue] = []

  @Option(help: ArgumentHelp("Write the run with its evidence there.", valueName: "file"))
  var record: String?

  func run() throws {
    try reporting {
      let template = try Self.template(in: manifests)
      let opened = try source.open()
      let start = try at.time(in: opened.span, rolloutStart: opened.rolloutStart)
      guard start < opened.span.end else {
        throw CommandError(
          "the run would start at \(start.rfc3339), and the data end at "
            + "\(opened.span.end.rfc3339); start it earlier by --at")
      }
      let report = report(on: template, opened, from: start)
      if let record { try write(record, template, opened, from: start) }
      AnalysisText(report, start: opened.rolloutStart ?? start).lines.forEach(Terminal.print)
      try Self.verdict(report.decision).end()
    }
  }

  /// The first template, read and found in order; says what is wrong otherwise.
  static func template(in paths: [String]) throws -> AnalysisTemplate {
    let files = try ManifestFiles(paths)
    files.remarks.forEach { Terminal.complain("assay: \($0)") }
    if files.isRefused {
      throw CommandError("the template can't be run as it stands, see above")
    }
    if let template = files.templates.first { return template }
    throw CommandError("\(paths.joined(separator: ", ")): holds no AnalysisTemplate")
  }

  private func report(
    on template: AnalysisTemplate, _ opened: OpenedSource, from start: Timestamp
  ) -> AnalysisReplay.Report {
    let replay = AnalysisReplay(
      template: template, start: start,
      arguments: opened.hashArguments(for: template, given: arguments))
    let queries = RecordedQueries(snapshot: opened.snapshot)
    return replay.run(until: opened.span.end, query: queries.port)
  }

  /// The run once more, with all that it was told.
  private func write(
    _ path: String, _ template: AnalysisTemplate, _ opened: OpenedSource, from start: Timestamp
  ) throws {
    let spec = try AnalysisSpec.merging(
      [template], arguments: opened.hashArguments(for: template, given: arguments))
    let queries = SeriesQueries(opened.snapshot)
    var driver = RunDriver(AnalysisRun(name: template.name, spec: spec)) { request, _ in
      queries.answer(request.queries)
    }
    driver.drive(from: start, until: opened.span.end)
    try Files.write(driver.record.json.spelled + "\n", to: path)
  }

  static func verdict(_ decision: AnalysisReplay.Decision) -> Verdict {
    switch decision {
    case .never: .inconclusive
    case .ended(_, let phase, _):
      switch phase {
      case .successful: .pass
      case .failed: .fail
      case .error: .error
      case .inconclusive, .pending, .running: .inconclusive
      }
    }
  }
}

/// `name=value`.
struct NamedValue: ExpressibleByArgument {
  let name: String
  let value: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
    name = String(argument[..<sign])
    value = String(argument[argument.index(after: sign)...])
  }
}
