import Exposition
import HTTPTransport
import MetricModel
import MetricTransfer
import Scraping
import Synchronization
import Testing
import TimeSeriesStore

@testable import HTTPService

@Suite struct CollectionEndpointTests {
  private static let gauge = """
    {"resourceMetrics": [{"resource": {"attributes": [
      {"key": "service.name", "value": {"stringValue": "api"}},
      {"key": "zone", "value": {"stringValue": "eu"}}]},
      "scopeMetrics": [{"metrics": [
        {"name": "fill", "gauge": {"dataPoints": [
          {"asDouble": 0.5, "timeUnixNano": "60000000000"}]}},
        {"name": "up", "gauge": {"dataPoints": [{"asDouble": 0.5, "timeUnixNano": "60000000000",
          "attributes": [{"key": "x", "value": {"stringValue": "y"}}]}]}},
        {"name": "delta", "sum": {"aggregationTemporality": 1, "dataPoints": [
          {"asInt": 1, "timeUnixNano": "60000000000"}]}}]}]}]}
    """

  private func post(
    _ served: ServedStore, _ body: [UInt8], type: String, encoding: String = ""
  ) throws -> APIResponse {
    let found = served.routes.find(method: "POST", path: "/api/v1/otlp/v1/metrics")
    guard case .route(let route, _) = found else { throw APIError(.notFound, "no route") }
    var request = APIRequest()
    request.body = body
    request.contentType = type
    request.contentEncoding = encoding
    return try route.answer(request)
  }

  private func text(_ answer: APIResponse) -> String {
    String(decoding: answer.body, as: UTF8.self)
  }

  @Test func `metrics of OpenTelemetry are stored, and lost points are told`() throws {
    let served = try ServedStore()
    let json = try post(served, Array(Self.gauge.utf8), type: "application/json; charset=utf-8")
    #expect(json.status == 200 && json.contentType == "application/json")
    #expect(
      text(json) == #"{"partialSuccess":{"errorMessage":"invalid temporality and type combination "#
        + #"for metric \"delta\"","rejectedDataPoints":"1"}}"#)
    #expect(try served.text("GET /api/v1/query?query=fill").contains(#""job":"api""#))
    #expect(try served.text("GET /api/v1/query?query=target_info").contains(#""zone":"eu""#))
    // Again in protobuf and gzip: what is there already is no loss.
    let message = try OTLPJSON.message(Array(Self.gauge.utf8))
    let packed = try #require(ContentEncoding.gzip.compressed(message))
    let proto = try post(
      served, packed, type: "application/x-protobuf", encoding: "gzip")
    #expect(proto.status == 200 && proto.contentType == "application/x-protobuf")
    #expect(
      proto.body
        == OTLPExport.answer(
          rejected: 1,
          message: #"invalid temporality and type combination for metric "delta""#))
  }

  @Test func `a resource's attributes become labels as the configuration says`() throws {
    var otlp = OTLPOptions()
    otlp.promotion = .only(["zone"])
    let contents = ServerConfiguration.Contents(yaml: "", otlp: otlp)
    let configuration = ServerConfiguration(
      scrapes: nil, now: { Timestamp(milliseconds: 0) }, first: contents
    ) { contents }
    let served = try ServedStore { $0.configuration = configuration }
    _ = try post(served, Array(Self.gauge.utf8), type: "application/json")
    #expect(try served.text("GET /api/v1/query?query=fill").contains(#""zone":"eu""#))
  }

  @Test(arguments: [
    ("text/plain", "", "x", "unsupported content type: text/plain"),
    ("application/json", "", "{", "JSON, byte"),
    ("application/x-protobuf", "", "garbage", "decoding the request"),
    ("application/x-protobuf", "gzip", "garbage", "the body isn't gzip"),
    ("application/x-protobuf", "br", "", "unsupported compression: br"),
  ])
  func `a body that can't be read is refused for good`(
    type: String, encoding: String, body: String, message: String
  ) throws {
    let answer = try post(try ServedStore(), Array(body.utf8), type: type, encoding: encoding)
    #expect(answer.status == 400 && text(answer).contains(message), "\(text(answer))")
  }

  @Test func `points that contradict what is stored are told`() throws {
    let served = try ServedStore()
    let first = Self.gauge.replacing("0.5", with: "0.25")
    _ = try post(served, Array(first.utf8), type: "application/json")
    let answer = try post(served, Array(Self.gauge.utf8), type: "application/json")
    #expect(answer.status == 200 && text(answer).contains(#""rejectedDataPoints":"3""#))
    #expect(text(answer).contains("another value is stored, 0.25"))
  }

  @Test func `what can't be read leaves the configuration in force`() throws {
    struct Broken: Error, CustomStringConvertible { let description = "1:1: broken" }
    let isBroken = Mutex(false)
    let configuration = ServerConfiguration(
      scrapes: nil, now: { Timestamp(milliseconds: 5000) },
      first: ServerConfiguration.Contents(yaml: "a: 1\n", otlp: OTLPOptions())
    ) {
      if isBroken.withLock({ $0 }) { throw Broken() }
      return ServerConfiguration.Contents(yaml: "a: 2\n", otlp: OTLPOptions())
    }
    let served = try ServedStore {
      $0.configuration = configuration
      $0.isLifecycleEnabled = true
    }
    #expect(try served.text("GET /api/v1/status/config").contains(#"{"yaml":"a: 1\n"}"#))
    #expect(try served.ask("POST /-/reload").status == 200)
    #expect(try served.text("GET /api/v1/status/config").contains(#"{"yaml":"a: 2\n"}"#))
    isBroken.withLock { $0 = true }
    let refused = try served.ask("POST /-/reload")
    #expect(refused.status == 500 && text(refused).contains("1:1: broken"))
    #expect(try served.text("GET /api/v1/status/config").contains(#"{"yaml":"a: 2\n"}"#))
    #expect(
      try served.text("GET /metrics").contains("prometheus_config_last_reload_successful 0\n"))
    #expect(try ServedStore().ask("POST /-/reload").status == 403)
  }

  @Test func `targets are shown before anything was scraped`() throws {
    let document = """
      {"activeTargets":[{"discoveredLabels":{"__address__":"h:1"
      """
    let store = try Store.open("scraped", on: MemoryFiles())
    let loop = ScrapeLoop(
      store: store, transport: HTTPTransport(),
      files: TransferFiles(matching: { _ in [] }, read: { _ in [] }),
      ScrapeLoop.Options(
        workers: WorkerPool(threads: 1), now: { Timestamp(milliseconds: 0) }, report: { _ in }))
    var job = ScrapeJob(name: "j", interval: .seconds(30), timeout: .seconds(5))
    job.groups = [TargetGroup(addresses: ["h:1"])]
    loop.take(ScrapeConfiguration(jobs: [job]))
    let configuration = ServerConfiguration(
      scrapes: loop, now: { Timestamp(milliseconds: 0) },
      first: ServerConfiguration.Contents(yaml: "", otlp: OTLPOptions())
    ) { ServerConfiguration.Contents(yaml: "", otlp: OTLPOptions()) }
    let served = try ServedStore { $0.configuration = configuration }
    let text = try served.text("GET /api/v1/targets")
    #expect(text.contains(document))
    #expect(text.contains(#""scrapeUrl":"http://h:1/metrics""#))
    #expect(text.contains(#""lastScrape":"0001-01-01T00:00:00Z""#))
    #expect(text.contains(#""health":"unknown","scrapeInterval":"30s","scrapeTimeout":"5s""#))
    #expect(text.contains(#""droppedTargets":[],"droppedTargetCounts":{"j":0}"#))
    #expect(
      try served.text("GET /metrics")
        .contains(#"prometheus_target_scrape_pool_targets{scrape_job="j"} 1"#))
  }
}
