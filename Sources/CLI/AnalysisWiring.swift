import Admission
import Analysis
import AnalysisExecutor
import AnalysisQueries
import ArgumentParser
import FoundationEssentials
import HTTPService
import HTTPTransport
import MetricModel
import PromQL
import TimeSeriesStore

/// Analyses of `assay serve`: templates that requests may name, and the runner behind the API.
struct AnalysisOptions: ParsableArguments {
  @Option(
    name: .customLong("analysis-template"),
    help: ArgumentHelp("A file with AnalysisTemplates that requests may name.", valueName: "file"))
  var templates: [String] = []

  @Option(
    name: .customLong("analysis-prometheus"),
    help: ArgumentHelp(
      "Where queries without an address go; the store that is served by default.", valueName: "url"
    ))
  var prometheusAddress: String?

  @Option(
    name: .customLong("analysis-secrets"),
    help: ArgumentHelp(
      "Secrets that templates may refer to, as DIRECTORY/NAME/KEY.", valueName: "directory"))
  var secretsDirectory: String?

  /// The endpoints, their runs taken up where they were; runs are kept below the data directory.
  ///
  /// - Parameters:
  ///   - elsewhere: where series are beside the store's; nil for nowhere.
  ///   - tenant: whose they are; nil for the server's own. Secrets are the server's own too.
  func endpoints(
    store: Store, elsewhere: (any SeriesCatalog)?, directory: String, queries: QueryOptions,
    threads: AnalysisThreads, tenant: Tenant? = nil
  ) async throws -> (endpoints: AnalysisEndpoints, runner: AnalysisRunner) {
    let files = templates.isEmpty ? nil : try ManifestFiles(templates)
    files?.remarks.forEach { Terminal.complain("assay: \($0)") }
    var settings = RemoteSource.Settings()
    settings.prometheusAddress = prometheusAddress
    let secrets = tenant == nil ? secretsDirectory.map(SecretFiles.init(directory:)) : nil
    settings.secret = { name, key in secrets?.value(name, key) }
    let asksServers = tenant?.asksServers ?? true
    let local = LocalSource(options: queries, executor: threads.queries) {
      store.snapshot().joined(with: elsewhere)
    }
    let routed = RoutedSource(
      local: prometheusAddress == nil || tenant != nil ? local : nil,
      remote: asksServers ? RemoteSource(sending: HTTPTransport(), settings: settings) : nil)
    var limits = AnalysisRunner.Limits()
    limits.runsMax = tenant?.limits.analyses ?? limits.runsMax
    let verdicts = VerdictWriter(store: store, executor: threads.journals) {
      Terminal.complain("assay: verdicts can't be stored: \($0)")
    }
    let journal = try FileJournal(
      directory: URL(filePath: directory).appending(path: "analyses").path)
    let runner = AnalysisRunner(
      source: SharedQueries(routed), journal: journal, journalExecutor: threads.journals,
      limits: limits, onChange: { run, now in verdicts.add(run, at: now) },
      onTrouble: { Terminal.complain("assay: analyses: \($0)") })
    try await runner.recover { spec in secrets?.values(for: spec) ?? [:] }
    let endpoints = AnalysisEndpoints(
      runner: runner, catalog: AnalysisCatalog(files?.templates ?? []), secrets: secrets,
      judge: { spec, start, end, looksMax in
        await threads.queries.run {
          let queries = SeriesQueries(
            store.snapshot().joined(with: elsewhere), options: queries)
          var driver = RunDriver(AnalysisRun(name: "canary", spec: spec)) { request, _ in
            queries.answer(request.queries)
          }
          let isWhole = driver.drive(from: start, until: end, passesMax: looksMax)
          return isWhole ? driver.run : nil
        }
      }, newName: { "analysis-\(UUID().uuidString.lowercased())" })
    return (endpoints, runner)
  }
}

/// Threads for what analyses wait for, which must not hold up the connections.
struct AnalysisThreads {
  let queries = WorkerPool(threads: 2)
  /// Waits for the disk in the name of all journals.
  let journals = WorkerPool(threads: 1)

  /// Comes back once the disk has what was to be written.
  func close() async {
    await journals.run {}
    queries.close()
    journals.close()
  }
}
