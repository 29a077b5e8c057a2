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
  ) {
    let error = #expect(throws: WireError.self) {
      try decode(request(labels))
    }
    #expect(error?.description == message)
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

  @Test func `native histograms are refused with a remedy`() {
    let error = #expect(throws: WireError.self) {
      try decode(request([("__name__", "m")], after: [0x22, 0x00]))
    }
    #expect(
      error?.description
        == "series m: native histograms are not stored, set send_native_histograms: false")
  }

  @Test func `unknown fields, exemplars and metadata are passed over`() throws {
    let metadata: [UInt8] = [0x1a, 0x02, 0x08, 0x01]
    let fixed: [UInt8] = [0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x78, 0x05]
    let series = request([("__name__", "m")], after: [0x1a, 0x00, 0x12, 0x00])
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
