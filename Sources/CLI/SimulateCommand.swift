import Analysis
import ArgumentParser
import MetricModel
import Rollouts
import Simulation

/// `assay simulate ROLLOUT`: a whole rollout over recorded metrics, in virtual time.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Replay a Rollout over a recording: weights, pods, measurements, evidence, verdict.",
    discussion: """
      The update begins when the recorded one began. Pods are simulated, the metrics are the \
      recorded ones: they don't change with what the rollout decides. Ends with 0 when the canary \
      was promoted, 1 when it was rolled back, 2 when the rollout waits or the recording was over \
      first, 3 when the manifests can't be carried out.

        assay simulate queries/rollouts/model-rollout.yaml \\
          queries/analysis/ml-model-compare.yaml \\
          --recording queries/recordings/accuracy-drop

      --thresholds says beside it what a plain template would have decided, and when.
      """)

  @ArgumentParser.Argument(help: "Files with one Rollout and the AnalysisTemplates it uses.")
  var manifests: [String]

  @Option(help: ArgumentHelp("A recording with recording.json.", valueName: "path"))
  var recording: String

  @Option(help: ArgumentHelp("A template to run beside, in the background.", valueName: "file"))
  var thresholds: String?

  @Option(help: "What decides how long simulated pods take to become ready.")
  var seed: UInt64 = 1

  @Flag(help: "Print every event on one line instead of the timeline with plots.")
  var trace = false

  func run() throws {
    try reporting {
      let files = try ManifestFiles(manifests)
      files.remarks.forEach { Terminal.complain("assay: \($0)") }
      let plan = try files.rollout()
      let plain = try thresholds.map { try AnalyzeCommand.template(in: [$0]) }
      let opened = try OpenedSource(recording: recording)
      let description = try opened.described(by: recording)
      let replay = RolloutReplay(
        plan: plan, templates: files.templates, start: description.rolloutStart,
        stableHash: description.stableHash, canaryHash: description.canaryHash, seed: seed)
      let queries = RecordedQueries(snapshot: opened.snapshot)
      let result = replay.run(until: opened.span.end, query: queries.port)
      if trace {
        Terminal.write(Array(result.trace.text.utf8))
      } else {
        let watched = plain.map { template in
          AnalysisReplay(template: template, start: description.rolloutStart)
            .run(until: opened.span.end, query: queries.port)
        }
        let curves = RecordedCurves(
          queries: queries, span: opened.span, origin: description.rolloutStart)
        let text = ReplayText(
          result, description: description,
          curves: try curves.lines(for: files.templates) {
            opened.hashArguments(for: $0, given: [])
          },
          thresholds: watched)
        text.lines.forEach(Terminal.print)
      }
      try Self.verdict(result.ending).end()
    }
  }

  private static func verdict(_ ending: ReplayEnding) -> Verdict {
    switch ending {
    case .promoted: .pass
    case .rolledBack: .fail
    case .paused, .unfinished: .inconclusive
    }
  }
}
