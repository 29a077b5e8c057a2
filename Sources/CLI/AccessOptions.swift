import Admission
import AnalysisExecutor
import ArgumentParser
import FoundationEssentials
import HTTPService
import MetricModel
import PromQL
import TimeSeriesStore

/// Who may ask `assay serve`, and what each of them finds.
struct AccessOptions: ParsableArguments {
  @Option(
    name: .customLong("web.config.file"),
    help: ArgumentHelp(
      "TLS and passwords: a web configuration file of Prometheus.", valueName: "file"))
  var webConfiguration: String?

  @Option(
    name: .customLong("tenants.file"),
    help: ArgumentHelp(
      "Tenants by bearer token, each with a store and analyses of its own.", valueName: "file"))
  var tenants: String?

  /// The files read and checked; nil when neither is given.
  func admission() throws -> Admission? {
    guard webConfiguration != nil || tenants != nil else { return nil }
    let admission = try Admission(webConfiguration: webConfiguration, tenants: tenants)
    for remark in try admission.remarks() { Terminal.complain("assay: \(remark)") }
    return admission
  }
}

/// The stores and runners of a server, the owner's and the tenants', to be ended together.
struct ServedParts {
  private(set) var stores: [Store] = []
  private(set) var runners: [AnalysisRunner] = []
  private let threads = AnalysisThreads()
  private let queries: QueryOptions
  private let analyses: AnalysisOptions
  private let elsewhere: (any SeriesCatalog)?

  /// - Parameter elsewhere: whose series the owner's analyses see beside those of the store.
  init(queries: QueryOptions, analyses: AnalysisOptions, elsewhere: (any SeriesCatalog)?) {
    self.queries = queries
    self.analyses = analyses
    self.elsewhere = elsewhere
  }

  /// Opens a store and takes up its analyses.
  mutating func open(
    _ directory: String, options: StoreOptions, tenant: Tenant? = nil
  ) async throws -> (store: Store, analyses: AnalysisEndpoints) {
    let store = try Store.open(directory, options: options)
    stores.append(store)
    if let tail = store.report.tornTail { Terminal.complain("assay: \(tail)") }
    let (endpoints, runner) = try await analyses.endpoints(
      store: store, elsewhere: tenant == nil ? elsewhere : nil, directory: directory,
      queries: queries, threads: threads, tenant: tenant)
    runners.append(runner)
    return (store, endpoints)
  }

  /// The parts of all tenants, below `tenants` in the data directory.
  mutating func premises(
    of tenants: [Tenant], below directory: String, options: StoreOptions
  ) async throws -> [ServiceAccess.Premises] {
    var result: [ServiceAccess.Premises] = []
    for tenant in tenants {
      let folder = URL(filePath: directory).appending(path: "tenants")
        .appending(path: tenant.directory)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      var options = options
      options.seriesMax = tenant.limits.series ?? .max
      let (store, analyses) = try await open(folder.path, options: options, tenant: tenant)
      result.append(
        ServiceAccess.Premises(
          tenant: tenant, store: store, dataDirectory: folder.path, analyses: analyses))
    }
    return result
  }

  /// Ends runners, then stores; what happened is on disk then.
  func close() async {
    for runner in runners { await runner.close() }
    await threads.close()
    for store in stores { store.close() }
  }
}
