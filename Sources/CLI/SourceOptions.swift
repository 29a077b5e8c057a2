import ArgumentParser
import FoundationEssentials
import MetricModel
import MetricTransfer
import TimeSeriesStore

/// Where a command reads metrics: `--data` a store of ours, `--recording` what others recorded,
/// `--storage` another server.
struct SourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A data directory that assay wrote.", valueName: "directory"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "A recording: a folder of Prometheus blocks, or a file in OpenMetrics or text format.",
      valueName: "path"))
  var recording: String?

  @OptionGroup var remote: RemoteStorageOptions

  func validate() throws {
    if [data != nil, recording != nil, remote.storage != nil].count(where: { $0 }) != 1 {
      throw ValidationError("say where the metrics are: one of --data, --recording and --storage")
    }
  }

  /// Opens the store, or loads the recording into a store of its own in a temporary directory.
  func open() throws -> OpenedSource {
    if let series = remote.series { return OpenedSource(remote: series) }
    if let recording { return try OpenedSource(recording: recording) }
    return try OpenedSource(directory: data ?? "")
  }
}

/// Metrics ready to be asked.
struct OpenedSource {
  let snapshot: any SeriesSource
  /// What the recording says about itself; nil for stores and for recordings that say nothing.
  let description: RecordingDescription?
  /// When the recorded rollout began; the description's. Stored, since the optimiser of Swift 6.3.1
  /// stops with a failed check (CopyPropagation) where it is computed.
  let rolloutStart: Timestamp?
  /// From the first sample through the last.
  let span: TimeRange
  /// Kept so that a temporary directory lives as long as its snapshot.
  private let directory: TemporaryDirectory?

  init(directory path: String) throws {
    var options = StoreOptions()
    options.access = .readOnly
    let store = try Store.open(path, options: options)
    try self.init(store: store, description: nil, directory: nil, path: path)
  }

  init(recording path: String) throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory.path)
    let recording = try Recording(path)
    try recording.load(into: store)
    try self.init(
      store: store, description: recording.description, directory: directory, path: path)
  }

  /// The hour up to now of another server.
  init(remote series: RemoteSeries) {
    snapshot = series
    let now = Timestamp(seconds: Date().timeIntervalSince1970) ?? .latest
    span = TimeRange(after: now.advanced(by: .hours(-1)), through: now)
    description = nil
    rolloutStart = nil
    directory = nil
  }

  private init(
    store: Store, description: RecordingDescription?, directory: TemporaryDirectory?, path: String
  ) throws {
    let snapshot = store.snapshot()
    guard let span = snapshot.timeRange else {
      throw CommandError("\(path): holds no samples")
    }
    self.snapshot = snapshot
    self.span = span
    self.description = description
    rolloutStart = description?.rolloutStart
    self.directory = directory
  }
}
