import CReferenceDecoder
import MetricModel
import TimeSeriesStore

/// Reads sealed series of different natures: nanoseconds and bytes a sample, one core. Beside it a
/// decoder in C of Gorilla's bits, which Prometheus has too, in chunks of the same length.
enum DecodingBenchmark {
  private static let series = 200
  private static let samples = 5760

  private typealias Nature = (name: String, next: @Sendable (inout UInt64, Double) -> Double)

  private static let natures: [Nature] = [
    ("integer counter", { state, last in last + Double(random(&state) % 200) }),
    ("slow counter", { state, last in random(&state) % 10 == 0 ? last + 1 : last }),
    ("constant", { _, _ in 1 }),
    ("decimal gauge", { state, _ in Double(random(&state) % 10_000) / 100 }),
    (
      "float sum",
      { state, last in last + Double(random(&state) % 1_000_000_007) / 1_000_000_007 }
    ),
    (
      "random gauge",
      { state, _ in Double(random(&state) >> 11) / 9_007_199_254_740_992 }
    ),
  ]

  static func run() throws {
    print("decoding, \(series) series of \(samples) samples 15 s apart, checks included")
    for (name, next) in natures {
      let store = try Store.open("db", on: MemoryFiles())
      try fill(store, next)
      try store.seal()
      let view = store.snapshot()
      var columns = SampleColumns()
      let selection = try view.select([], in: .all)
      let seconds = try ProcessorClock.least(rounds: 15) {
        let reader = selection.reader()
        for index in 0..<series { try reader.read(index, in: .all, into: &columns) }
      }
      let total = Double(series * samples)
      let bytes = Double(view.statistics.blockSizeBytes) / total
      print(
        "  \(name): \(fixed(seconds * 1e9 / total)) ns, "
          + "\(fixed(total / seconds / 1e6)) M samples/s, \(fixed(bytes)) bytes a sample; "
          + (try Reference(selection, series: series).line))
    }
  }

  /// The same samples as XOR bits.
  private struct Reference {
    private static let chunkSamples = 1024
    /// For each chunk its bytes and how many samples they hold.
    private var chunks: [(bytes: [UInt8], count: Int)] = []
    private var samples = 0
    private var sizeBytes = 0

    init(_ selection: any SeriesSelection, series: Int) throws {
      var columns = SampleColumns()
      for index in 0..<series {
        try selection.read(index, in: .all, into: &columns)
        for start in stride(from: 0, to: columns.count, by: Self.chunkSamples) {
          let rows = start..<min(start + Self.chunkSamples, columns.count)
          var bytes = [UInt8](repeating: 0, count: 18 * rows.count + 8)
          let size = unsafe reference_encode(
            Array(columns.timestamps[rows]), Array(columns.values[rows]), rows.count, &bytes)
          chunks.append((Array(bytes[..<(size + 8)]), rows.count))
          samples += rows.count
          sizeBytes += size
        }
      }
    }

    /// Decodes all, some times.
    var line: String {
      var times = [Int64](repeating: 0, count: Self.chunkSamples)
      var values = [Double](repeating: 0, count: Self.chunkSamples)
      let seconds = ProcessorClock.least(rounds: 5) {
        for (bytes, count) in chunks {
          unsafe reference_decode(bytes, count, &times, &values)
        }
      }
      return "XOR bits in C: \(fixed(Double(samples) / seconds / 1e6)) M samples/s, "
        + "\(fixed(Double(sizeBytes) / Double(samples))) bytes"
    }
  }

  private static func fill(
    _ store: Store, _ next: (inout UInt64, Double) -> Double
  ) throws {
    var state: UInt64 = 42
    for number in 0..<series {
      var columns = SampleColumns()
      var last = 0.0
      for sample in 0..<samples {
        last = next(&state, last)
        let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(sample) * 15_000)
        columns.append(time, last)
      }
      var batch = SampleBatch()
      batch.append(Labels([("__name__", "metric"), ("number", "\(number)")]), columns)
      _ = try store.append(batch)
    }
  }

  /// SplitMix64.
  private static func random(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
