import MetricModel
import Testing

@testable import Exposition

@Suite struct BlockWriterTests {
  /// Series of random numbers and histograms, in the order of labels.
  private func series(_ generator: inout SplitMix64) -> [Series] {
    (0..<Int.random(in: 1...6, using: &generator)).map { number in
      var samples = SampleColumns()
      var time = Int64.random(in: -1_000_000...1_700_000_000_000, using: &generator)
      var level = 0.0
      let kind = Int.random(in: 0..<4, using: &generator)
      for index in 0..<Int.random(in: 1...400, using: &generator) {
        time +=
          Bool.random(using: &generator) ? 15_000 : .random(in: 1...100_000_000, using: &generator)
        level += Double(Int.random(in: 0...9, using: &generator))
        let isHistogram = kind == 3 ? index % 90 > 40 : kind == 2
        if isHistogram {
          samples.histograms.append(
            Timestamp(milliseconds: time), histogram(level, index, &generator))
        } else {
          let odd = [
            Double.nan, .infinity, -0.0, StaleMarker.value, .random(in: 0...1, using: &generator),
          ]
          let value = kind == 0 ? level : odd.randomElement(using: &generator) ?? 0
          samples.append(Timestamp(milliseconds: time), value)
        }
      }
      return Series(labels: Labels([("__name__", "m"), ("n", "\(number)é")]), samples: samples)
    }
  }

  private func histogram(
    _ level: Double, _ index: Int, _ generator: inout SplitMix64
  ) -> NativeHistogram {
    if index % 100 > 80 {
      return NativeHistogram(
        schema: -53, count: level + 1, sum: level, positive: HistogramBuckets(from: 0, [1, level]),
        customBounds: [0.123, 1e6, -3].sorted(), hint: .gauge)
    }
    let noise = Double(Int.random(in: 0...3, using: &generator))
    let half = index % 50 == 7 ? 0.5 : 0
    return NativeHistogram(
      schema: index % 60 > 30 ? 3 : -1, zeroThreshold: index % 70 > 35 ? 0.001 : 0.5,
      zeroCount: half,
      count: level * 2 + noise + half, sum: level * 1.7,
      positive: HistogramBuckets(indices: [-9, 1, 2, 40], [level, 0, noise, 0]),
      negative: HistogramBuckets(from: -1, [level]))
  }

  /// Chunks know of resets only where they begin.
  private func withoutHints(_ series: Series) -> Series {
    var series = series
    series.samples.histograms.values = series.samples.histograms.values.map { histogram in
      var histogram = histogram
      if histogram.hint != .gauge { histogram.hint = .unknown }
      return histogram
    }
    return series
  }

  @Test(arguments: 0..<30)
  func `a written block reads back bit for bit`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let written = series(&generator)
    var writer = PrometheusBlockWriter(written.map(\.labels), segmentBytesMax: 4000)
    for series in written { writer.add(series) }
    let finished = writer.finish(ulid: "01")
    let files = try #require(finished)
    let block = try PrometheusBlock(
      index: files.index, segments: files.chunks, tombstones: files.tombstones)
    let read = try (0..<block.seriesCount).map { try block.series(at: $0) }
    #expect(read.map(withoutHints) == written.map(withoutHints), "seed \(seed)")
    let counts = written.map { $0.samples.count + $0.samples.histograms.count }
    #expect(files.meta.sampleCount == counts.reduce(0, +))
    #expect(try BlockMeta(files.meta.bytes) == files.meta)
  }

  @Test func `hints tell where a counter began anew`() throws {
    var samples = SampleColumns()
    for (index, level) in [1.0, 2, 3, 1, 2].enumerated() {
      samples.histograms.append(
        Timestamp(milliseconds: Int64(index)),
        NativeHistogram(count: level, positive: HistogramBuckets(from: 0, [level])))
    }
    var writer = PrometheusBlockWriter([Labels([("__name__", "h")])])
    writer.add(Series(labels: Labels([("__name__", "h")]), samples: samples))
    let finished = writer.finish(ulid: "01")
    let files = try #require(finished)
    let block = try PrometheusBlock(index: files.index, segments: files.chunks, tombstones: nil)
    let read = try block.series(at: 0).samples.histograms.values
    #expect(read.map(\.hint) == [.unknown, .notReset, .notReset, .unknown, .notReset])
    #expect(files.meta.chunkCount == 2)
  }

  @Test func `a block without samples is none`() {
    var writer = PrometheusBlockWriter([])
    let files = writer.finish(ulid: "01")
    #expect(files?.meta == nil)
  }

  @Test(arguments: [
    (0, UInt16(0), UInt64(0), "00000000000000000000000000"),
    (0xffff_ffff_ffff, .max, .max, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"),
    (1_469_918_176_385, 0, 1, "01ARYZ6S410000000000000001"),
  ])
  func `block names hold a time and randomness`(
    time: Int64, high: UInt16, low: UInt64, text: String
  ) {
    #expect(ULID.text(at: Timestamp(milliseconds: time), entropy: (high, low)) == text)
  }

  @Test(arguments: 0..<20)
  func `damaged chunks of histograms are an error or samples`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    for chunk in series(&generator).flatMap({ WrittenChunk.chunks(of: $0.samples) }) {
      for _ in 0..<20 {
        var columns = SampleColumns()
        let bytes = damaged(chunk.bytes, using: &generator)
        try? chunk.encoding.decode(BlockBytes(bytes, file: "f"), of: "s", onto: &columns)
        #expect(columns.count + columns.histograms.count <= 65_536, "seed \(seed)")
      }
    }
  }
}
