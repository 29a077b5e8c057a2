import ArgumentParser
import MetricModel
import Scraping
import TimeSeriesStore

/// How `assay serve` keeps samples; names are Prometheus'.
struct StorageOptions: ParsableArguments {
  @Option(
    name: .customLong("storage.tsdb.retention.time"),
    help: ArgumentHelp(
      "How long samples are kept, seen from the newest one; for ever when left out.",
      valueName: "duration"))
  var retentionTime: DurationArgument?

  @Option(
    name: .customLong("storage.tsdb.retention.size"),
    help: ArgumentHelp(
      "How many bytes are kept, such as 512MB or 20GB; any when left out.", valueName: "size"))
  var retentionSize: SizeArgument?

  @Option(
    name: .customLong("storage.tsdb.out-of-order-time-window"),
    help: ArgumentHelp("How late a sample may come.", valueName: "duration"))
  var lateWindow: DurationArgument?

  @Option(
    name: .customLong("storage.tsdb.cold-after"),
    help: ArgumentHelp(
      """
      Compress blocks with zstd whose samples are this much older than the newest block's: about \
      a tenth smaller, and dearer to read. None when left out.
      """, valueName: "duration"))
  var coldAfter: DurationArgument?

  @Flag(
    name: .customLong("storage.tsdb.deferred-sync"),
    help: """
      Acknowledge samples before they are on disk: the end of the process loses nothing, a loss of \
      power the last seconds.
      """)
  var defersSync = false

  /// - Parameter file: a configuration file, which the command line wins over.
  func storeOptions(_ file: PrometheusConfiguration? = nil) -> StoreOptions {
    var options = StoreOptions()
    options.retention.age = retentionTime?.length
    options.retention.sizeBytes = retentionSize?.bytes
    if let window = lateWindow?.length ?? file?.scraping.lateWindow { options.lateWindow = window }
    options.compaction.coldAfter = coldAfter?.length
    options.durability = defersSync ? .deferred : .eachAppend
    return options
  }
}

/// A number of bytes on the command line: 1024, 512MB, 20GB (powers of 1024, as Prometheus has it).
struct SizeArgument: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units = [("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10), ("B", 0)]
    let unit = units.first { argument.hasSuffix($0.0) }
    let digits = argument.dropLast(unit?.0.count ?? 0)
    guard let count = Int(digits), count >= 0 else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}
