import MetricModel
import TimeSeriesStore

/// Reads sealed series of different natures: nanoseconds and bytes a sample, one core.
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
        for index in 0..<series { try selection.read(index, in: .all, into: &columns) }
      }
      let total = Double(series * samples)
      let bytes = Double(view.statistics.blockSizeBytes) / total
      print(
        "  \(name): \(fixed(seconds * 1e9 / total)) ns, "
          + "\(fixed(total / seconds / 1e6)) M samples/s, \(fixed(bytes)) bytes a sample")
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
