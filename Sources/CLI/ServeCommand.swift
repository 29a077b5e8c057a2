import AnalysisExecutor
import ArgumentParser
import HTTPService
import Logging
import TimeSeriesStore

/// `assay serve`: Prometheus' HTTP API and remote write over a data directory.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve Prometheus' HTTP API over a data directory.",
    discussion: """
      Answers /api/v1/query, query_range, series, labels and label values as Prometheus does, so \
      that promtool, Grafana and Argo Rollouts' prometheus provider can ask it; takes remote write \
      at /api/v1/write. A sample is acknowledged once it is on disk. Ends on SIGTERM or Ctrl-C.

        assay serve --data ./data --listen 127.0.0.1:9090
      """)

  @Option(help: ArgumentHelp("The store to serve; made when missing.", valueName: "directory"))
  var data: String

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:9090"

  @Flag(
    name: .customLong("web.enable-admin-api"),
    help: "Answer /api/v1/admin/tsdb/snapshot, as Prometheus' flag of this name.")
  var enablesAdminAPI = false

  @OptionGroup var rules: RuleServing
  @OptionGroup var features: FeatureOptions
  @OptionGroup var limits: QueryLimitOptions
  @OptionGroup var storage: StorageOptions
  @OptionGroup var analyses: AnalysisOptions

  func run() async throws {
    try await reporting {
      let address = try ListenAddress(parsing: listen)
      let store = try Store.open(data, options: storage.storeOptions)
      defer { store.close() }
      if let tail = store.report.tornTail { Terminal.complain("assay: \(tail)") }
      var options = ServiceOptions(dataDirectory: data)
      options.isAdminEnabled = enablesAdminAPI
      options.version = Assay.version
      options.queries = features.queryOptions
      limits.apply(to: &options)
      options.rules = try rules.options(queries: options.queries)
      var logger = Logger(label: "assay", factory: { StreamLogHandler.standardError(label: $0) })
      logger.logLevel = .warning
      let (endpoints, runner) = try await analyses.endpoints(
        store: store, directory: data, queries: options.queries)
      let service = Service(
        store: store, options: options, logger: logger, analyses: endpoints)
      try await service.run(at: address) { port in
        Terminal.complain("assay: serving \(data) at http://\(address.host):\(port)")
      }
      await runner.close()
    }
  }
}
