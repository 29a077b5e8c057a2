import ArgumentParser
import Manifest
import MetricModel
import TimeSeriesStore

/// `assay tsdb snapshot`: a compact copy that is a data directory of its own.
struct TsdbSnapshot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Write a compact copy; its files are links where the file system can.")

  @OptionGroup var options: TsdbOptions

  @ArgumentParser.Argument(help: "The directory to write; mustn't exist.")
  var target: String

  func run() throws {
    try reporting {
      let store = try options.open(.existing)
      defer { store.close() }
      try store.writeSnapshot(into: target)
      let statistics = store.snapshot().statistics
      let document: JSONValue = [
        "directory": .string(target), "samples": .integer(Int64(statistics.samples)),
        "sizeBytes": .integer(Int64(statistics.blockSizeBytes)),
      ]
      options.answer(
        document,
        ["\(target): \(statistics.samples) samples, \(statistics.blockSizeBytes) bytes"])
    }
  }
}

/// `assay tsdb delete`: samples by selector and time.
struct TsdbDelete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete samples of the series that match, in a range of time or all.",
    discussion: """
        assay tsdb delete data 'up{job="old"}' --end end-30d
      """)

  @OptionGroup var options: TsdbOptions
  @OptionGroup var selection: TsdbSelection

  @ArgumentParser.Argument(help: "Which series, such as up{job=\"old\"}.")
  var selector: String

  func run() throws {
    try reporting {
      let store = try options.open(.existing)
      defer { store.close() }
      let before = store.snapshot().statistics.samples
      let span = store.snapshot().timeRange ?? .all
      let report = try store.delete(
        matching: try TsdbSelection.matchers(of: selector), in: try selection.range(in: span))
      try store.purgeDeleted()
      let gone = before - store.snapshot().statistics.samples
      let document: JSONValue = [
        "series": .integer(Int64(report.series)), "samples": .integer(Int64(gone)),
      ]
      options.answer(document, ["deleted \(gone) samples of \(report.series) series"])
    }
  }
}
