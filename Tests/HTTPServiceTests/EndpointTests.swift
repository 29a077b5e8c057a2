import Exposition
import HTTPTransport
import Logging
import MetricModel
import Rules
import Testing
import TimeSeriesStore

@testable import HTTPService

/// The routes over a store in memory: everything but the sockets.
struct ServedStore {
  let files = MemoryFiles()
  let store: Store
  let routes: Routes

  /// Holds `up{job="a"}` and `up{job="b"}` at 0, 15 s, … 60 s, and `gone{job="a"}` at 0.
  init(_ configure: (inout ServiceOptions) -> Void = { _ in }) throws {
    store = try Store.open("data", on: files)
    var batch = SampleBatch()
    for (offset, job) in ["a", "b"].enumerated() {
      let series = batch.addSeries(Labels([("__name__", "up"), ("job", job)]))
      for index in 0..<5 {
        batch.append(
          series: series, Timestamp(milliseconds: Int64(index) * 15_000), Double(offset + index))
      }
    }
    let gone = batch.addSeries(Labels([("__name__", "gone"), ("job", "a")]))
    batch.append(series: gone, Timestamp(milliseconds: 0), 1)
    #expect(try store.append(batch).accepted == 11)
    var options = ServiceOptions(dataDirectory: "data")
    options.now = { Timestamp(milliseconds: 60_000) }
    options.version = "1.2.3"
    configure(&options)
    let logger = Logger(label: "test")
    let runner = RuleRunner(
      options.rules, store: store, now: options.now, pool: WorkerPool(threads: 1),
      notifier: AlertNotifier(
        options: options.rules, transport: HTTPTransport(), logger: logger), logger: logger)
    routes = Routes(
      store: store, options: options, counters: ServiceCounters(), runner: runner)
  }

  /// Answers `METHOD PATH?QUERY`.
  func ask(_ line: String, body: [UInt8] = [], type: String = "") throws -> APIResponse {
    let words = line.split(separator: " ", maxSplits: 1)
    let address = words[1].split(separator: "?", maxSplits: 1)
    let found = routes.find(method: String(words[0]), path: address[0])
    guard case .route(let route, let parameter) = found else {
      throw APIError(.notFound, "no route for \(line)")
    }
    var request = APIRequest()
    request.pathParameter = try PercentDecoding.decode(parameter.utf8, plusIsSpace: false)
    request.parameters = try RequestParameters(
      form: [], query: address.dropFirst().first?.utf8 ?? "".utf8[...])
    request.body = body
    request.contentType = type
    do {
      var response = try route.answer(request)
      while let part = try response.parts?.next() { response.body += part }
      return response
    } catch {
      return .failure(error)
    }
  }

  func text(_ line: String) throws -> String {
    let answer = try ask(line)
    return "\(answer.status) " + String(decoding: answer.body, as: UTF8.self)
  }
}

private func success(_ data: String) -> String {
  "200 {\"status\":\"success\",\"data\":\(data)}"
}

private func failure(_ status: Int, _ type: String, _ message: String) -> String {
  "\(status) {\"status\":\"error\",\"errorType\":\"\(type)\",\"error\":\(GoText.quoted(message))}"
}

@Suite struct QueryEndpointTests {
  @Test(arguments: [
    ("query=1%2B1", #"{"resultType":"scalar","result":[60,"2"]}"#),
    ("query=1&time=1.5", #"{"resultType":"scalar","result":[1.5,"1"]}"#),
    ("query='x'&time=1970-01-01T00:00:02Z", #"{"resultType":"string","result":[2,"x"]}"#),
    ("query=absent_metric", #"{"resultType":"vector","result":[]}"#),
    (
      "query=up&time=31",
      #"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[31,"2"]},"#
        + #"{"metric":{"__name__":"up","job":"b"},"value":[31,"3"]}]}"#
    ),
    (
      #"query=up{job="a"}[20s]&time=30"#,
      #"{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"#
        + #""values":[[15,"1"],[30,"2"]]}]}"#
    ),
    (
      "query=sum(up)&time=400&lookback_delta=10m",
      #"{"resultType":"vector","result":[{"metric":{},"value":[400,"9"]}]}"#
    ),
    ("query=sum(up)&time=400", #"{"resultType":"vector","result":[]}"#),
  ])
  func `an instant query is answered`(_ query: String, _ data: String) throws {
    #expect(try ServedStore().text("GET /api/v1/query?\(query)") == success(data))
  }

  @Test func `stats tell how long a query took`() throws {
    let served = try ServedStore()
    let text = try served.text("GET /api/v1/query?query=1&time=1&stats=all")
    #expect(
      text.hasPrefix(
        #"200 {"status":"success","data":{"resultType":"scalar","result":[1,"1"],"#
          + #""stats":{"timings":{"evalTotalTime":"#))
    #expect(text.contains(#""samples":{"totalQueryableSamples":0,"peakSamples":"#))
    #expect(!text.contains("warnings"))
    let odd = try served.text(
      "GET /api/v1/query_range?query=up&start=0&end=60&step=30&stats=1")
    #expect(odd.contains(#""stats":{"timings""#))
    #expect(odd.contains(#"value \"1\" for parameter \"stats\" is deprecated"#))
  }

  @Test func `a range query is answered`() throws {
    #expect(
      try ServedStore().text("POST /api/v1/query_range?query=sum(up)&start=0&end=60&step=30s")
        == success(
          #"{"resultType":"matrix","result":[{"metric":{},"#
            + #""values":[[0,"1"],[30,"5"],[60,"9"]]}]}"#))
  }

  @Test func `a limit cuts series and says so`() throws {
    let text = try ServedStore().text("GET /api/v1/query?query=up&limit=1")
    #expect(text.contains(#""job":"a""#) && !text.contains(#""job":"b""#))
    #expect(text.hasSuffix(#","warnings":["results truncated due to limit"]}"#))
  }

  @Test(arguments: [
    (
      "query=up&time=x",
      #"invalid parameter "time": invalid time value for 'time': cannot parse "x" to a valid "#
        + "timestamp"
    ),
    ("query=up&limit=-1", #"invalid parameter "limit": limit must be non-negative"#),
    ("query=up&timeout=x", #"invalid parameter "timeout": cannot parse "x" to a valid duration"#),
    (
      "query=up&lookback_delta=x",
      #"error parsing lookback delta duration: cannot parse "x" to a valid duration"#
    ),
    (
      "", #"invalid parameter "query": 1:1: parse error: no expression found in input"#
    ),
  ])
  func `a broken instant query is bad data`(_ query: String, _ message: String) throws {
    #expect(
      try ServedStore().text("GET /api/v1/query?\(query)") == failure(400, "bad_data", message))
  }

  @Test(arguments: [
    ("end=1&step=1", #"invalid parameter "start": cannot parse "" to a valid timestamp"#),
    (
      "start=2&end=1&step=1",
      #"invalid parameter "end": end timestamp must not be before start time"#
    ),
    ("start=1&end=2", #"invalid parameter "step": cannot parse "" to a valid duration"#),
    (
      "start=1&end=2&step=0",
      #"invalid parameter "step": zero or negative query resolution step widths are not accepted. "#
        + "Try a positive integer"
    ),
    (
      "start=0&end=11001&step=1",
      "exceeded maximum resolution of 11,000 points per timeseries. "
        + "Try decreasing the query resolution (?step=XX): 11002 were asked for, "
        + "a step of 1s1ms is long enough"
    ),
  ])
  func `a broken range query is bad data`(_ query: String, _ message: String) throws {
    #expect(
      try ServedStore().text("GET /api/v1/query_range?query=up&\(query)")
        == failure(400, "bad_data", message))
  }

  @Test func `11,000 steps past the first are the most`() throws {
    let text = try ServedStore().text("GET /api/v1/query_range?query=1&start=0&end=11000&step=1")
    #expect(text.hasPrefix("200 ") && text.contains(#"[11000,"1"]"#))
  }

  @Test func `a syntax error names its place`() throws {
    let text = try ServedStore().text("GET /api/v1/query?query=sum(up")
    #expect(text.hasPrefix(#"400 {"status":"error","errorType":"bad_data","error":"invalid"#))
    #expect(text.contains(#"parameter \"query\": 1:"#) && text.contains("parse error"))
  }

  @Test func `a range query of a range vector is bad data`() throws {
    #expect(
      try ServedStore().text("GET /api/v1/query_range?query=up[1m]&start=0&end=1&step=1")
        == failure(
          400, "bad_data",
          #"invalid parameter "query": invalid expression type "range vector" for range query, "#
            + "must be Scalar or instant Vector"))
  }

  @Test func `a query that cannot be evaluated is an execution error`() throws {
    let text = try ServedStore().text(
      "GET /api/v1/query?query=label_replace(up,%22job%22,%22x%22,%22job%22,%22.*%22)")
    #expect(
      text
        == failure(422, "execution", "vector cannot contain metrics with the same labelset"))
  }

  @Test func `a query past its time is a timeout`() throws {
    #expect(
      try ServedStore().text("GET /api/v1/query?query=sum(up)&timeout=0")
        == failure(
          503, "timeout",
          "query timed out in expression evaluation: it was given 0 ms; ask for less, or for more "
            + "time (timeout=…, at most --query.timeout)"))
  }
}

@Suite struct SeriesEndpointTests {
  @Test(arguments: [
    ("labels", #"["__name__","job"]"#),
    ("labels?match[]=gone&start=100", "[]"),
    ("label/job/values", #"["a","b"]"#),
    ("label/job/values?match[]=gone", #"["a"]"#),
    ("label/__name__/values", #"["gone","up"]"#),
    (#"label/__name__/values?match[]={job="b"}&match[]=gone"#, #"["gone","up"]"#),
    ("label/absent/values", "[]"),
    (#"series?match[]=up{job="b"}"#, #"[{"__name__":"up","job":"b"}]"#),
    (
      "series?match[]=gone&match[]=up",
      #"[{"__name__":"gone","job":"a"},{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}]"#
    ),
    (
      #"series?match[]=up&match[]={job="a"}&start=30&end=1970-01-01T00:01:00Z"#,
      #"[{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}]"#
    ),
  ])
  func `metadata is answered`(_ path: String, _ data: String) throws {
    #expect(try ServedStore().text("GET /api/v1/\(path)") == success(data))
  }

  @Test func `a limit cuts and says so`() throws {
    #expect(
      try ServedStore().text("GET /api/v1/label/job/values?limit=1")
        == #"200 {"status":"success","data":["a"],"warnings":["results truncated due to limit"]}"#)
  }

  @Test func `series needs a selection`() throws {
    #expect(
      try ServedStore().text("GET /api/v1/series")
        == failure(400, "bad_data", "no match[] parameter provided"))
  }

  @Test func `a broken selection names its place`() throws {
    let named = try ServedStore().text("GET /api/v1/series?match[]=up%7B")
    #expect(
      named.hasPrefix(#"400 {"status":"error","errorType":"bad_data","error":"invalid param"#))
    #expect(named.contains(#"eter \"match[]\": 1:"#))
    let plain = try ServedStore().text("GET /api/v1/labels?match[]=up%7B")
    #expect(plain.hasPrefix(#"400 {"status":"error","errorType":"bad_data","error":"1:"#))
  }

  /// Nobody means all series by mistake, least of all when deleting.
  @Test(arguments: [
    "GET /api/v1/series", "GET /api/v1/labels", "GET /api/v1/label/job/values",
    "POST /api/v1/admin/tsdb/delete_series",
  ])
  func `a selection of everything is none`(line: String) throws {
    let served = try ServedStore { $0.isAdminEnabled = true }
    for selection in ["", "{}", "{x=~%22.*%22}", "up&match[]="] {
      #expect(try served.text("\(line)?match[]=\(selection)").hasPrefix("400 "))
    }
    #expect(try served.text("GET /api/v1/series?match[]=up").contains(#""job":"b""#))
  }
}

@Suite struct IngestEndpointTests {
  private func body(_ name: String, _ milliseconds: Int64, _ value: Double) -> [UInt8] {
    var batch = SampleBatch()
    let series = batch.addSeries(Labels([("__name__", name)]))
    batch.append(series: series, Timestamp(milliseconds: milliseconds), value)
    return RemoteWrite.encode(batch)
  }

  private func write(
    _ served: ServedStore, _ body: [UInt8], type: String = "application/x-protobuf"
  ) throws -> APIResponse {
    try served.ask("POST /api/v1/write", body: body, type: type)
  }

  @Test(arguments: [
    "application/x-protobuf", "", "application/x-protobuf;proto=prometheus.WriteRequest",
  ])
  func `samples written can be asked for at once`(_ type: String) throws {
    let served = try ServedStore()
    let written = try write(served, body("new", 60_000, 7), type: type)
    #expect(written.status == 204 && written.body.isEmpty)
    #expect(try served.text("GET /api/v1/query?query=new").contains(#"[60,"7"]"#))
  }

  @Test(arguments: [
    (
      "text/plain",
      "text/plain protobuf message is not accepted by this server; "
        + "accepted prometheus.WriteRequest, io.prometheus.write.v2.Request\n"
    ),
    (
      "application/x-protobuf; proto=io.prometheus.write.v3.Request",
      "io.prometheus.write.v3.Request protobuf message is not accepted by this server; "
        + "accepted prometheus.WriteRequest, io.prometheus.write.v2.Request\n"
    ),
  ])
  func `other messages are refused as such`(_ type: String, _ text: String) throws {
    let refusal = try write(ServedStore(), body("new", 0, 1), type: type)
    #expect(refusal.status == 415 && String(decoding: refusal.body, as: UTF8.self) == text)
  }

  @Test func `a body that is no message is refused`() throws {
    let answer = try write(ServedStore(), Array("garbage".utf8))
    #expect(answer.status == 400)
    #expect(String(decoding: answer.body, as: UTF8.self).contains("is not Snappy block format"))
  }

  @Test func `a body that grows too much is refused`() throws {
    let served = try ServedStore { $0.decodedWriteBytesMax = 10 }
    let answer = try write(served, body("a_name_of_some_length", 0, 1))
    #expect(answer.status == 413)
  }

  @Test func `a sample that contradicts another is refused by name, others are kept`() throws {
    let served = try ServedStore()
    var batch = SampleBatch()
    let up = batch.addSeries(Labels([("__name__", "up"), ("job", "a")]))
    batch.append(series: up, Timestamp(milliseconds: 60_000), 99)
    let new = batch.addSeries(Labels([("__name__", "new")]))
    batch.append(series: new, Timestamp(milliseconds: 60_000), 5)
    let answer = try write(served, RemoteWrite.encode(batch))
    #expect(answer.status == 400)
    #expect(
      String(decoding: answer.body, as: UTF8.self)
        == "1 of 2 samples were not stored, the others were: "
        + "up{job=\"a\"} at 60000 ms: another value is stored, 4\n")
    #expect(try served.text("GET /api/v1/query?query=new").contains(#"[60,"5"]"#))
  }

  @Test func `one histogram that makes no sense doesn't refuse the samples beside it`() throws {
    let served = try ServedStore()
    var batch = SampleBatch()
    let bad = batch.addSeries(Labels([("__name__", "h")]))
    batch.append(
      HistogramRow(
        series: bad, time: Timestamp(milliseconds: 60_000),
        histogram: NativeHistogram(count: 1.5, positive: HistogramBuckets(from: 0, [-1, 2.5]))))
    let new = batch.addSeries(Labels([("__name__", "new")]))
    batch.append(series: new, Timestamp(milliseconds: 60_000), 5)
    let answer = try write(
      served, RemoteWrite.encode(batch, .v2), type: RemoteWriteVersion.v2.contentType)
    #expect(answer.status == 400)
    #expect(
      String(decoding: answer.body, as: UTF8.self)
        .hasPrefix("1 of 2 samples were not stored, the others were: series h: positive side"))
    #expect(answer.headers["X-Prometheus-Remote-Write-Samples-Written"] == "1")
    #expect(answer.headers["X-Prometheus-Remote-Write-Histograms-Written"] == "0")
    #expect(try served.text("GET /api/v1/query?query=new").contains(#"[60,"5"]"#))
  }

  @Test func `what was refused and taken is counted`() throws {
    let served = try ServedStore()
    _ = try write(served, body("new", 60_000, 7))
    _ = try write(served, body("new", 60_000, 7))
    _ = try write(served, body("new", 60_000, 8))
    let text = try served.text("GET /metrics")
    #expect(text.contains(#"assay_ingested_samples_total{outcome="accepted"} 1"#))
    #expect(text.contains(#"assay_ingested_samples_total{outcome="duplicate"} 1"#))
    #expect(text.contains(#"assay_ingested_samples_total{outcome="refused"} 1"#))
    #expect(throws: Never.self) {
      try TextParser.parse(
        Array(text.utf8.dropFirst(4)), untimedAt: Timestamp(milliseconds: 0))
    }
  }
}

@Suite struct StatusEndpointTests {
  @Test func `the build names itself`() throws {
    let text = try ServedStore().text("GET /api/v1/status/buildinfo")
    #expect(text.hasPrefix(#"200 {"status":"success","data":{"version":"1.2.3","revision":"""#))
  }

  @Test(arguments: [
    ("/-/ready", "200 Assay is Ready.\n"), ("/-/healthy", "200 Assay is Healthy.\n"),
    ("/api/v1/metadata", #"200 {"status":"success","data":{}}"#),
  ])
  func `state is answered`(_ path: String, _ text: String) throws {
    #expect(try ServedStore().text("GET \(path)") == text)
  }

  @Test func `a snapshot needs the admin API`() throws {
    #expect(
      try ServedStore().text("POST /api/v1/admin/tsdb/snapshot")
        == failure(503, "unavailable", "admin APIs disabled"))
  }

  @Test func `a snapshot is named and is a store of its own`() throws {
    let served = try ServedStore { $0.isAdminEnabled = true }
    let text = try served.text("POST /api/v1/admin/tsdb/snapshot")
    let prefix = #"200 {"status":"success","data":{"name":"19700101T000100Z-"#
    #expect(text.hasPrefix(prefix) && text.hasSuffix(#""}}"#))
    let name = text.dropFirst(prefix.count - 17).dropLast(3)
    let copy = try Store.open("data/snapshots/\(name)", on: served.files)
    #expect(copy.snapshot().statistics.samples == 11)
  }
}

@Suite struct RoutesTests {
  @Test(arguments: [
    ("GET", "/api/v1/query", "route"), ("POST", "/api/v1/query", "route"),
    ("HEAD", "/-/ready", "route"), ("PUT", "/api/v1/query", "GET, POST"),
    ("GET", "/api/v1/write", "POST"), ("HEAD", "/api/v1/write", "POST"),
    ("DELETE", "/metrics", "GET"), ("GET", "/", "nothing"), ("GET", "/api/v1/query/", "nothing"),
    ("GET", "/api/v1/label/a/values", "route"), ("GET", "/api/v1/label//values", "nothing"),
    ("GET", "/api/v1/label/a/b/values", "nothing"), ("GET", "/api/v1/labelvalues", "nothing"),
  ])
  func `a request finds its route`(_ method: String, _ path: String, _ found: String) throws {
    let text =
      switch try ServedStore().routes.find(method: method, path: path[...]) {
      case .route: "route"
      case .otherMethods(let methods): methods.joined(separator: ", ")
      case .nothing: "nothing"
      }
    #expect(text == found)
  }

  @Test func `a label name in the path is decoded`() throws {
    let store = try ServedStore()
    #expect(try store.text("GET /api/v1/label/jo%62/values") == success(#"["a","b"]"#))
  }
}
