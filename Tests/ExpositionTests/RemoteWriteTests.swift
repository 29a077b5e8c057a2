import MetricModel
import Testing

@testable import Exposition

@Suite struct RemoteWriteTests {
  private var example: SampleBatch {
    var batch = SampleBatch()
    let first = batch.addSeries(Labels([("__name__", "up"), ("job", "api"), ("ä", "ö")]))
    let second = batch.addSeries(Labels([("__name__", "x")]))
    batch.append(series: first, Timestamp(milliseconds: 1_700_000_000_123), 1.5)
    batch.append(series: first, Timestamp(milliseconds: -7), StaleMarker.value)
    batch.append(series: second, Timestamp(milliseconds: 0), -0.0)
    return batch
  }

  private func decode(_ message: [UInt8]) throws(WireError) -> SampleBatch {
    var decoder = RemoteWriteDecoder()
    return try decoder.decode(message)
  }

  @Test func `what is encoded is decoded bit for bit`() throws {
    let decoded = try decode(RemoteWrite.decompressed(RemoteWrite.encode(example)))
    #expect(decoded.labels == example.labels)
    #expect(decoded.series == example.series)
    #expect(decoded.timestamps == example.timestamps)
    #expect(decoded.values.map(\.bitPattern) == example.values.map(\.bitPattern))
  }

  @Test func `the declared size is refused before anything is decompressed`() {
    // A preamble that claims 1 GiB and nothing behind it.
    let bomb: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x04, 0x00]
    let error = #expect(throws: WireError.self) { try RemoteWrite.decompressed(bomb) }
    #expect(error == .tooLarge(declaredBytes: 1 << 30, limitBytes: 32 << 20))
  }

  @Test(arguments: [[], [0xff], [0x05, 0x00], Array("sNaPpY".utf8)] as [[UInt8]])
  func `a body that is not Snappy is refused`(_ body: [UInt8]) {
    let error = #expect(throws: WireError.self) { try RemoteWrite.decompressed(body) }
    #expect(error == .notSnappy)
  }

  /// One series: field 1 of the request, with `labels` as messages and one sample of zeros.
  private func request(_ labels: [(String, String)], after: [UInt8] = [0x12, 0x00]) -> [UInt8] {
    var series: [UInt8] = []
    for (name, value) in labels {
      let label =
        [0x0a, UInt8(name.utf8.count)] + Array(name.utf8) + [0x12, UInt8(value.utf8.count)]
        + Array(value.utf8)
      series += [0x0a, UInt8(label.count)] + label
    }
    series += after
    return [0x0a, UInt8(series.count)] + series
  }

  @Test func `unsorted labels are sorted and empty ones left out`() throws {
    let batch = try decode(request([("b", "2"), ("a", "1"), ("c", ""), ("__name__", "m")]))
    #expect(batch.labels.map(\.description) == [#"m{a="1", b="2"}"#])
  }

  @Test(arguments: [
    ([("a", "1")], #"series {a="1"}: the label __name__ is missing"#),
    ([("__name__", "")], "series {}: the label __name__ is missing"),
    ([("__name__", "m"), ("a", "1"), ("a", "2")], #"series m{a="2"}: label "a" appears twice"#),
    ([("__name__", "m"), ("", "1")], #"series m{""="1"}: a label without a name"#),
  ])
  func `a series that may not be stored is named`(
    _ labels: [(String, String)], _ message: String
  ) throws {
    let batch = try decode(request(labels))
    #expect(batch.isEmpty)
    #expect(batch.refusals.map(\.reason) == [message])
  }

  @Test func `labels are remembered between requests, and forgotten when there are too many`()
    throws
  {
    var decoder = RemoteWriteDecoder(rememberedBytesMax: 1000)
    for round in 0..<3 {
      for index in 0..<200 {
        let name = "m\(index)"
        let batch = try decoder.decode(request([("__name__", name), ("a", "b")]))
        #expect(batch.labels.map(\.description) == ["\(name){a=\"b\"}"], "round \(round)")
      }
    }
  }

  /// Everything a batch can carry.
  private var everything: SampleBatch {
    var batch = example
    let series = batch.addSeries(Labels([("__name__", "latency_seconds"), ("job", "api")]))
    let time = Timestamp(milliseconds: 1_700_000_000_000)
    let histograms = [
      NativeHistogram(
        schema: 3, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 5.5,
        positive: HistogramBuckets(indices: [-3, -2, 7], [1, 0, 4]),
        negative: HistogramBuckets(indices: [1], [5]), hint: .notReset),
      NativeHistogram(count: 0.5, sum: -1, positive: HistogramBuckets(from: 0, [0.5])),
      NativeHistogram(count: 3, sum: .nan, positive: HistogramBuckets(from: 0, [1, 1])),
      NativeHistogram(
        schema: -53, count: 3, sum: 4, positive: HistogramBuckets(from: 1, [1, 2]),
        customBounds: [0.5, 1, 2.5], hint: .gauge),
      NativeHistogram(),
    ]
    for (index, histogram) in histograms.enumerated() {
      batch.append(
        HistogramRow(
          series: series, time: time.advanced(by: .seconds(Int64(index))), histogram: histogram))
    }
    let trace = Labels([("trace_id", "abc")])
    batch.append(
      ExemplarRow(series: series, exemplar: Exemplar(labels: trace, value: 0.25, time: time)))
    batch.append(
      MetricMetadata(
        family: "latency_seconds", type: .histogram, unit: "seconds", help: "How long."))
    return batch
  }

  @Test(arguments: RemoteWriteVersion.allCases)
  func `histograms, exemplars and metadata arrive as sent`(version: RemoteWriteVersion) throws {
    let sent = everything
    var decoder = RemoteWriteDecoder()
    let message = try RemoteWrite.decompressed(RemoteWrite.encode(sent, version))
    for _ in 0..<2 {
      let batch = try decoder.decode(message, version)
      #expect(batch.labels == sent.labels)
      #expect(batch.timestamps == sent.timestamps && batch.series == sent.series)
      #expect(batch.values.map(\.bitPattern) == sent.values.map(\.bitPattern))
      #expect(batch.histograms == sent.histograms)
      #expect(batch.exemplars == sent.exemplars)
      #expect(batch.metadata == sent.metadata)
      #expect(batch.startTimes.isEmpty)
    }
  }

  @Test func `a series' own labels say its type and unit, before the metadata`() throws {
    var sent = SampleBatch()
    let own = [("__type__", "gauge"), ("__unit__", "bytes")]
    for labels in [own, [own[0]], []] {
      let series = sent.addSeries(Labels([("__name__", "m\(labels.count)")] + labels))
      sent.append(series: series, Timestamp(milliseconds: 1), 1)
      sent.append(
        MetricMetadata(family: "m\(labels.count)", type: .counter, unit: "s", help: "What it is."))
    }
    var decoder = RemoteWriteDecoder()
    let batch = try decoder.decode(RemoteWrite.decompressed(RemoteWrite.encode(sent, .v2)), .v2)
    #expect(batch.labels == sent.labels)
    #expect(
      batch.metadata == [
        MetricMetadata(family: "m2", type: .gauge, unit: "bytes", help: "What it is."),
        MetricMetadata(family: "m1", type: .gauge, help: "What it is."),
        MetricMetadata(family: "m0", type: .counter, unit: "s", help: "What it is."),
      ])
  }

  @Test func `start times travel with version 2`() throws {
    var sent = SampleBatch()
    let series = sent.addSeries(Labels([("__name__", "c_total")]))
    let start = Timestamp(milliseconds: 1_699_999_999_999)
    sent.append(series: series, Timestamp(milliseconds: 1), 1)
    sent.append(series: series, Timestamp(milliseconds: 2), 2, startTime: start)
    sent.append(
      HistogramRow(
        series: series, time: Timestamp(milliseconds: 3), startTime: start,
        histogram: NativeHistogram()))
    var decoder = RemoteWriteDecoder()
    let batch = try decoder.decode(RemoteWrite.decompressed(RemoteWrite.encode(sent, .v2)), .v2)
    #expect(batch.startTimes == [0, 1_699_999_999_999])
    #expect(batch.histograms == sent.histograms)
  }

  @Test func `where a series of histograms ends there is a number`() throws {
    var sent = SampleBatch()
    let series = sent.addSeries(Labels([("__name__", "h")]))
    let row = HistogramRow(
      series: series, time: Timestamp(milliseconds: 7), histogram: .staleMarker)
    sent.append(row)
    let batch = try decode(RemoteWrite.decompressed(RemoteWrite.encode(sent)))
    #expect(batch.values.map(\.isStaleMarker) == [true] && batch.histograms.isEmpty)
  }

  @Test(arguments: RemoteWriteVersion.allCases)
  func `a histogram that makes no sense is left out and told with its series`(
    version: RemoteWriteVersion
  ) throws {
    var sent = SampleBatch()
    let series = sent.addSeries(Labels([("__name__", "h")]))
    let broken = NativeHistogram(count: 1.5, positive: HistogramBuckets(from: 0, [-1, 2.5]))
    sent.append(
      HistogramRow(series: series, time: Timestamp(milliseconds: 7), histogram: broken))
    sent.append(series: series, Timestamp(milliseconds: 8), 1)
    var decoder = RemoteWriteDecoder()
    let batch = try decoder.decode(
      RemoteWrite.decompressed(RemoteWrite.encode(sent, version)), version)
    #expect(lines(of: batch) == ["h 1 8"] && batch.histograms.isEmpty)
    var expected = RowRefusal(
      "series h: positive side: bucket number 1 has observation count of -1: histogram has a "
        + "bucket whose observation count is negative")
    expected.histograms = 1
    #expect(batch.refusals == [expected])
  }

  @Test(arguments: RemoteWriteVersion.allCases)
  func `a series without a name doesn't refuse the others`(version: RemoteWriteVersion) throws {
    var sent = SampleBatch()
    let nameless = sent.addSeries(Labels([("job", "a")]))
    let good = sent.addSeries(Labels([("__name__", "good")]))
    for time in [Int64(1), 2] {
      sent.append(series: nameless, Timestamp(milliseconds: time), 1)
      sent.append(series: good, Timestamp(milliseconds: time), 2)
    }
    sent.append(
      ExemplarRow(
        series: nameless,
        exemplar: Exemplar(labels: .empty, value: 1, time: Timestamp(milliseconds: 1))))
    var decoder = RemoteWriteDecoder()
    let batch = try decoder.decode(
      RemoteWrite.decompressed(RemoteWrite.encode(sent, version)), version)
    #expect(lines(of: batch) == ["good 2 1", "good 2 2"])
    #expect(batch.refusals.map(\.samples) == [2] && batch.refusals.map(\.exemplars) == [1])
  }

  @Test(arguments: [
    ("", RemoteWriteVersion.v1), ("application/x-protobuf", .v1),
    ("application/x-protobuf;proto=prometheus.WriteRequest", .v1),
    ("application/x-protobuf; proto=io.prometheus.write.v2.Request", .v2),
  ])
  func `the content type tells the version`(type: String, version: RemoteWriteVersion) throws {
    #expect(try RemoteWriteVersion(contentType: type) == version)
  }

  @Test(arguments: ["application/json", "application/x-protobuf;proto=other.Request"])
  func `other content types are refused`(type: String) {
    #expect(throws: UnacceptableWrite.self) { try RemoteWriteVersion(contentType: type) }
  }

  @Test(arguments: 0..<20)
  func `damaged requests of version 2 are an error or a batch`(_ seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let message = try RemoteWrite.decompressed(RemoteWrite.encode(everything, .v2))
    var decoder = RemoteWriteDecoder()
    for _ in 0..<200 {
      let bytes = damaged(message, using: &generator)
      if let batch = try? decoder.decode(bytes, .v2) {
        #expect(batch.series.allSatisfy { Int($0) < batch.labels.count }, "seed \(seed)")
      }
    }
  }

  @Test func `unknown fields are passed over`() throws {
    let metadata: [UInt8] = [0x22, 0x02, 0x08, 0x01]
    let fixed: [UInt8] = [0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x78, 0x05]
    let series = request([("__name__", "m")], after: [0x2a, 0x00, 0x12, 0x00])
    #expect(try decode(metadata + fixed + series).count == 1)
  }

  @Test func `a message cut short is refused with its place`() {
    let error = #expect(throws: WireError.self) {
      try decode([0x0a, 0x05, 0x0a])
    }
    #expect(
      error?.description
        == "decoding the request: a field exceeds its message at byte 2, "
        + "expected a prometheus.WriteRequest of remote write 1.0")
  }

  @Test(arguments: 0..<20)
  func `damaged messages are an error or a batch, never a crash`(_ seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let body = RemoteWrite.encode(example)
    let size = try #require(Snappy.declaredSize(of: body))
    let message = try #require(Snappy.decompress(body, size: size))
    for _ in 0..<200 {
      if let batch = try? decode(damaged(message, using: &generator)) {
        #expect(batch.series.allSatisfy { Int($0) < batch.labels.count }, "seed \(seed)")
      }
      if let changed = try? RemoteWrite.decompressed(damaged(body, using: &generator)),
        let batch = try? decode(changed)
      {
        #expect(batch.count == batch.timestamps.count, "seed \(seed)")
      }
    }
  }
}
