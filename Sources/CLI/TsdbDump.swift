import ArgumentParser
import MetricModel
import TimeSeriesStore

/// `assay tsdb dump`: samples as text, the lines of `promtool tsdb dump`.
struct TsdbDump: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print samples, one a line: labels, value, milliseconds.",
    discussion: """
      The lines are those of `promtool tsdb dump`. With --json one object a line.

        assay tsdb dump data 'up{job="api"}' --start end-5m
      """)

  @OptionGroup var options: TsdbOptions
  @OptionGroup var selection: TsdbSelection

  @ArgumentParser.Argument(help: "Which series; all when left out.")
  var selector: String?

  func run() throws {
    try reporting {
      let store = try options.open(.readOnly)
      defer { store.close() }
      let view = store.snapshot()
      guard let span = view.timeRange else { return }
      let range = try selection.range(in: span)
      let found = try view.select(try selector.map(TsdbSelection.matchers) ?? [], in: range)
      var columns = SampleColumns()
      for (index, labels) in found.labels.enumerated() {
        try found.read(index, in: range, into: &columns)
        var lines: [UInt8] = []
        append(columns, of: labels, to: &lines)
        if !lines.isEmpty { Terminal.write(lines) }
      }
    }
  }

  private func append(_ columns: SampleColumns, of labels: Labels, to lines: inout [UInt8]) {
    let name = options.json ? Self.object(labels) : Self.pairs(labels)
    for (time, value) in zip(columns.timestamps, columns.values) {
      line(name, time, NumberText.plain(value), &lines)
    }
    for (time, value) in zip(columns.histograms.timestamps, columns.histograms.values) {
      line(name, time, value.description, &lines)
    }
  }

  private func line(_ name: String, _ time: Int64, _ value: String, _ lines: inout [UInt8]) {
    let text =
      options.json
      ? "{\"metric\":\(name),\"value\":\(GoText.quoted(value)),\"timestamp\":\(time)}\n"
      : "\(name) \(value) \(time)\n"
    lines.append(contentsOf: text.utf8)
  }

  /// `{__name__="up", job="api"}`, as promtool spells it.
  private static func pairs(_ labels: Labels) -> String {
    "{" + labels.pairs.map { "\($0.name)=\(GoText.quoted($0.value))" }.joined(separator: ", ") + "}"
  }

  private static func object(_ labels: Labels) -> String {
    let fields = labels.pairs.map { "\(GoText.quoted($0.name)):\(GoText.quoted($0.value))" }
    return "{\(fields.joined(separator: ","))}"
  }
}
