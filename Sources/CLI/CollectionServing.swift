import ArgumentParser
import Exposition
import HTTPService
import HTTPTransport
import MetricModel
import MetricTransfer
import PromQL
import Rules
import Scraping
import TimeSeriesStore

/// What a server is told of a configuration file: scraping, OpenTelemetry, handing samples on.
struct CollectionServing: ParsableArguments {
  @Option(
    name: .customLong("config.file"),
    help: ArgumentHelp(
      "Scrape, evaluate rules and hand samples on as this prometheus.yml says.",
      valueName: "file"))
  var path: String?

  @Flag(
    name: .customLong("web.enable-lifecycle"),
    help: "Read the configuration again at POST /-/reload, as Prometheus' flag of this name.")
  var enablesLifecycle = false

  /// The file as it is now; nil without one. Notes go to standard error.
  func read(_ features: FeatureOptions) throws -> PrometheusConfiguration? {
    guard let path else { return nil }
    let configuration = try PrometheusConfiguration(path, features)
    for note in configuration.notes { Terminal.complain("assay: \(note)") }
    return configuration
  }

  /// Starts nothing yet.
  func collection(
    _ file: PrometheusConfiguration?, store: Store, features: FeatureOptions,
    now: @escaping @Sendable () -> Timestamp
  ) throws -> Collection? {
    guard let path, let file else { return nil }
    return try Collection(path, file, store: store, features: features, now: now)
  }
}

/// The loops that a configuration file starts.
final class Collection: Sendable {
  let configuration: ServerConfiguration
  private let scrapes: ScrapeLoop
  private let writes: RemoteWriteLoop
  private let workers: WorkerPool

  fileprivate init(
    _ path: String, _ file: PrometheusConfiguration, store: Store, features: FeatureOptions,
    now: @escaping @Sendable () -> Timestamp
  ) throws {
    let workers = WorkerPool(threads: 2)
    var options = ScrapeLoop.Options(workers: workers, now: now) { text in
      Terminal.complain("assay: \(text)")
    }
    options.agent = "Assay/\(Assay.version)"
    options.labelsTypesAndUnits = features.queryOptions.features.contains(.typeAndUnitLabels)
    options.takesCreated = features.addsStartZeros
    let transport = HTTPTransport()
    let scrapes = ScrapeLoop(store: store, transport: transport, files: .disk, options)
    let writes = RemoteWriteLoop(store: store, transport: transport, files: .disk, options)
    self.workers = workers
    self.scrapes = scrapes
    self.writes = writes
    try writes.take(file.scraping)
    scrapes.take(file.scraping)
    configuration = ServerConfiguration(
      scrapes: scrapes, writes: writes, now: now,
      first: ServerConfiguration.Contents(yaml: file.yaml, otlp: file.scraping.otlp)
    ) {
      let file = try PrometheusConfiguration(path, features)
      for note in file.notes { Terminal.complain("assay: \(note)") }
      try writes.take(file.scraping)
      scrapes.take(file.scraping)
      return ServerConfiguration.Contents(yaml: file.yaml, otlp: file.scraping.otlp)
    }
  }

  /// Runs beside `body`, which serves.
  static func run(_ collection: Collection?, _ body: () async throws -> Void) async throws {
    guard let collection else { return try await body() }
    defer { collection.workers.close() }
    let loops = Task {
      async let scrapes: Void = collection.scrapes.run()
      async let writes: Void = collection.writes.run()
      _ = await (scrapes, writes)
    }
    do {
      try await body()
    } catch {
      loops.cancel()
      await loops.value
      throw error
    }
    loops.cancel()
    await loops.value
  }
}
