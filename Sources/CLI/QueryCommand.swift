import ArgumentParser
import Exposition
import MetricModel
import PromQL
import TimeSeriesStore

/// `assay query EXPRESSION`: one answer, or one for each step of a range.
struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Answer a PromQL query from a store or a recording.",
    discussion: """
      Without --start and --end the query is answered at one time (--at), with them at each step.

        assay query 'up' --recording queries/recordings/healthy
        assay query 'sum(rate(requests_total[5m]))' --data ./data --analyze
        assay query 'sum by (version) (rate(model_predictions_total[5m]))' --data ./data \\
          --start end-30m --end end --step 1m --plot
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    /// Lines for people.
    case table
    /// The answer of Prometheus' HTTP API.
    case json
    /// Curves in the terminal.
    case plot
  }

  @Argument(help: "The query.")
  var expression: String

  @OptionGroup var source: SourceOptions

  @OptionGroup var features: FeatureOptions

  @Option(help: TimeArgument.help)
  var at: TimeArgument?

  @Option(help: "First evaluation time of a range; as --at.")
  var start: TimeArgument?

  @Option(help: "Last evaluation time of a range; as --at.")
  var end: TimeArgument?

  @Option(help: "Distance of evaluations in a range, such as 30s.")
  var step: DurationArgument?

  @Option(help: "How to print: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: Format?

  @Flag(help: "Short for --format plot.")
  var plot = false

  @Flag(help: "Print the plan, with rows estimated from the index, instead of the answer.")
  var explain = false

  @Flag(help: "Run the query and print its plan with the rows, time and bytes of each operator.")
  var analyze = false

  private var isRange: Bool { start != nil || end != nil || step != nil }

  func validate() throws {
    if at != nil && isRange {
      throw ValidationError("--at asks for one time, --start, --end and --step for a range")
    }
    if plot && format != nil && format != .plot {
      throw ValidationError("--plot and --format \(format?.rawValue ?? "") contradict each other")
    }
  }

  func run() throws {
    try reporting {
      let query = try Self.parsed(expression, features.queryOptions)
      let opened = try source.open()
      let span = opened.span
      if explain || analyze { return try explain(query, opened) }
      let answer: QueryAnswer
      if isRange || format == .plot || plot {
        let grid = try grid(in: opened, span: span)
        answer = try query.range(over: grid, from: opened.snapshot)
      } else {
        let time = try (at?.time(in: span, rolloutStart: opened.rolloutStart)) ?? span.end
        answer = try query.instant(at: time, from: opened.snapshot)
      }
      output(answer)
    }
  }

  private func explain(_ query: Query, _ opened: OpenedSource) throws {
    let times: QueryTimes =
      isRange
      ? .range(try grid(in: opened, span: opened.span))
      : .instant(
        try at?.time(in: opened.span, rolloutStart: opened.rolloutStart) ?? opened.span.end)
    let start = ContinuousClock.now
    let explanation =
      analyze
      ? try query.analysed(at: times, from: opened.snapshot) {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return UInt64(clamping: seconds) &* 1_000_000_000
          &+ UInt64(clamping: attoseconds / 1_000_000_000)
      }.explanation : try query.explained(at: times, from: opened.snapshot)
    Terminal.print(explanation.text)
  }

  static func parsed(_ text: String, _ options: QueryOptions) throws -> Query {
    do {
      return try Query(text, options: options)
    } catch {
      throw CommandError("\(error)\n\(Caret.lines(text, line: error.line, column: error.column))")
    }
  }

  private func grid(in opened: OpenedSource, span: TimeRange) throws -> StepGrid {
    let first = try start?.time(in: span, rolloutStart: opened.rolloutStart) ?? span.start
    let last = try end?.time(in: span, rolloutStart: opened.rolloutStart) ?? span.end
    let automatic = Milliseconds(max(1000, last.since(first).count / 90))
    let step = step?.length ?? automatic
    let maximum = QueryLimits().stepsMax
    guard let grid = StepGrid.range(from: first, through: last, step: step, maximum: maximum) else {
      throw CommandError(
        "cannot evaluate from \(first.rfc3339) to \(last.rfc3339) every \(step): the end must not "
          + "be before the start, the step positive, and there may be \(maximum) steps")
    }
    return grid
  }

  private func output(_ answer: QueryAnswer) {
    switch plot ? .plot : format ?? .table {
    case .json:
      Terminal.write(QueryResultJSON.answer(answer.value, annotations: answer.annotations) + [0x0a])
    case .table: QueryTable.lines(answer.value).forEach(Terminal.print)
    case .plot: QueryPlot.lines(answer.value).forEach(Terminal.print)
    }
    if format != .json {
      for annotation in answer.annotations { Terminal.complain("assay: \(annotation.text)") }
    }
  }
}
