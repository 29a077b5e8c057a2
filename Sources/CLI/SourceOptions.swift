import ArgumentParser
import MetricModel
import TimeSeriesStore

/// Where a command reads metrics: `--data` a store of ours, `--recording` what others recorded.
struct SourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A data directory that assay wrote.", valueName: "directory"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "A recording: a folder of Prometheus blocks, or a file in OpenMetrics or text format.",
      valueName: "path"))
  var recording: String?

  func validate() throws {
    if (data == nil) == (recording == nil) {
      throw ValidationError("say where the metrics are: either --data or --recording")
    }
  }

  /// Opens the store, or loads the recording into a store of its own in a temporary directory.
  func open() throws -> OpenedSource {
    if let recording { return try OpenedSource(recording: recording) }
    return try OpenedSource(directory: data ?? "")
  }
}

/// Metrics ready to be asked.
struct OpenedSource {
  let snapshot: StoreSnapshot
  /// What the recording says about itself; nil for stores and for recordings that say nothing.
  let description: RecordingDescription?
  /// From the first sample through the last.
  let span: TimeRange
  /// Kept so that a temporary directory lives as long as its snapshot.
  private let directory: TemporaryDirectory?
  /// When the recorded rollout began. Stored: the optimizer of Swift 6.3.1 crashes where two reads
  /// through `description` frame a call that takes a closure.
  let rolloutStart: Timestamp?

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

  private init(
    store: Store, description: RecordingDescription?, directory: TemporaryDirectory?, path: String
  ) throws {
    snapshot = store.snapshot()
    guard let span = snapshot.timeRange else {
      throw CommandError("\(path): holds no samples")
    }
    self.span = span
    self.description = description
    self.directory = directory
    rolloutStart = description?.rolloutStart
  }
}
