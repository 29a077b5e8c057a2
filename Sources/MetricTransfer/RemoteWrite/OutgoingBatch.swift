import MetricModel
import Scraping

/// Turns followed rows into what a receiver is to get: external labels added, series relabelled or
/// left out, split into requests.
struct OutgoingBatches {
  private let target: RemoteWriteTarget
  private let externalLabels: Labels
  /// What became of labels met before; nil for those left out.
  private var known: [Labels: Labels?] = [:]

  /// Beyond it all are made anew, so that churn doesn't fill memory.
  private static let knownMax = 500_000

  init(_ target: RemoteWriteTarget, externalLabels: Labels) {
    self.target = target
    self.externalLabels = externalLabels
  }

  /// What is to be sent of some rows.
  struct Division {
    /// For each shard its requests, in order. Rows of one series are all in one shard.
    var shards: [[SampleBatch]]
    /// Rows that aren't sent: left out by a rule, too old, or of a kind that isn't wanted.
    var dropped = 0
  }

  mutating func division(_ rows: SampleBatch, shards count: Int, now: Timestamp) -> Division {
    if known.count > Self.knownMax { known.removeAll() }
    let labels = rows.labels.map { outgoing($0) }
    var parts = [OutgoingShard](
      repeating: OutgoingShard(labels: labels, rowsMax: target.queue.samplesPerSend),
      count: max(1, count))
    let oldest = target.queue.sampleAgeMax.map { now.milliseconds - $0.count } ?? .min
    var dropped = 0
    func shard(_ series: UInt32) -> Int { Int(series) % parts.count }
    for row in rows.histograms {
      guard labels[Int(row.series)] != nil, row.time.milliseconds >= oldest,
        target.sendsNativeHistograms
      else {
        dropped += 1
        continue
      }
      parts[shard(row.series)].add(row)
    }
    for row in 0..<rows.count {
      let (series, time) = (rows.series[row], rows.timestamps[row])
      guard labels[Int(series)] != nil, time >= oldest else {
        dropped += 1
        continue
      }
      parts[shard(series)].add(series, time, rows.values[row])
    }
    for row in rows.exemplars where target.sendsExemplars && labels[Int(row.series)] != nil {
      parts[shard(row.series)].add(row)
    }
    return Division(shards: parts.map { $0.finished() }.filter { !$0.isEmpty }, dropped: dropped)
  }

  private mutating func outgoing(_ labels: Labels) -> Labels? {
    if let found = known[labels] { return found }
    var builder = LabelsBuilder(labels)
    for (name, value) in externalLabels.pairs where labels[name] == nil {
      builder.set(name, value)
    }
    let result = RelabelRule.apply(target.relabelings, to: builder.labels)
    let kept = result.flatMap { $0.isEmpty ? nil : $0 }
    known[labels] = .some(kept)
    return kept
  }
}

/// Requests of one shard as they fill.
private struct OutgoingShard {
  let labels: [Labels?]
  let rowsMax: Int
  private var done: [SampleBatch] = []
  private var current = SampleBatch()
  /// For series of the followed rows their number in the request being filled.
  private var numbers: [UInt32: UInt32] = [:]

  init(labels: [Labels?], rowsMax: Int) {
    self.labels = labels
    self.rowsMax = rowsMax
  }

  private mutating func number(_ series: UInt32) -> UInt32 {
    if let known = numbers[series] { return known }
    let number = current.addSeries(labels[Int(series)] ?? .empty)
    numbers[series] = number
    return number
  }

  private mutating func cutIfFull() {
    guard current.count + current.histograms.count + current.exemplars.count >= rowsMax else {
      return
    }
    done.append(current)
    current = SampleBatch()
    numbers.removeAll(keepingCapacity: true)
  }

  mutating func add(_ series: UInt32, _ time: Int64, _ value: Double) {
    cutIfFull()
    current.append(series: number(series), Timestamp(milliseconds: time), value)
  }

  mutating func add(_ row: HistogramRow) {
    cutIfFull()
    var row = row
    row.series = number(row.series)
    current.append(row)
  }

  mutating func add(_ row: ExemplarRow) {
    cutIfFull()
    var row = row
    row.series = number(row.series)
    current.append(row)
  }

  func finished() -> [SampleBatch] { current.isEmpty ? done : done + [current] }
}
