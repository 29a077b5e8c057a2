import MetricModel
import TimeSeriesStore

/// SplitMix64: the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Doubles that try codecs: counters, decimals, full mantissas, staleness, NaNs with payloads,
  /// infinities, -0, subnormals.
  mutating func value() -> Double {
    switch next() % 12 {
    case 0...3: Double(Int64.random(in: -5...1000, using: &self))
    case 4...5: Double(Int64.random(in: -5000...5000, using: &self)) / 100
    case 6: Double.random(in: -1...1, using: &self)
    case 7: StaleMarker.value
    case 8: Double(bitPattern: 0x7ff8_0000_0000_0000 | next() >> 13)
    case 9: Double(bitPattern: next())
    case 10: [Double.infinity, -.infinity, -0.0, 0][Int(next() % 4)]
    default: Double.leastNonzeroMagnitude * Double(next() % 100)
    }
  }
}

/// One thing done to a store.
enum StoreOperation {
  case append(SampleBatch)
  case delete(SampleDeletion)
  case seal
  case maintain(Timestamp)
  case reopen
}

/// A deletion of one metric's samples.
struct SampleDeletion {
  var name: String
  var range: TimeRange

  var matchers: [LabelMatcher] { [LabelMatcher(Labels.metricName, equals: name)] }
}

/// A seeded life of a store: growing series, churn, late, repeated and contradicting samples.
func operations(
  seed: UInt64, count: Int, seriesMax: Int = 12, deletes: Bool = false, histograms: Bool = false
) -> [StoreOperation] {
  var random = SeededNumbers(seed)
  var now: Int64 = 1_700_000_000_000
  var sent: [(String, Int64, Double)] = []
  return (0..<count).map { _ in
    now += 15_000
    switch random.next() % 10 {
    case 0: return .seal
    case 1: return .maintain(Timestamp(milliseconds: now))
    case 2 where random.next() % 3 == 0: return .reopen
    case 3 where deletes:
      let name = "metric_\(random.next() % UInt64(seriesMax))_\(now / 400_000 % 3)"
      let start = Timestamp(milliseconds: now - Int64(random.next() % 600_000))
      let end = start.advanced(by: Milliseconds(Int64(random.next() % 700_000)))
      return .delete(SampleDeletion(name: name, range: TimeRange(after: start, through: end)))
    default: break
    }
    var rows: [(String, Int64, Double)] = []
    for _ in 0..<(1 + random.next() % 20) {
      let name = "metric_\(random.next() % UInt64(seriesMax))_\(now / 400_000 % 3)"
      let time = now + Int64(random.next() % 3)
      switch random.next() % 10 {
      case 0: rows.append((name, time - Int64(random.next() % 200_000), random.value()))
      case 1: rows.append((name, time - Int64(random.next() % 2_000_000), random.value()))
      case 2: if let old = sent.randomElement(using: &random) { rows.append(old) }
      case 3:
        if let old = sent.suffix(30).randomElement(using: &random) {
          rows.append((old.0, old.1, random.value()))
        }
      default: rows.append((name, time, random.value()))
      }
    }
    sent += rows
    guard histograms else { return .append(batch(rows)) }
    let isHistogram = rows.map { $0.2.isFinite && random.next() % 3 == 0 }
    return .append(batch(rows, isHistogram: isHistogram))
  }
}

/// A histogram that a number stands for: the same for the same number, of few layouts.
func histogram(_ value: Double) -> NativeHistogram {
  var random = SeededNumbers(value.bitPattern)
  let first = Int32(random.next() % 3) - 1
  let counts = (0..<(random.next() % 5)).map { _ in Double(random.next() % 1000) }
  if random.next() % 5 == 0 {
    return NativeHistogram(
      schema: NativeHistogram.customSchema, count: counts.reduce(0, +), sum: value,
      positive: HistogramBuckets(from: 0, counts), customBounds: [0.1, 0.5, 1, 5, 10])
  }
  return NativeHistogram(
    schema: Int32(random.next() % 2), zeroThreshold: 0.001, zeroCount: Double(random.next() % 3),
    count: counts.reduce(0, +) * 2, sum: value, positive: HistogramBuckets(from: first, counts),
    negative: HistogramBuckets(from: first &- 5, counts),
    hint: CounterResetHint(rawValue: UInt8(random.next() % 4)) ?? .unknown)
}

/// A batch of which some rows are histograms.
func batch(_ rows: [(String, Int64, Double)], isHistogram: [Bool]) -> SampleBatch {
  var batch = SampleBatch()
  for (row, isHistogram) in zip(rows, isHistogram) {
    let series = batch.addSeries(Labels([(Labels.metricName, row.0)]))
    let time = Timestamp(milliseconds: row.1)
    if isHistogram {
      batch.append(HistogramRow(series: series, time: time, histogram: histogram(row.2)))
    } else {
      batch.append(series: series, time, row.2)
    }
  }
  return batch
}

/// The rows of a batch in the order in which a store takes them.
private func rows(of batch: SampleBatch) -> [(name: String, time: Int64, sample: StoredSample)] {
  let histograms = batch.histograms.map { row in
    (
      batch.labels[Int(row.series)].description, row.time.milliseconds,
      StoredSample.histogram(row.histogram)
    )
  }
  let numbers = (0..<batch.count).map { row in
    (
      batch.labels[Int(batch.series[row])].description, batch.timestamps[row],
      StoredSample.number(bits: batch.values[row].bitPattern)
    )
  }
  return histograms + numbers
}

extension SampleColumns {
  /// All samples by time.
  var samples: [Int64: StoredSample] {
    var result: [Int64: StoredSample] = [:]
    for (time, value) in zip(timestamps, values) { result[time] = .number(bits: value.bitPattern) }
    for (time, value) in zip(histograms.timestamps, histograms.values) {
      result[time] = .histogram(value)
    }
    return result
  }

  init(_ samples: [Int64: StoredSample]) {
    self.init()
    for (time, sample) in samples.sorted(by: { $0.key < $1.key }) {
      switch sample {
      case .number(let bits):
        append(Timestamp(milliseconds: time), Double(bitPattern: bits))
      case .histogram(let value):
        histograms.append(Timestamp(milliseconds: time), value)
      }
    }
  }
}

/// What a store must answer, kept the plain way.
struct ReferenceStore {
  private(set) var series: [String: [Int64: StoredSample]] = [:]
  private let lateWindow: Int64

  init(_ contents: [String: SampleColumns] = [:], lateWindow: Milliseconds) {
    self.lateWindow = lateWindow.count
    series = contents.mapValues(\.samples)
  }

  /// Stores what fits; answers (accepted, duplicates, conflicts, too old).
  mutating func append(_ batch: SampleBatch) -> [Int] {
    var counts = [0, 0, 0, 0]
    for (name, time, sample) in rows(of: batch) {
      let newest = series[name]?.keys.max()
      if let newest, newest - time > lateWindow {
        counts[3] += 1
      } else if let stored = series[name]?[time] {
        counts[stored == sample ? 1 : 2] += 1
      } else {
        series[name, default: [:]][time] = sample
        counts[0] += 1
      }
    }
    return counts
  }

  mutating func delete(_ deletion: SampleDeletion) {
    let kept = series[deletion.name]?.filter { time, _ in
      !deletion.range.contains(Timestamp(milliseconds: time))
    }
    series[deletion.name] = kept?.isEmpty == true ? nil : kept
  }

  var contents: [String: SampleColumns] { series.mapValues { SampleColumns($0) } }

  /// Whether `found` has everything of this store, and nothing that `other` lacks.
  func isWithin(_ found: [String: SampleColumns], notBeyond tried: TriedSamples) -> Bool {
    for (name, samples) in series {
      guard let stored = found[name]?.samples else { return false }
      for (time, sample) in samples where stored[time] != sample { return false }
    }
    for (name, columns) in found {
      for (time, sample) in columns.samples where !tried.contains(name, time, sample) {
        return false
      }
    }
    return true
  }
}

/// Options under which little samples go a long way.
func tinyOptions(_ access: StoreOptions.Access = .creating) -> StoreOptions {
  var options = StoreOptions()
  options.access = access
  options.sealing.samplesMax = 40
  options.sealing.samplesPerSeriesMin = 0
  options.compaction.fanIn = 2
  return options
}

/// Every sample that was ever handed to a store.
struct TriedSamples {
  private var samples: [String: [Int64: [StoredSample]]] = [:]

  mutating func add(_ batch: SampleBatch) {
    for (name, time, sample) in rows(of: batch) {
      samples[name, default: [:]][time, default: []].append(sample)
    }
  }

  mutating func remove(_ deletion: SampleDeletion) {
    samples[deletion.name] = samples[deletion.name]?.filter { time, _ in
      !deletion.range.contains(Timestamp(milliseconds: time))
    }
  }

  func contains(_ name: String, _ time: Int64, _ sample: StoredSample) -> Bool {
    samples[name]?[time]?.contains(sample) ?? false
  }
}
