import Analysis
import AnalysisQueries
import ArgumentParser
import Backtesting
import Manifest
import MetricModel
import Rollouts
import Simulation
import YAMLReader

/// `assay backtest`: what templates, or a whole Rollout, would have decided about past deploys.
struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Say what templates, or a whole Rollout, would have decided about past deploys.",
    discussion: """
      Deploys are recordings with a recording.json ("bad": true or false says what became of \
      them), the list of --deploys, or all windows of --every and --length. Each is run in virtual \
      time over what was recorded. Tells the decision, when it was made and on how many samples, \
      false alarms, misses, and the time to detection.

        assay backtest queries/rollouts/model-rollout.yaml \\
          queries/analysis/ml-model-compare.yaml \\
          --beside queries/analysis/ml-model-analysis.as-written.yaml \\
          --recording queries/recordings/healthy --recording queries/recordings/accuracy-drop

      --sweep accuracy.margin=0.01,0.02 tries values of a field of a template.

      A list of deploys is YAML: [{name, start, end, args, bad, bad_since}], times in RFC 3339 or \
      seconds since 1970.
      """)

  @ArgumentParser.Argument(help: "AnalysisTemplates, or a Rollout with those it uses.")
  var manifests: [String]

  @Option(
    help: ArgumentHelp("A recording with recording.json; may be repeated.", valueName: "path"))
  var recording: [String] = []

  @Option(help: ArgumentHelp("A data directory that assay wrote.", valueName: "directory"))
  var data: String?

  @Option(help: ArgumentHelp("A list of deploys in the data.", valueName: "file"))
  var deploys: String?

  @Option(help: ArgumentHelp("Start a window at each step of the data.", valueName: "duration"))
  var every: DurationArgument?

  @Option(help: ArgumentHelp("How long a window is.", valueName: "duration"))
  var length = DurationArgument(.minutes(15))

  @Option(
    help: ArgumentHelp(
      "Start templates so long after the recorded rollout began.", valueName: "duration"))
  var after: DurationArgument?

  @Option(help: ArgumentHelp("A template to run beside, by itself.", valueName: "file"))
  var beside: [String] = []

  @Option(help: ArgumentHelp("A field and the values to try.", valueName: "metric.field=a,b"))
  var sweep: String?

  @Option(help: ArgumentHelp("Draw the sweep there.", valueName: "file"))
  var svg: String?

  @Option(name: .customLong("arg"), help: "A value for an argument of the template.")
  var arguments: [NamedValue] = []

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if recording.isEmpty, data == nil {
      throw ValidationError("say where the metrics are: --recording or --data")
    }
    if recording.isEmpty, deploys == nil, every == nil {
      throw ValidationError("say which deploys: --deploys FILE, or --every with --length")
    }
    if svg != nil, sweep == nil { throw ValidationError("--svg draws a --sweep") }
  }

  func run() throws {
    try reporting {
      let files = try ManifestFiles(manifests)
      files.remarks.forEach { Terminal.complain("assay: \($0)") }
      var histories: [DeployHistory] = []
      for path in recording {
        histories.append(try DeployHistory(recording: path, self, files.templates))
      }
      if let data { histories.append(try DeployHistory(data: data, self, files.templates)) }
      if let sweep {
        try runSweep(sweep, histories)
        return
      }
      var reports: [(title: String, summary: BacktestSummary)] = []
      if files.rollouts.isEmpty {
        reports.append(
          (
            files.templates.map(\.name).joined(separator: ", "),
            try Self.summary(files.templates, histories)
          ))
      } else {
        let plan = try files.rollout()
        reports.append(
          ("Rollout \(plan.name)", try Self.summary(plan, files.templates, histories)))
      }
      for path in beside {
        let template = try AnalyzeCommand.template(in: [path])
        reports.append(
          ("\(template.name) (\(path))", try Self.summary([template], histories)))
      }
      show(reports)
    }
  }

  private func show(_ reports: [(title: String, summary: BacktestSummary)]) {
    if json {
      let list = reports.map { title, summary -> JSONValue in
        var value = summary.json
        value["subject"] = .string(title)
        return value
      }
      return Terminal.print(JSONValue.array(list).indented)
    }
    for (title, summary) in reports {
      Terminal.print(title)
      summary.table.forEach { Terminal.print("  \($0)") }
      Terminal.print("  \(summary.sentence)")
      Terminal.print("")
    }
  }

  private func runSweep(_ text: String, _ histories: [DeployHistory]) throws {
    guard let sweep = Sweep(text) else {
      throw CommandError("--sweep \(text): expected metric.field=value,value")
    }
    var documents: [ManifestNode] = []
    for path in manifests {
      documents += try YAMLReader.documents(in: try Files.readText(path))
        .filter(AnalysisTemplate.isAnalysis)
    }
    guard let document = documents.first, documents.count == 1 else {
      throw CommandError("a sweep needs one template, found \(documents.count)")
    }
    var rows: [(value: String, summary: BacktestSummary)] = []
    for value in sweep.values {
      let template = try sweep.applied(value, to: document)
      rows.append((value, try Self.summary([template], histories)))
    }
    let summary = SweepSummary(sweep: sweep, rows: rows)
    summary.lines.forEach(Terminal.print)
    if let svg { try Files.write(SweepPlot(summary).svg, to: svg) }
  }

  private static func summary(
    _ templates: [AnalysisTemplate], _ histories: [DeployHistory]
  ) throws -> BacktestSummary {
    var outcomes: [BacktestOutcome] = []
    for history in histories {
      let queries = SeriesQueries(history.opened.snapshot)
      let backtest = Backtest(templates: templates) { queries.answer($0.queries) }
      outcomes += try backtest.outcomes(of: history.deploys(for: templates))
    }
    return BacktestSummary(outcomes)
  }

  /// A whole rollout over each recording.
  private static func summary(
    _ plan: RolloutPlan, _ templates: [AnalysisTemplate], _ histories: [DeployHistory]
  ) throws -> BacktestSummary {
    var outcomes: [BacktestOutcome] = []
    for history in histories {
      guard let description = history.opened.description else {
        throw CommandError("a Rollout needs recordings with recording.json, not --data")
      }
      let replay = RolloutReplay(
        plan: plan, templates: templates, start: description.rolloutStart,
        stableHash: description.stableHash, canaryHash: description.canaryHash)
      let result = replay.run(
        until: history.opened.span.end,
        query: RecordedQueries(snapshot: history.opened.snapshot).port)
      for deploy in history.deploys(for: templates) {
        outcomes.append(outcome(of: deploy, result))
      }
    }
    return BacktestSummary(outcomes)
  }

  private static func outcome(of deploy: Deploy, _ result: ReplayResult) -> BacktestOutcome {
    switch result.ending {
    case .promoted(let time):
      return BacktestOutcome(deploy: deploy, decision: .pass, decidedAt: time, reason: "")
    case .rolledBack(let time, let reason):
      return BacktestOutcome(deploy: deploy, decision: .stop, decidedAt: time, reason: reason)
    case .paused(let time, let reason):
      return BacktestOutcome(deploy: deploy, decision: .undecided, decidedAt: time, reason: reason)
    case .unfinished(let message):
      return BacktestOutcome(deploy: deploy, decision: .undecided, decidedAt: nil, reason: message)
    }
  }
}
