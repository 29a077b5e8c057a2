import Exposition
import MetricModel
import Testing

@Suite struct OTLPJSONTests {
  private static let body = """
    {"resourceMetrics": [{
      "resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "api"}},
        {"key": "replicas", "value": {"intValue": "3"}},
        {"key": "zones", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {}]}}}]},
      "scopeMetrics": [{"scope": {"name": "s"}, "metrics": [
        {"name": "requests", "unit": "1", "sum": {"aggregationTemporality": 2, "isMonotonic": true,
          "dataPoints": [{"asInt": "9007199254740993", "timeUnixNano": "1700000000000000000",
            "attributes": [{"key": "ok", "value": {"boolValue": true}}]}]}},
        {"name": "fill", "gauge": {"dataPoints": [
          {"asDouble": 0.1, "timeUnixNano": 1700000000000000000},
          {"asDouble": "NaN", "timeUnixNano": 1700000001000000000}]}},
        {"name": "lat", "unit": "s", "histogram": {"aggregationTemporality": 2, "dataPoints": [
          {"count": "3", "sum": 1.5, "bucketCounts": ["1", "0", "2"], "explicitBounds": [0.5, 1],
           "timeUnixNano": "1700000000000000000", "exemplars": [{"asDouble": 0.25,
             "timeUnixNano": "1700000000000000000", "traceId": "0aFf"}]}]}},
        {"name": "exp", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [
          {"count": 4, "sum": 3, "scale": -1, "zeroCount": 1, "positive": {"offset": -2,
            "bucketCounts": ["1", "0", "2"]}, "timeUnixNano": "1700000000000000000"}]}},
        {"name": "delta", "sum": {"aggregationTemporality": 1, "dataPoints": [
          {"asInt": 1, "timeUnixNano": "1"}, {"asInt": 1, "timeUnixNano": "2"}]}}
      ], "unknown": [1, {"a": null}]}]}]}
    """

  @Test func `JSON says what protobuf says`() throws {
    let message = try OTLPJSON.message(Array(Self.body.utf8))
    let (batch, rejections) = try OTLPMetrics.parse(message)
    #expect(
      lines(of: batch) == [
        #"requests_total{job="api", ok="true"} 9007199254740992 1700000000000"#,
        #"fill{job="api"} 0.1 1700000000000"#, #"fill{job="api"} NaN 1700000001000"#,
        #"lat_seconds_sum{job="api"} 1.5 1700000000000"#,
        #"lat_seconds_count{job="api"} 3 1700000000000"#,
        #"lat_seconds_bucket{job="api", le="0.5"} 1 1700000000000"#,
        #"lat_seconds_bucket{job="api", le="1"} 1 1700000000000"#,
        #"lat_seconds_bucket{job="api", le="+Inf"} 3 1700000000000"#,
        #"target_info{job="api", replicas="3", zones="[\"a\",null]"} 1 1700000000000"#,
        #"target_info{job="api", replicas="3", zones="[\"a\",null]"} 1 1700000001000"#,
      ])
    #expect(batch.exemplars.first?.exemplar.labels["trace_id"] == "0aff")
    let histogram = try #require(batch.histograms.first?.histogram)
    #expect(histogram.schema == -1 && histogram.positive.indices == [-1, 1])
    #expect(
      rejections == [
        OTLPRejection(
          reason: #"invalid temporality and type combination for metric "delta""#, points: 2)
      ])
  }

  @Test(arguments: [
    ("[]", "found an array, expected an object"),
    (
      #"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": 5}]}]}]}"#,
      "resourceMetrics[0].scopeMetrics[0].metrics[0].name: found a number, expected a text"
    ),
    ("{", "JSON, byte"),
  ])
  func `what isn't such a message is refused with its place`(text: String, message: String) {
    let error = #expect(throws: (any Error).self) { try OTLPJSON.message(Array(text.utf8)) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(String(describing: error))")
  }

  @Test func `the answer tells what was lost`() {
    #expect(OTLPExport.answer(rejected: 0, message: "").isEmpty)
    #expect(OTLPExport.answer(rejected: 2, message: "x") == [10, 5, 8, 2, 18, 1, 120])
    #expect(OTLPExport.answerJSON(rejected: 0, message: "") == Array("{}".utf8))
    #expect(
      String(decoding: OTLPExport.answerJSON(rejected: 2, message: "x"), as: UTF8.self)
        == #"{"partialSuccess":{"errorMessage":"x","rejectedDataPoints":"2"}}"#)
  }
}
