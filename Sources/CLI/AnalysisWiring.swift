import Analysis
import AnalysisExecutor
import AnalysisQueries
import ArgumentParser
import FoundationEssentials
import HTTPService
import HTTPTransport
import MetricModel
import PromQL
import Synchronization
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

  /// The endpoints, their runs taken up where they were; runs are kept below the data directory.
  func endpoints(
    store: Store, directory: String, queries: QueryOptions
  ) async throws -> (endpoints: AnalysisEndpoints, runner: AnalysisRunner) {
    let files = templates.isEmpty ? nil : try ManifestFiles(templates)
    files?.remarks.forEach { Terminal.complain("assay: \($0)") }
    var settings = RemoteSource.Settings()
    settings.prometheusAddress = prometheusAddress
    let local = LocalSource(options: queries) { store.snapshot() }
    let routed = RoutedSource(
      local: prometheusAddress == nil ? local : nil,
      remote: RemoteSource(sending: HTTPTransport(), settings: settings))
    let series = Mutex(VerdictSeries())
    let journal = try FileJournal(
      directory: URL(filePath: directory).appending(path: "analyses").path)
    let runner = AnalysisRunner(
      source: SharedQueries(routed), journal: journal,
      onChange: { run, now in
        let batch = series.withLock { $0.batch(for: run, at: now) }
        do {
          _ = try store.append(batch)
        } catch {
          Terminal.complain("assay: the verdict of \(run.name) can't be stored: \(error)")
        }
      }, onTrouble: { Terminal.complain("assay: analyses: \($0)") })
    try await runner.recover()
    let endpoints = AnalysisEndpoints(
      runner: runner, catalog: AnalysisCatalog(files?.templates ?? []),
      judge: { spec, start, end in
        let queries = SeriesQueries(store.snapshot(), options: queries)
        var driver = RunDriver(AnalysisRun(name: "canary", spec: spec)) { request, _ in
          queries.answer(request.queries)
        }
        driver.drive(from: start, until: end)
        return driver.run
      }, newName: { "analysis-\(UUID().uuidString.lowercased())" })
    return (endpoints, runner)
  }
}
