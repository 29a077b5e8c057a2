import MetricModel
import PromQL

/// The series that a script has loaded so far.
struct ScriptStorage {
  private(set) var source = InMemorySeries([])
  /// The first load that went wrong; no evaluation after it means anything.
  private(set) var problem: String?
  private var columns: [Labels: SampleColumns] = [:]

  mutating func load(_ load: SeriesLoad, line: Int) {
    if let reason = load.problem { fail("the load at line \(line) is broken: \(reason)") }
    for series in load.series { append(series, step: load.step, line: line) }
    if load.makesHistograms {
      do {
        for series in try ClassicSeries.natives(of: load.series) {
          append(series, step: load.step, line: line)
        }
      } catch {
        fail("the load at line \(line) makes no native histograms: \(error)")
      }
    }
    source = InMemorySeries(
      columns.map { labels, samples in
        var stored = samples
        StoredHints.settle(&stored)
        return Series(labels: labels, samples: stored)
      })
  }

  private mutating func fail(_ reason: String) {
    problem = problem ?? reason
  }

  private mutating func append(_ series: NotatedSeries, step: Milliseconds, line: Int) {
    var samples = columns[series.labels] ?? SampleColumns()
    for (index, value) in series.values.enumerated() {
      let (time, overflow) = step.count.multipliedReportingOverflow(by: Int64(index))
      guard !overflow else { return fail("the load at line \(line) goes past the end of time") }
      let start = index < series.startOffsets.count ? series.startOffsets[index] : nil
      guard samples.append(value, time: time, startTime: start.map { time &+ $0.count } ?? 0)
      else { return fail("the load at line \(line) has samples before those of an earlier load") }
    }
    columns[series.labels] = samples
  }
}

extension SampleColumns {
  /// Adds a value behind all others; false when that isn't its place, and it isn't there already.
  fileprivate mutating func append(
    _ value: NotatedSeries.Value, time: Int64, startTime: Int64
  ) -> Bool {
    let last = max(timestamps.last ?? .min, histograms.timestamps.last ?? .min)
    let timestamp = Timestamp(milliseconds: time)
    switch value {
    case .omitted: return true
    case .number(let number):
      if time > last {
        append(timestamp, number, startTime: startTime)
        return true
      }
      let known = timestamps.lastIndex(of: time).map { values[$0] }
      return known?.bitPattern == number.bitPattern
    case .histogram(let histogram, _):
      if time > last {
        histograms.append(timestamp, histogram, startTime: startTime)
        return true
      }
      return histograms.timestamps.lastIndex(of: time).map { histograms.values[$0] } == histogram
    }
  }
}

/// What a store remembers of counter resets: Prometheus keeps histograms in chunks within which
/// there is none, so that all samples of a chunk but the first are known not to follow a reset. Of
/// the first nothing is known.
enum StoredHints {
  static func settle(_ samples: inout SampleColumns) {
    let histograms = samples.histograms
    for index in histograms.values.indices where histograms.values[index].hint != .gauge {
      let continues =
        index > 0
        && sharesChunk(histograms.values[index], histograms.values[index - 1])
        && !holdsNumber(
          samples, after: histograms.timestamps[index - 1], before: histograms.timestamps[index])
      samples.histograms.values[index].hint = continues ? .notReset : .unknown
    }
  }

  /// A number between two histograms begins a chunk of its own, and a staleness marker ends one.
  private static func holdsNumber(
    _ samples: SampleColumns, after start: Int64, before end: Int64
  ) -> Bool {
    samples.timestamps.contains { $0 > start && $0 < end }
  }

  private static func sharesChunk(
    _ histogram: NativeHistogram, _ previous: NativeHistogram
  ) -> Bool {
    guard histogram.hint != .reset, previous.hint != .gauge,
      histogram.schema == previous.schema, histogram.zeroThreshold == previous.zeroThreshold,
      histogram.customBounds == previous.customBounds
    else { return false }
    var current = histogram
    current.hint = .unknown
    return !current.isReset(since: previous)
  }
}

/// `load_with_nhcb`: native histograms with custom buckets, made of classic ones.
enum ClassicSeries {
  /// The histograms of all series whose names end in `_bucket`, `_count` and `_sum`; at each time
  /// of whatever is there then.
  static func natives(
    of series: [NotatedSeries]
  ) throws(ClassicHistogramError) -> [NotatedSeries] {
    var gathered: [Labels: [Int: ClassicHistogram]] = [:]
    for one in series {
      guard let (part, base) = ClassicHistogram.Part.split(one.labels.metricName) else { continue }
      let bound = one.labels["le"].flatMap(BucketBound.parse)
      if part == .bucket && (bound == nil || bound?.isNaN == true) { continue }
      var builder = LabelsBuilder(one.labels)
      builder.set(Labels.metricName, base)
      builder.remove("le")
      for (index, value) in one.values.enumerated() {
        guard case .number(let number) = value else { continue }
        var histogram = gathered[builder.labels]?[index] ?? ClassicHistogram()
        switch part {
        case .bucket: if let bound { histogram.addBucket(through: bound, count: number) }
        case .count: histogram.count = number
        case .sum: histogram.sum = number
        }
        gathered[builder.labels, default: [:]][index] = histogram
      }
    }
    var result: [NotatedSeries] = []
    for (labels, histograms) in gathered.sorted(by: { $0.key < $1.key }) {
      var values: [NotatedSeries.Value] = []
      for index in 0...(histograms.keys.max() ?? 0) {
        guard let classic = histograms[index] else {
          values.append(.omitted)
          continue
        }
        values.append(.histogram(try classic.native(), isHintWritten: false))
      }
      result.append(NotatedSeries(labels: labels, values: values))
    }
    return result
  }
}
