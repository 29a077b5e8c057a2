import Admission
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

  @OptionGroup var access: AccessOptions
  @OptionGroup var rules: RuleServing
  @OptionGroup var features: FeatureOptions
  @OptionGroup var storage: StorageOptions
  @OptionGroup var analyses: AnalysisOptions

  func run() async throws {
    try await reporting {
      let address = try ListenAddress(parsing: listen)
      let admission = try access.admission()
      var options = ServiceOptions(dataDirectory: data)
      options.isAdminEnabled = enablesAdminAPI
      options.version = Assay.version
      options.queries = features.queryOptions
      options.rules = try rules.options(queries: options.queries)
      var parts = ServedParts(queries: options.queries, analyses: analyses)
      do {
        try await serve(at: address, admission, options, &parts)
      } catch {
        await parts.close()
        throw error
      }
      await parts.close()
    }
  }

  private func serve(
    at address: ListenAddress, _ admission: Admission?, _ options: ServiceOptions,
    _ parts: inout ServedParts
  ) async throws {
    let (store, endpoints) = try await parts.open(data, options: storage.storeOptions)
    var served: ServiceAccess?
    if let admission {
      let premises = try await parts.premises(
        of: admission.tenants(), below: data, options: storage.storeOptions)
      served = ServiceAccess(admission: admission, premises: premises)
    }
    var logger = Logger(label: "assay", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    let service = Service(
      store: store, options: options, logger: logger, analyses: endpoints, access: served)
    let scheme = admission?.usesTLS == true ? "https" : "http"
    try await service.run(at: address) { port in
      Terminal.complain("assay: serving \(data) at \(scheme)://\(address.host):\(port)")
    }
  }
}
