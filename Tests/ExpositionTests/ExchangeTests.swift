import MetricModel
import Testing

@testable import Exposition

/// Formats to take samples elsewhere and back.
@Suite struct ExchangeTests {
  private var series: [Series] {
    var samples = SampleColumns()
    let values = [
      1.5, -0.0, .infinity, -.infinity, StaleMarker.value, 0.1 + 0.2, .leastNonzeroMagnitude, 1e300,
    ]
    for (index, value) in values.enumerated() {
      samples.append(Timestamp(milliseconds: Int64(index) * 1001 - 500), value)
    }
    let odd = Labels([("__name__", "m.é"), ("l", "a\"b\\c\nd,")])
    let plain = Labels([("__name__", "up"), ("job", "api")])
    return [odd, plain].map { Series(labels: $0, samples: samples) }
  }

  private func columns(_ batch: SampleBatch) -> [Series] {
    batch.labels.enumerated().map { number, labels in
      var samples = SampleColumns()
      for row in 0..<batch.count where batch.series[row] == UInt32(number) {
        samples.append(Timestamp(milliseconds: batch.timestamps[row]), batch.values[row])
      }
      return Series(labels: labels, samples: samples)
    }
  }

  @Test func `CSV comes back bit for bit`() throws {
    var csv = SeriesCSV()
    for series in series { csv.append(series) }
    #expect(
      String(decoding: csv.bytes, as: UTF8.self)
        .hasPrefix(
          "series,timestamp_ms,value\n\"{\"\"m.é\"\", l=\"\"a\\\"\"b\\\\c\\nd,\"\"}\",-500,1.5\n"))
    #expect(columns(try SeriesCSV.parse(csv.bytes)) == series)
  }

  @Test func `JSON lines come back bit for bit`() throws {
    var lines = SeriesJSONLines()
    for series in series { lines.append(series) }
    #expect(columns(try SeriesJSONLines.parse(lines.bytes)) == series)
  }

  @Test func `OpenMetrics leaves markers out and keeps the rest`() throws {
    var writer = OpenMetricsWriter()
    var omitted = 0
    for series in series { omitted += writer.append(series) }
    #expect(omitted == 2)
    let read = columns(try OpenMetricsParser.parse(writer.finish(), untimedAt: nil))
    let expected = series.map { series in
      Series(labels: series.labels, samples: series.samples.filter { $0 != 4 * 1001 - 500 })
    }
    #expect(read == expected)
  }

  @Test func `histograms that don't fit are counted`() {
    var samples = SampleColumns()
    samples.histograms.append(Timestamp(milliseconds: 1), NativeHistogram())
    let series = Series(labels: Labels([("__name__", "h")]), samples: samples)
    var (csv, lines, text) = (SeriesCSV(), SeriesJSONLines(), OpenMetricsWriter())
    #expect(csv.append(series) == 1 && lines.append(series) == 1 && text.append(series) == 1)
  }

  @Test func `promtool's dump is read with Go's escapes`() throws {
    let dump =
      #"{__name__="a", b="x\"\\\n\t\u00e9\xc3\xa9"} 1.5e-07 -5"# + "\n"
      + #"{"m.x"="v", __name__="a"} NaN 1700000000000"# + "\n"
    let batch = try DumpText.parse(Array(dump.utf8))
    #expect(batch.labels[0]["b"] == "x\"\\\n\té\u{e9}")
    #expect(batch.timestamps == [-5, 1_700_000_000_000] && batch.values[0] == 1.5e-07)
  }

  @Test(arguments: [
    ("{a=\"b\"} 1", "1:8: expected a value and milliseconds after the labels"),
    ("\n{a=b} 1 1", "2:4: expected a label value in quotes"),
    ("a 1 1", "1:1: expected labels in braces"),
    (
      "{__name__=\"a\"} {count:1, sum:2} 5",
      "1:15: a native histogram has lost its buckets' "
        + "layout in this format, import blocks instead"
    ),
  ])
  func `lines that are no dump are named`(text: String, message: String) {
    let error = #expect(throws: TextFormatError.self) { try DumpText.parse(Array(text.utf8)) }
    #expect(error?.description == message)
  }

  @Test func `answers of queries become series`() throws {
    let body = QueryResultJSON.answer(.matrix(series), annotations: [])
    let read = try MatrixJSON.parse(body).series
    #expect(read.map(\.labels) == series.map(\.labels))
    #expect(read[0].samples.timestamps == series[0].samples.timestamps)
    #expect(read[0].samples.values.last == 1e300)
  }

  @Test func `fields come in any order, unknown ones are read over`() throws {
    let text = #"""
      {"infos":["i"],"data":{"stats":{"a":[1,{"b":null}]},"result":[
        {"values":[[1,"2"],[2.5,"+Inf"]],"extra":[[]],"metric":{"a":"b"}}]},"x":"",
        "warnings":["w",{}],"status":"success"}
      """#
    let answer = try MatrixJSON.parse(Array(text.utf8))
    #expect(answer.series.map(\.labels) == [Labels([("a", "b")])])
    #expect(answer.series[0].samples.timestamps == [1000, 2500])
    #expect(answer.series[0].samples.values == [2, .infinity])
    #expect((answer.warnings, answer.infos) == (["w"], ["i"]))
  }

  @Test(arguments: [
    ("{", "JSON, byte 1: "), (#"{"status":"error","error":"boom"}"#, "an error answer: boom"),
    ("{}", "the field data.result is missing"),
    (#"{"result":[{"metric":{},"values":[[1,"2"],[1,"3"]]}]}"#, "the points of {} are not in the"),
    (#"{"result":[{"metric":{},"values":[[1,2]]}]}"#, "a point of {} is not"),
    (#"{"result":[{"metric":{},"histograms":[]}]}"#, "{} has native histograms"),
    (#"{"result":[{"values":[[1,"2",3]]}]}"#, "a point of result 0 is not"),
    (#"{"result":[{"values":[[1,"2"]]}]}"#, "result 0 has no metric"),
    (#"{"data":{"result":[1,"2"]}}"#, "result 0 has no metric"),
    (#"{"data":null,"result":{}}"#, "the field data.result is missing"), ("[]", "JSON, byte 0: "),
  ])
  func `what is no answer is refused`(text: String, message: String) {
    let error = #expect(throws: MatrixJSONError.self) { try MatrixJSON.parse(Array(text.utf8)) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: 0..<10)
  func `damaged texts are an error or a batch`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    var (csv, lines) = (SeriesCSV(), SeriesJSONLines())
    for series in series {
      csv.append(series)
      lines.append(series)
    }
    let dump = Array(#"{__name__="a", b="x\"\\\n\t\u00e9"} 1.5e-07 -5"#.utf8)
    for _ in 0..<300 {
      let batches = [
        try? SeriesCSV.parse(damaged(csv.bytes, using: &generator)),
        try? SeriesJSONLines.parse(damaged(lines.bytes, using: &generator)),
        try? DumpText.parse(damaged(dump, using: &generator)),
      ]
      for batch in batches.compactMap(\.self) {
        #expect(batch.count == batch.timestamps.count, "seed \(seed)")
      }
    }
  }
}
