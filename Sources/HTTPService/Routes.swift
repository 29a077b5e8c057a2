import TimeSeriesStore

/// One row of the server's map: a path, and who answers it.
struct Route: Sendable {
  /// Where an endpoint runs.
  enum Worker: Sendable {
    /// On the connection's own task: answers at once.
    case here
    case queries
    case ingestion
  }

  /// With `*` for the one part that a request may choose.
  var path: String
  var methods: [String]
  var worker: Worker
  var bodyBytesMax: Int
  var answer: @Sendable (APIRequest) throws(APIError) -> APIResponse

  /// What `*` stands for in `path`, still encoded; nil when it isn't this route's path.
  func match(_ requested: Substring) -> Substring? {
    guard let star = path.utf8.firstIndex(of: UInt8(ascii: "*")) else { return nil }
    let (prefix, suffix) = (path.utf8[..<star], path.utf8[star...].dropFirst())
    let bytes = requested.utf8
    guard bytes.count > path.utf8.count - 1, bytes.starts(with: prefix),
      bytes.suffix(suffix.count).elementsEqual(suffix)
    else { return nil }
    let part = bytes.dropFirst(prefix.count).dropLast(suffix.count)
    return part.contains(UInt8(ascii: "/")) ? nil : Substring(part)
  }
}

/// Every path the server answers.
struct Routes: Sendable {
  /// What the map says of a request.
  enum Finding {
    case route(Route, pathParameter: Substring)
    /// The path exists with other methods.
    case otherMethods([String])
    case nothing
  }

  /// By their paths.
  private let fixed: [String: Route]
  /// Those that leave a part of the path open.
  private let open: [Route]

  init(
    store: Store, options: ServiceOptions, counters: ServiceCounters, runner: RuleRunner
  ) {
    let syntax = SyntaxEndpoints()
    let rules = RuleEndpoints(runner: runner, options: options.rules)
    let queries = QueryEndpoints(store: store, options: options)
    let series = SeriesEndpoints(store: store, options: options)
    let ingest = IngestEndpoints(store: store, options: options, counters: counters)
    let stored = StoreEndpoints(store: store)
    let reading = ReadEndpoints(store: store, options: options)
    let status = StatusEndpoints(options: options, counters: counters, runner: runner)
    let lifecycle = LifecycleEndpoints(
      reloading: Reloading(configuration: options.configuration, runner: runner),
      isEnabled: options.isLifecycleEnabled)
    let admin = AdminEndpoints(store: store, options: options)
    let targets = TargetEndpoints(scrapes: options.configuration?.scrapes)
    let metrics = MetricsEndpoints(store: store, options: options, counters: counters)
    let otlp = OTLPEndpoints(store: store, options: options, counters: counters)
    let configuration = ConfigurationEndpoints(configuration: options.configuration)
    let form = options.formBytesMax
    let both = ["GET", "POST"]
    func read(
      _ path: String, _ methods: [String],
      _ answer: @escaping @Sendable (APIRequest) throws(APIError) -> APIResponse
    ) -> Route {
      Route(path: path, methods: methods, worker: .queries, bodyBytesMax: form, answer: answer)
    }
    func state(_ path: String, _ answer: @escaping @Sendable () -> APIResponse) -> Route {
      Route(path: path, methods: ["GET"], worker: .here, bodyBytesMax: 0) { _ in answer() }
    }
    let routes = [
      read("/api/v1/query", both, queries.instant),
      read("/api/v1/query_range", both, queries.range),
      read("/api/v1/explain", both, queries.explain),
      read("/api/v1/format_query", both, syntax.format),
      read("/api/v1/parse_query", both, syntax.tree),
      read("/api/v1/query_exemplars", both, stored.exemplars),
      read("/api/v1/metadata", ["GET"], stored.metadata),
      read("/api/v1/status/tsdb", ["GET"], stored.cardinality),
      read("/api/v1/read", ["POST"], reading.read),
      read("/federate", ["GET"], reading.federate),
      read("/api/v1/rules", ["GET"], rules.rules),
      read("/api/v1/alerts", ["GET"], rules.alerts),
      read("/api/v1/alertmanagers", ["GET"], rules.alertmanagers),
      read("/api/v1/status/runtimeinfo", ["GET"], status.runtimeInformation),
      read("/api/v1/status/flags", ["GET"], status.flags),
      read("/api/v1/labels", both, series.labelNames),
      read("/api/v1/label/*/values", ["GET"], series.labelValues),
      read("/api/v1/series", both, series.series),
      Route(
        path: "/api/v1/write", methods: ["POST"], worker: .ingestion,
        bodyBytesMax: options.writeBytesMax, answer: ingest.write),
      Route(
        path: "/api/v1/otlp/v1/metrics", methods: ["POST"], worker: .ingestion,
        bodyBytesMax: options.writeBytesMax, answer: otlp.metrics),
      read("/api/v1/targets", ["GET"], targets.targets),
      read("/api/v1/targets/metadata", ["GET"], targets.metadata),
      read("/api/v1/scrape_pools", ["GET"], targets.pools),
      state("/api/v1/status/config", configuration.shown),
      Route(
        path: "/api/v1/admin/tsdb/snapshot", methods: ["POST", "PUT"], worker: .ingestion,
        bodyBytesMax: form, answer: { (_) throws(APIError) in try admin.snapshot() }),
      Route(
        path: "/api/v1/admin/tsdb/delete_series", methods: ["POST", "PUT"], worker: .ingestion,
        bodyBytesMax: form, answer: admin.deleteSeries),
      Route(
        path: "/api/v1/admin/tsdb/clean_tombstones", methods: ["POST", "PUT"],
        worker: .ingestion, bodyBytesMax: form,
        answer: { (_) throws(APIError) in try admin.cleanTombstones() }),
      Route(
        path: "/-/reload", methods: ["POST", "PUT"], worker: .ingestion, bodyBytesMax: form,
        answer: lifecycle.reload),
      state("/api/v1/status/buildinfo", status.buildInformation),
      state("/-/ready", status.ready),
      state("/-/healthy", status.healthy),
      state("/metrics", metrics.metrics),
    ]
    open = routes.filter { $0.path.contains("*") }
    fixed = Dictionary(routes.map { ($0.path, $0) }) { first, _ in first }
  }

  /// HEAD is answered wherever GET is.
  func find(method: String, path: Substring) -> Finding {
    let asked = method == "HEAD" ? "GET" : method
    func finding(_ route: Route, _ parameter: Substring) -> Finding {
      route.methods.contains(asked)
        ? .route(route, pathParameter: parameter) : .otherMethods(route.methods)
    }
    for route in open {
      if let parameter = route.match(path) { return finding(route, parameter) }
    }
    return fixed[String(path)].map { finding($0, "") } ?? .nothing
  }
}
