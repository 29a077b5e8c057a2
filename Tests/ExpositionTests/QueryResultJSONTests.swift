import Exposition
import MetricModel
import Testing

@Suite struct QueryResultJSONTests {
  private let time = Timestamp(milliseconds: 1_700_000_000_050)

  private func json(_ value: QueryValue, _ annotations: [Annotation] = []) -> String {
    String(
      decoding: QueryResultJSON.answer(value, annotations: annotations), as: UTF8.self)
  }

  @Test func `a scalar has its time as a plain float and its value without an exponent`() {
    #expect(
      json(.scalar(ScalarPoint(time: time, value: 1e21)))
        == #"{"status":"success","data":{"resultType":"scalar","#
        + #""result":[1700000000.05,"1000000000000000000000"]}}"#)
  }

  @Test func `a string stands beside its time`() {
    #expect(
      json(.string("a\"\\\n\t\r\u{1}é<", at: Timestamp(milliseconds: 0)))
        == #"{"status":"success","data":{"resultType":"string","#
        + #""result":[0,"a\"\\\n\t\r\u0001é<"]}}"#)
  }

  @Test func `a vector has an object for each element`() {
    let labels = Labels([("__name__", "up"), ("job", "a")])
    #expect(
      json(
        .vector([
          VectorSample(labels: labels, time: time, value: 0.5),
          VectorSample(labels: .empty, time: time, value: .nan),
        ]))
        == #"{"status":"success","data":{"resultType":"vector","result":["#
        + #"{"metric":{"__name__":"up","job":"a"},"value":[1700000000.050,"0.5"]},"#
        + #"{"metric":{},"value":[1700000000.050,"NaN"]}]}}"#)
  }

  @Test func `a native histogram lists its populated buckets`() {
    let histogram = NativeHistogram(
      schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 7, sum: .nan,
      positive: HistogramBuckets(from: 0, [1, 0, 2.5]),
      negative: HistogramBuckets(from: 0, [1.5]))
    var json = JSONWriter()
    json.array { json in
      json.point(1_700_000_000_050, histogram)
      json.point(1000, NativeHistogram(count: 0, sum: 0))
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"[[1700000000.050,{"count":"7","sum":"NaN","buckets":[[1,"-1","-0.5","1.5"],"#
        + #"[3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"2","4","2.5"]]}],"#
        + #"[1,{"count":"0","sum":"0"}]]"#)
  }

  @Test func `an empty vector is an empty list`() {
    #expect(
      json(.vector([])) == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
  }

  @Test func `a matrix has a list of points for each series`() {
    let samples = SampleColumns(
      timestamps: [-1500, 0, 7, 1_700_000_000_000], values: [-.infinity, -0.0, 1e-7, 123.25])
    #expect(
      json(.matrix([Series(labels: Labels([("a", "b")]), samples: samples)]))
        == #"{"status":"success","data":{"resultType":"matrix","result":["#
        + #"{"metric":{"a":"b"},"values":[[-1.500,"-Inf"],[0,"-0"],[0.007,"1e-07"],"#
        + #"[1700000000,"123.25"]]}]}}"#)
  }

  @Test func `series with the same and with other times are written alike`() {
    let long = (0..<200).map { Int64($0) * 250 }
    let all = [
      [0, 1500], [0, 1500, 3000], [0, 3000], [1500], [0, 2000], [0, 2000, -3], [2000, -3], long,
      long.filter { $0 % 750 != 0 }, long,
    ]
    let columns = all.map { times in
      SampleColumns(
        timestamps: times, values: times.map { $0 == 500 ? .nan : Double($0) / 7e8 })
    }
    let together = json(.matrix(columns.map { Series(labels: .empty, samples: $0) }))
    let alone = columns.map { column in
      json(.matrix([Series(labels: .empty, samples: column)]))
        .dropFirst(#"{"status":"success","data":{"resultType":"matrix","result":["#.count)
        .dropLast(3)
    }
    #expect(together.contains("[" + alone.joined(separator: ",") + "]"))
  }

  @Test func `warnings and infos follow the data, ten of each at most`() {
    let warnings = (0..<12).map { Annotation(.warning, "w\($0)") }
    let text = json(.vector([]), warnings + [Annotation(.info, "i")])
    #expect(
      text.hasSuffix(
        #","warnings":["w0","w1","w2","w3","w4","w5","w6","w7","w8","w9","#
          + #""2 more warning annotations omitted"],"infos":["i"]}"#))
  }

  @Test func `a failure has a type and a message`() {
    #expect(
      String(
        decoding: QueryResultJSON.failure(type: "bad_data", message: #"1:3: unexpected "}""#),
        as: UTF8.self)
        == #"{"status":"error","errorType":"bad_data","error":"1:3: unexpected \"}\""}"#)
  }

  @Test func `lists of other data share the envelope`() {
    let bytes = QueryResultJSON.success { json in
      json.array { json in
        json.string("a")
        QueryResultJSON.write(Labels([("x", "y")]), to: &json)
        json.boolean(true)
        json.integer(-3)
        json.array { _ in }
      }
    }
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"status":"success","data":["a",{"x":"y"},true,-3,[]]}"#)
  }

  @Test(arguments: [401, 700])
  func `the parts of an answer are the answer`(count: Int) throws {
    let series = (0..<count).map { index in
      let times = (0..<100).map { Int64($0) * 15_000 }
      return Series(
        labels: Labels([("i", "\(index)")]),
        samples: SampleColumns(timestamps: times, values: times.map { Double($0) / 7 }))
    }
    for annotations in [[], [Annotation(.warning, "w"), Annotation(.info, "i")]] {
      let statistics = QueryResultJSON.Statistics(timings: [("t", 1)], total: 2, peak: 3)
      for statistics in [nil, statistics] {
        let (bytes, number) = Self.joined(
          try #require(
            AnswerParts(.matrix(series), annotations: annotations, statistics: statistics)))
        #expect(
          bytes
            == QueryResultJSON.answer(
              .matrix(series), annotations: annotations, statistics: statistics))
        #expect(number > 2 || count < 700)
      }
    }
  }

  @Test func `the parts of vectors and lists are theirs`() throws {
    let labels = (0..<10_001).map { Labels([("i", "\($0)")]) }
    let samples = labels.map {
      VectorSample(labels: $0, time: Timestamp(milliseconds: 1), value: .number(2))
    }
    let vector = try #require(AnswerParts(.vector(samples), annotations: []))
    #expect(Self.joined(vector).bytes == QueryResultJSON.answer(.vector(samples), annotations: []))
    let list = try #require(AnswerParts(labels, annotations: [Annotation(.warning, "w")]))
    let whole = QueryResultJSON.success(annotations: [Annotation(.warning, "w")]) { json in
      json.array { json in labels.forEach { QueryResultJSON.write($0, to: &json) } }
    }
    #expect(Self.joined(list).bytes == whole)
    #expect(AnswerParts(.vector(Array(samples.dropLast())), annotations: []) == nil)
  }

  private static func joined(_ parts: AnswerParts) -> (bytes: [UInt8], number: Int) {
    var (parts, bytes, number) = (parts, [UInt8](), 0)
    while let part = parts.next() {
      bytes += part
      number += 1
    }
    return (bytes, number)
  }
}
