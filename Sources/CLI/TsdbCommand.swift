import ArgumentParser
import Manifest
import MetricModel
import PromQL
import TimeSeriesStore

/// `assay tsdb …`: what can be done with a data directory while nobody serves it.
struct TsdbCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tsdb",
    abstract: "Look at a data directory, check and repair it, fill it, copy it, delete from it.",
    discussion: """
      All of these work on a directory that no other process has open; ask the HTTP API of a \
      running server instead. With --json answers are one JSON document.

        assay tsdb list data
        assay tsdb verify data && assay tsdb snapshot data /backup/today
        assay tsdb delete data 'up{job="old"}' --end 2026-01-01T00:00:00Z
      """,
    subcommands: [
      TsdbList.self, TsdbAnalyze.self, TsdbDump.self, TsdbVerify.self, TsdbRepair.self,
      TsdbImport.self, TsdbExport.self, TsdbSnapshot.self, TsdbDelete.self, TsdbBench.self,
    ])
}

/// The directory and the form of the answer.
struct TsdbOptions: ParsableArguments {
  @ArgumentParser.Argument(help: "The data directory.")
  var directory: String

  @Flag(help: "Answer in JSON.")
  var json = false

  func open(_ access: StoreOptions.Access) throws -> Store {
    var options = StoreOptions()
    options.access = access
    let store = try Store.open(directory, options: options)
    if let tail = store.report.tornTail { Terminal.complain("assay: \(tail)") }
    return store
  }

  /// Prints one of two forms.
  func answer(_ document: JSONValue, _ lines: [String]) {
    Terminal.print(json ? document.indented : lines.joined(separator: "\n"))
  }
}

/// Which samples are meant.
struct TsdbSelection: ParsableArguments {
  @Option(help: ArgumentHelp("After this time.", discussion: TimeArgument.helpText))
  var start: TimeArgument?

  @Option(help: ArgumentHelp("Up to this time.", discussion: TimeArgument.helpText))
  var end: TimeArgument?

  func range(in span: TimeRange) throws -> TimeRange {
    var range = TimeRange.all
    if let start { range.start = try start.time(in: span, rolloutStart: nil) }
    if let end { range.end = try end.time(in: span, rolloutStart: nil) }
    return range
  }

  /// The matchers of a selector such as `up{job="api"}`.
  static func matchers(of text: String) throws -> [LabelMatcher] {
    guard case .selector(let selector) = try Query(text).expression else {
      throw CommandError(
        "\"\(text)\" isn't a plain selector, expected one such as up{job=\"api\"}")
    }
    return selector.matchers
  }
}

/// `assay tsdb list`: the blocks, and what is in memory.
struct TsdbList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the blocks of a data directory.")

  @OptionGroup var options: TsdbOptions

  func run() throws {
    try reporting {
      let store = try options.open(.readOnly)
      defer { store.close() }
      let statistics = store.snapshot().statistics
      var lines = ["BLOCK      SERIES     SAMPLES       BYTES  FROM                 THROUGH"]
      for block in statistics.blocks where block.samples > 0 {
        let cells = [
          right("\(block.series)", 8), right("\(block.samples)", 11),
          right("\(block.sizeBytes)", 11),
        ]
        let times = [block.earliest, block.latest].map { Timestamp(milliseconds: $0).rfc3339 }
        lines.append(
          "\(block.name) \(cells.joined(separator: " "))  \(times.joined(separator: "  "))")
      }
      lines.append(
        "log: \(statistics.headSamples) samples of \(statistics.headSeries) series, "
          + "\(store.report.logSizeBytes) bytes")
      options.answer(document(statistics, logSizeBytes: store.report.logSizeBytes), lines)
    }
  }

  private func document(_ statistics: StoreStatistics, logSizeBytes: Int) -> JSONValue {
    let blocks = statistics.blocks.map { block -> JSONValue in
      [
        "name": .string(block.name), "series": .integer(Int64(block.series)),
        "samples": .integer(Int64(block.samples)), "sizeBytes": .integer(Int64(block.sizeBytes)),
        "earliest": .integer(block.earliest), "latest": .integer(block.latest),
      ]
    }
    let head: JSONValue = [
      "series": .integer(Int64(statistics.headSeries)),
      "samples": .integer(Int64(statistics.headSamples)),
      "logSizeBytes": .integer(Int64(logSizeBytes)),
    ]
    return ["blocks": .array(blocks), "head": head]
  }
}

/// `assay tsdb analyze`: where bytes and series come from.
struct TsdbAnalyze: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze", abstract: "Say where the bytes go and which labels make the series.")

  @OptionGroup var options: TsdbOptions

  @Option(help: "The most entries of each list.")
  var limit = 10

  func run() throws {
    try reporting {
      let store = try options.open(.readOnly)
      defer { store.close() }
      let view = store.snapshot()
      let analysis = try view.analysis()
      let cardinality = try view.cardinality(limit: max(0, limit))
      let lists = [
        ("seriesByMetricName", "series by metric name", cardinality.seriesByMetricName),
        ("valuesByLabelName", "values by label name", cardinality.valuesByLabelName),
        ("sizeBytesByLabelName", "bytes of values by label name", cardinality.sizeBytesByLabelName),
        ("seriesByLabelPair", "series by label pair", cardinality.seriesByLabelPair),
        ("indexSections", "bytes of indexes by section", analysis.indexSections),
      ]
      var lines = ["\(cardinality.series) series, \(cardinality.labelPairs) label pairs"]
      var document: [String: JSONValue] = [
        "series": .integer(Int64(cardinality.series)),
        "labelPairs": .integer(Int64(cardinality.labelPairs)),
      ]
      lines.append("\nbytes of columns by kind:")
      for kind in analysis.columns {
        lines.append(
          "  \(right("\(kind.sizeBytes)", 12)) \(kind.name): \(kind.columns) columns, "
            + "\(kind.samples) samples")
      }
      document["columns"] = .array(
        analysis.columns.map { kind in
          [
            "kind": .string(kind.name), "columns": .integer(Int64(kind.columns)),
            "samples": .integer(Int64(kind.samples)),
            "sizeBytes": .integer(Int64(kind.sizeBytes)),
          ]
        })
      for (key, title, entries) in lists {
        lines.append("\n\(title):")
        lines += entries.map { "  \(right("\($0.count)", 12)) \($0.name)" }
        document[key] = .array(
          entries.map { ["name": .string($0.name), "count": .integer(Int64($0.count))] })
      }
      options.answer(.object(document), lines)
    }
  }
}

/// Text at the right of a column.
func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
