import ArgumentParser
import MetricModel
import TimeSeriesStore

/// `assay import PATH --data DIRECTORY`: recordings into a store that stays.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Load recordings into a data directory.",
    discussion: """
      Takes Prometheus blocks (a folder with "index" and "chunks", or a folder of such folders, \
      as a snapshot of Prometheus has) and files in OpenMetrics or Prometheus' text format with \
      timestamps.

        assay import queries/recordings/healthy --data ./data
      """)

  @Argument(help: "What to load.")
  var paths: [String]

  @Option(help: ArgumentHelp("The store to load into; made when missing.", valueName: "directory"))
  var data: String

  func run() throws {
    try reporting {
      let store = try Store.open(data)
      for path in paths {
        let samples = try Recording(path).load(into: store)
        Terminal.print("\(path): \(samples) samples")
      }
      try store.seal()
      store.close()
    }
  }
}
