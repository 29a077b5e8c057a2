import ArgumentParser
import Manifest
import MetricModel
import TimeSeriesStore

/// Which files are loaded, and how they are read.
struct ImportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What the files are: \(ExchangeFormat.allCases.map(\.rawValue).joined(separator: ", ")); told \
      by the ending of their names (.om .txt .csv .jsonl .dump .json) when left out.
      """, valueName: "format"))
  var format: ExchangeFormat?

  static let discussion = """
    Takes data directories of Prometheus (blocks, and the log and chunks of the head, of a stopped \
    server or a snapshot), files in OpenMetrics or Prometheus' text format with timestamps, CSV \
    (series,timestamp_ms,value), VictoriaMetrics' lines of JSON, what "promtool tsdb dump" prints, \
    and answers to range queries. What the store has already is counted and passed over.
    """

  /// Loads everything into the store and seals it.
  func load(_ paths: [String], into directory: String, json: Bool) throws {
    var options = StoreOptions()
    // What was recorded may be older than what is there.
    options.lateWindow = .hours(24 * 36_500)
    // A directory half imported is imported again; no sample waits for the disk alone.
    options.durability = .deferred
    let store = try Store.open(directory, options: options)
    defer { store.close() }
    var results: [JSONValue] = []
    for path in paths {
      let loaded = try Recording(path, format: format).load(into: store)
      results.append([
        "path": .string(path), "samples": .integer(Int64(loaded.accepted)),
        "duplicates": .integer(Int64(loaded.duplicates)),
      ])
      let repeated = loaded.duplicates > 0 ? ", \(loaded.duplicates) were there already" : ""
      if !json { Terminal.print("\(path): \(loaded.accepted) samples\(repeated)") }
    }
    try store.seal()
    if json { Terminal.print(JSONValue.array(results).indented) }
  }
}

/// `assay tsdb import DIRECTORY PATH…`: recordings into a store that stays.
struct TsdbImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Load recordings into a data directory; made when missing.",
    discussion: ImportOptions.discussion + """


        assay tsdb import data /var/lib/prometheus/metrics2
        assay tsdb import data samples.csv more.om
      """)

  @OptionGroup var options: TsdbOptions
  @OptionGroup var importing: ImportOptions

  @ArgumentParser.Argument(help: "What to load.")
  var paths: [String]

  func run() throws {
    try reporting {
      try importing.load(paths, into: options.directory, json: options.json)
    }
  }
}

/// `assay import PATH --data DIRECTORY`: the same under a short name.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Load recordings into a data directory: assay tsdb import.",
    discussion: ImportOptions.discussion + """


        assay import queries/recordings/healthy --data ./data
      """)

  @OptionGroup var importing: ImportOptions

  @ArgumentParser.Argument(help: "What to load.")
  var paths: [String]

  @Option(help: ArgumentHelp("The store to load into; made when missing.", valueName: "directory"))
  var data: String

  @Flag(help: "Answer in JSON.")
  var json = false

  func run() throws {
    try reporting { try importing.load(paths, into: data, json: json) }
  }
}
