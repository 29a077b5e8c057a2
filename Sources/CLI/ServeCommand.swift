import Admission
import ArgumentParser
import HTTPService
import Logging
import MetricTransfer
import TimeSeriesStore

/// `assay serve`: Prometheus' HTTP API and remote write over a data directory.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve Prometheus' HTTP API over a data directory.",
    discussion: """
      Answers /api/v1/query, query_range, series, labels and label values as Prometheus does, so \
      that promtool, Grafana and Argo Rollouts' prometheus provider can ask it; takes remote write \
      at /api/v1/write and OpenTelemetry's metrics at /api/v1/otlp/v1/metrics; scrapes what a \
      configuration file names. A sample is acknowledged once it is on disk. With --storage, \
      queries, rules and analyses see the series of that server beside those of the directory, \
      which keeps what is taken and written here. Ends on SIGTERM or Ctrl-C.

        assay serve --data ./data --listen 127.0.0.1:9090
        assay serve --data ./data --config.file prometheus.yml
        assay serve --data ./data --storage remote:http://prometheus:9090
      """)

  @Option(help: ArgumentHelp("The store to serve; made when missing.", valueName: "directory"))
  var data: String

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:9090"

  @OptionGroup var remote: RemoteStorageOptions

  @Flag(
    name: .customLong("web.enable-admin-api"),
    help: "Answer /api/v1/admin/tsdb/snapshot, as Prometheus' flag of this name.")
  var enablesAdminAPI = false

  @OptionGroup var access: AccessOptions
  @OptionGroup var collection: CollectionServing
  @OptionGroup var rules: RuleServing
  @OptionGroup var features: FeatureOptions
  @OptionGroup var limits: QueryLimitOptions
  @OptionGroup var storage: StorageOptions
  @OptionGroup var analyses: AnalysisOptions

  func run() async throws {
    try await reporting {
      let address = try ListenAddress(parsing: listen)
      let admission = try access.admission()
      let file = try collection.read(features)
      var options = ServiceOptions(dataDirectory: data)
      options.isAdminEnabled = enablesAdminAPI
      options.isLifecycleEnabled = collection.enablesLifecycle
      options.version = Assay.version
      options.queries = features.queryOptions
      limits.apply(to: &options)
      options.rules = try rules.options(
        queries: options.queries, file: file?.scraping, configuration: collection.path)
      options.elsewhere = remote.series
      var parts = ServedParts(
        queries: options.queries, analyses: analyses, elsewhere: options.elsewhere)
      do {
        try await serve(at: address, admission, file, &options, &parts)
      } catch {
        await parts.close()
        throw error
      }
      await parts.close()
    }
  }

  private func serve(
    at address: ListenAddress, _ admission: Admission?, _ file: PrometheusConfiguration?,
    _ options: inout ServiceOptions, _ parts: inout ServedParts
  ) async throws {
    var storeOptions = storage.storeOptions(file)
    storeOptions.addsStartZeros = features.addsStartZeros
    let (store, endpoints) = try await parts.open(data, options: storeOptions)
    var served: ServiceAccess?
    if let admission {
      let premises = try await parts.premises(
        of: admission.tenants(), below: data, options: storeOptions)
      served = ServiceAccess(admission: admission, premises: premises)
    }
    let collecting = try collection.collection(
      file, store: store, features: features, now: options.now)
    options.configuration = collecting?.configuration
    var logger = Logger(label: "assay", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    let service = Service(
      store: store, options: options, logger: logger, analyses: endpoints, access: served)
    let scheme = admission?.usesTLS == true ? "https" : "http"
    try await Collection.run(collecting) {
      try await service.run(at: address) { port in
        Terminal.complain("assay: serving \(data) at \(scheme)://\(address.host):\(port)")
      }
    }
  }
}
