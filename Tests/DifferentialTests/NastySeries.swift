import MetricModel

/// Series made to trouble an evaluator: resets, gaps, endings and new beginnings, NaN, infinities,
/// tiny and huge numbers, partners missing in joins.
///
/// Samples stand on a grid of five seconds. Queries are evaluated a millisecond beside it and take
/// windows that are no multiple of it, so no sample is ever at the left border of a window:
/// whether it belongs to it is what Prometheus 3 changed. Counters stay far above zero, also
/// after resets: towards zero Prometheus 2.51 changed the extrapolation of `rate`.
struct NastySeries {
  static let start: Int64 = 1_700_000_000_000
  static let gridMilliseconds: Int64 = 5000
  static let gridCount = 1080

  private(set) var series: [Series] = []

  init(seed: UInt64) {
    var generator = SplitMix(state: seed)
    for job in ["api", "db"] {
      for instance in 0..<3 {
        let own = [("job", job), ("instance", "i\(instance)")]
        for code in ["200", "500"] where !(job == "db" && code == "500" && instance == 2) {
          add("requests_total", own + [("code", code)], Self.counter(&generator), &generator)
        }
        add("temperature", own, Self.gauge(&generator), &generator)
        add("info", own + [("version", "v\(instance % 2)")], { _ in 1 }, &generator)
        if instance < 2 { add("sparse", own, Self.gauge(&generator), &generator, gaps: 0.02) }
      }
      histogram([("job", job)], &generator)
    }
  }

  private typealias Values = (Int) -> Double

  private mutating func add(
    _ name: String, _ labels: [(String, String)], _ values: Values,
    _ generator: inout SplitMix, gaps: Double = 0.004
  ) {
    var columns = SampleColumns()
    var silentUntil = generator.chance(0.3) ? generator.below(300) : 0
    let every = [1, 3, 3, 6][generator.below(4)]
    for index in 0..<Self.gridCount {
      if index < silentUntil || index % every != 0 {
        // A few grid places beside the usual ones, so that distances vary.
        guard index >= silentUntil, generator.chance(0.02) else { continue }
      }
      let time = Timestamp(milliseconds: Self.start + Int64(index) * Self.gridMilliseconds)
      if generator.chance(gaps) {
        // A silence, half of them announced by a marker; some longer than the lookback.
        if generator.chance(0.5) { columns.append(time, StaleMarker.value) }
        silentUntil = index + 1 + generator.below(100)
        continue
      }
      columns.append(time, values(index))
    }
    series.append(Series(labels: Labels([("__name__", name)] + labels), samples: columns))
  }

  private static func counter(_ generator: inout SplitMix) -> Values {
    var level = 5e6 + Double(generator.below(1_000_000))
    var values: [Double] = []
    for _ in 0..<gridCount {
      level += Double(generator.below(50)) * (generator.chance(0.1) ? 17.25 : 1)
      if generator.chance(0.004) { level = 1e6 + Double(generator.below(100_000)) }
      values.append(level)
    }
    return { values[$0] }
  }

  private static func gauge(_ generator: inout SplitMix) -> Values {
    let rare: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, Double.leastNonzeroMagnitude * 12_345, 1e17, -1e17, 1,
    ]
    var values: [Double] = []
    for index in 0..<gridCount {
      let wave = Double((index * 37) % 101) / 7 - 6
      values.append(
        generator.chance(0.02)
          ? rare[generator.below(rare.count)] : wave + generator.unit() * 3)
    }
    return { values[$0] }
  }

  private mutating func histogram(_ labels: [(String, String)], _ generator: inout SplitMix) {
    let bounds = ["0.1", "0.5", "1", "2.5", "+Inf"]
    var counts = [Double](repeating: 2e5, count: bounds.count)
    var columns = [[Double]](repeating: [], count: bounds.count)
    for _ in 0..<Self.gridCount {
      for bucket in counts.indices { counts[bucket] += Double(generator.below(9)) }
      var total = 0.0
      for bucket in counts.indices {
        total += counts[bucket]
        columns[bucket].append(total)
      }
    }
    for (bucket, bound) in bounds.enumerated() {
      var samples = SampleColumns()
      for (index, value) in columns[bucket].enumerated() where index % 3 == 0 {
        samples.append(
          Timestamp(milliseconds: Self.start + Int64(index) * Self.gridMilliseconds), value)
      }
      let all = [("__name__", "latency_bucket"), ("le", bound)] + labels
      series.append(Series(labels: Labels(all), samples: samples))
    }
  }

  /// All samples by time, as a server must get them, in batches of some hundred.
  var batches: [SampleBatch] {
    var rows: [(time: Int64, series: Int, value: Double)] = []
    for (index, entry) in series.enumerated() {
      for (time, value) in zip(entry.samples.timestamps, entry.samples.values) {
        rows.append((time, index, value))
      }
    }
    rows.sort { ($0.time, $0.series) < ($1.time, $1.series) }
    var batches: [SampleBatch] = []
    for start in stride(from: 0, to: rows.count, by: 2000) {
      var batch = SampleBatch()
      let names = series.map { batch.addSeries($0.labels) }
      for row in rows[start..<min(start + 2000, rows.count)] {
        batch.append(
          series: names[row.series], Timestamp(milliseconds: row.time), row.value)
      }
      batches.append(batch)
    }
    return batches
  }

  /// The series as the `load` command of test scripts, time zero being the start.
  func script(of names: Set<String>) -> String {
    var lines = ["load 5s"]
    for entry in series where names.contains(entry.labels.metricName) {
      var values = [String](repeating: "_", count: Self.gridCount)
      for (time, value) in zip(entry.samples.timestamps, entry.samples.values) {
        let place = Int((time - Self.start) / Self.gridMilliseconds)
        values[place] = value.isStaleMarker ? "stale" : NumberText.json(value)
      }
      lines.append("  \(entry.labels) \(values.joined(separator: " "))")
    }
    return lines.joined(separator: "\n")
  }
}

/// Sebastiano Vigna's SplitMix64: small, seeded, the same everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

extension NastySeries {
  /// The same series with each value changed in its last bits, equal values alike: what was equal,
  /// rose or was zero does so still, only rounding falls out otherwise. Means of values that cancel
  /// around 1e17 are an example: Prometheus 2.42 keeps a running mean, later ones a compensated
  /// sum.
  func shaken(seed: UInt64) -> [Series] {
    series.map { row in
      var row = row
      for index in row.samples.values.indices where row.samples.values[index].isFinite {
        var random = SplitMix(state: seed ^ row.samples.values[index].bitPattern)
        row.samples.values[index] *= 1 + Double(random.below(7) - 3) * 0x1p-50
      }
      return row
    }
  }
}
