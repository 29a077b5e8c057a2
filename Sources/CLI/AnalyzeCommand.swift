import Analysis
import ArgumentParser
import MetricModel
import Simulation

/// `assay analyze TEMPLATE`: one AnalysisRun on recorded metrics, as if it had been started then.
struct AnalyzeCommand: AsyncParsableCommand {
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

  func run() async throws {
    try await reporting {
      let files = try ManifestFiles(manifests)
      files.remarks.forEach { Terminal.complain("assay: \($0)") }
      guard let template = files.templates.first else {
        throw CommandError("\(manifests[0]): holds no AnalysisTemplate")
      }
      guard !files.isRefused else {
        throw CommandError("the template can't be run as it stands, see above")
      }
      let opened = try source.open()
      let rolloutStart = opened.rolloutStart
      let start = try at.time(in: opened.span, rolloutStart: rolloutStart)
      let replay = AnalysisReplay(
        template: template, start: start,
        arguments: opened.hashArguments(for: template, given: arguments))
      let queries = RecordedQueries(snapshot: opened.snapshot)
      let report = replay.run(until: opened.span.end) { request, _ throws(QueryFailure) in
        try queries.answer(request)
      }
      AnalysisText(report, start: rolloutStart ?? start).lines.forEach(Terminal.print)
      try Self.verdict(report.decision).end()
    }
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
