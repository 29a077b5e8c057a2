internal import MetricModel

/// Decides which rows of some batches are stored, before anything is written.
///
/// The plan marks the series table as it goes, so that later rows see earlier ones; `undo` takes
/// the marks back when the log refuses the rows.
struct AppendPlan {
  private(set) var entry = LogEntry()
  private(set) var outcomes: [AppendOutcome] = []
  private let lateWindow: Milliseconds
  private let addsStartZeros: Bool
  private let entriesBefore: Int
  private let seriesBefore: Int
  private let seriesMax: Int
  /// The samples stored before, looked into only for rows that aren't the newest of their series.
  private let past: () -> StoreSnapshot
  private var openedPast: StoreSnapshot?
  /// For each row the entry of its series and what was the newest time there.
  private var marks: [(entry: Int, newest: Int64?)] = []
  private var numbered: [Int] = []
  /// The planned samples by series and time, once a late row asks for them.
  private var planned: [RowKey: StoredSample]?

  private struct RowKey: Hashable {
    var series: UInt32
    var time: Int64
  }

  /// - Parameters:
  ///   - seriesCount: the number of series in the active head.
  ///   - seriesMax: how many it may come to have.
  init(
    _ table: SeriesTable, seriesCount: Int, seriesMax: Int = .max, lateWindow: Milliseconds,
    addsStartZeros: Bool = false, past: @escaping () -> StoreSnapshot
  ) {
    self.seriesMax = seriesMax
    entriesBefore = table.entries.count
    seriesBefore = seriesCount
    self.lateWindow = lateWindow
    self.addsStartZeros = addsStartZeros
    self.past = past
  }

  /// Plans the rows of one batch; its outcome is added to `outcomes`.
  ///
  /// Histograms come before numbers: when a series ends, its staleness marker is a number.
  mutating func add(_ batch: SampleBatch, _ table: inout SeriesTable) throws(StoreError) {
    var outcome = AppendOutcome()
    var resolved = [Int](repeating: -1, count: batch.labels.count)
    for row in batch.histograms {
      let slot = Int(row.series)
      if resolved[slot] < 0 {
        guard let entry = try resolve(batch.labels[slot], &table) else {
          outcome.refuse(tooManySeries(batch.labels[slot], row.time))
          outcome.histogramsRefused += 1
          continue
        }
        resolved[slot] = entry
      }
      try add(row, resolved[slot], &table, &outcome)
    }
    let startTimes = addsStartZeros ? batch.startTimes : []
    for row in 0..<batch.count {
      let slot = Int(batch.series[row])
      let time = batch.timestamps[row]
      if resolved[slot] < 0 {
        guard let entry = try resolve(batch.labels[slot], &table) else {
          outcome.refuse(tooManySeries(batch.labels[slot], Timestamp(milliseconds: time)))
          continue
        }
        resolved[slot] = entry
      }
      let entry = resolved[slot]
      let value = batch.values[row]
      if let newest = table.entries[entry].newest, time <= newest {
        let sample = StoredSample.number(bits: value.bitPattern)
        try addLate(entry, time, sample, newest: newest, &table, &outcome)
      } else {
        if !startTimes.isEmpty {
          addZero(.number(bits: 0), entry, startTimes[row], before: time, &table, &outcome)
        }
        accept(entry, time, value, &table)
        outcome.accepted += 1
      }
    }
    outcomes.append(outcome)
  }

  /// Plans the exemplars and the metadata of a batch; its rows must have been planned just before.
  mutating func annotate(
    _ batch: SampleBatch, _ gate: inout ExemplarGate, _ metadata: MetadataTable,
    keepsExemplars: Bool
  ) {
    guard var outcome = outcomes.popLast() else { return }
    for row in batch.exemplars where keepsExemplars {
      let one = SeriesExemplar(series: batch.labels[Int(row.series)], exemplar: row.exemplar)
      switch gate.decide(one) {
      case .new:
        entry.exemplars.append(one)
        outcome.exemplars += 1
      case .known: break
      case .refused: outcome.exemplarsRefused += 1
      }
    }
    for family in batch.metadata {
      switch metadata.decide(family) {
      case .new:
        entry.metadata.append(family)
        outcome.metadata += 1
      case .known: break
      case .refused: outcome.metadataRefused += 1
      }
    }
    outcomes.append(outcome)
  }

  /// Lets go of the samples looked into, so that applying the plan needn't copy them.
  mutating func forgetPast() { openedPast = nil }

  /// Takes back what the plan did to the table.
  func undo(_ table: inout SeriesTable) {
    for mark in marks.reversed() { table.setNewest(mark.entry, mark.newest) }
    for entry in numbered { table.setNumber(entry, nil) }
    table.truncate(to: entriesBefore)
  }

  /// The table's entry of a series; new ones learn from the layers when their newest sample was.
  /// The active head needn't be asked: the table knows all its series. Nil for a series that the
  /// head has no room for; the table isn't burdened with it.
  private mutating func resolve(
    _ labels: Labels, _ table: inout SeriesTable
  ) throws(StoreError) -> Int? {
    let isFull = seriesBefore + entry.rows.newSeries.count >= seriesMax
    if let known = table.find(labels) {
      return isFull && table.entries[known].number == nil ? nil : known
    }
    guard !isFull else { return nil }
    return table.add(labels, newest: try openPast().sealed.newestTime(of: labels))
  }

  private func tooManySeries(_ labels: Labels, _ time: Timestamp) -> SampleRefusal {
    SampleRefusal(labels: labels, time: time, reason: .tooManySeries(limit: seriesMax))
  }

  private mutating func add(
    _ row: HistogramRow, _ entry: Int, _ table: inout SeriesTable,
    _ outcome: inout AppendOutcome
  ) throws(StoreError) {
    let refusedBefore = outcome.refused
    defer { outcome.histogramsRefused += outcome.refused - refusedBefore }
    let time = row.time.milliseconds
    let sample: StoredSample =
      row.histogram.isStaleMarker
      ? .number(bits: StaleMarker.value.bitPattern) : .histogram(row.histogram)
    guard row.histogram.isWellFormed else {
      outcome.refuse(
        SampleRefusal(
          labels: table.entries[entry].labels, time: row.time, reason: .malformedHistogram))
      return
    }
    if let newest = table.entries[entry].newest, time <= newest {
      try addLate(entry, time, sample, newest: newest, &table, &outcome)
    } else {
      if let start = row.startTime, addsStartZeros, !row.histogram.isStaleMarker {
        let zero = StoredSample.histogram(row.histogram.zero)
        addZero(zero, entry, start.milliseconds, before: time, &table, &outcome)
      }
      accept(entry, time, sample, &table)
      outcome.accepted += 1
    }
  }

  /// How long before a sample a counter may have begun to get a zero there: as Prometheus, whose
  /// head takes nothing older than half of a block.
  private static let startAgeMax = Milliseconds.hours(1)

  /// Adds the zero with which a counter began, in front of a sample newer than all of its series.
  ///
  /// Samples go on saying the same start, so a zero that isn't the newest of its series is there
  /// already, or comes too late.
  private mutating func addZero(
    _ zero: StoredSample, _ entry: Int, _ start: Int64, before time: Int64,
    _ table: inout SeriesTable, _ outcome: inout AppendOutcome
  ) {
    guard start > 0, start < time, time - start <= Self.startAgeMax.count else { return }
    if let newest = table.entries[entry].newest, start <= newest { return }
    accept(entry, start, zero, &table)
    outcome.startZeros += 1
  }

  private mutating func accept(
    _ entry: Int, _ time: Int64, _ sample: StoredSample, _ table: inout SeriesTable
  ) {
    switch sample {
    case .number(let bits): accept(entry, time, Double(bitPattern: bits), &table)
    case .histogram(let histogram):
      let number = take(entry, time, &table)
      self.entry.histograms.append(
        LogHistogram(series: number, time: time, histogram: histogram))
      planned?[RowKey(series: number, time: time)] = sample
    }
  }

  private mutating func accept(
    _ entry: Int, _ time: Int64, _ value: Double, _ table: inout SeriesTable
  ) {
    let number = take(entry, time, &table)
    self.entry.rows.series.append(number)
    self.entry.rows.timestamps.append(time)
    self.entry.rows.values.append(value)
    planned?[RowKey(series: number, time: time)] = .number(bits: value.bitPattern)
  }

  /// The number of a series in the log, which gets one now if it has none; marks its newest time.
  private mutating func take(
    _ entry: Int, _ time: Int64, _ table: inout SeriesTable
  ) -> UInt32 {
    let newest = table.entries[entry].newest
    let number: UInt32
    if let given = table.entries[entry].number {
      number = given
    } else {
      number = UInt32(seriesBefore + self.entry.rows.newSeries.count)
      self.entry.rows.newSeries.append(table.entries[entry].labels)
      numbered.append(entry)
      table.setNumber(entry, number)
    }
    marks.append((entry, newest))
    table.setNewest(entry, max(time, newest ?? time))
    return number
  }

  private mutating func addLate(
    _ entry: Int, _ time: Int64, _ sample: StoredSample, newest: Int64,
    _ table: inout SeriesTable, _ outcome: inout AppendOutcome
  ) throws(StoreError) {
    let labels = table.entries[entry].labels
    let end = Timestamp(milliseconds: newest)
    func refuse(_ reason: SampleRefusal.Reason) {
      outcome.refuse(
        SampleRefusal(
          labels: labels, time: Timestamp(milliseconds: time), reason: reason))
    }
    guard end.since(Timestamp(milliseconds: time)) <= lateWindow else {
      refuse(.tooOld(newest: end))
      return
    }
    let stored: StoredSample?
    if let planned = plannedSample(table.entries[entry].number, time) {
      stored = planned
    } else {
      stored = try storedSample(table.entries[entry], Timestamp(milliseconds: time))
    }
    guard let stored else {
      accept(entry, time, sample, &table)
      outcome.accepted += 1
      return
    }
    if stored == sample { outcome.duplicates += 1 } else { refuse(.otherValue(stored)) }
  }

  /// What the store has for a series at a time.
  private mutating func storedSample(
    _ entry: SeriesTable.Entry, _ time: Timestamp
  ) throws(StoreError) -> StoredSample? {
    let past = openPast()
    if let number = entry.number, let sample = try past.activeSample(of: number, at: time) {
      return sample
    }
    return try past.sealed.sample(of: entry.labels, at: time)
  }

  private mutating func plannedSample(_ number: UInt32?, _ time: Int64) -> StoredSample? {
    guard let number else { return nil }
    if planned == nil {
      var known: [RowKey: StoredSample] = [:]
      let rows = entry.rows
      for row in rows.series.indices {
        known[RowKey(series: rows.series[row], time: rows.timestamps[row])] =
          .number(bits: rows.values[row].bitPattern)
      }
      for one in entry.histograms {
        known[RowKey(series: one.series, time: one.time)] = .histogram(one.histogram)
      }
      planned = known
    }
    return planned?[RowKey(series: number, time: time)]
  }

  private mutating func openPast() -> StoreSnapshot {
    if let openedPast { return openedPast }
    let opened = past()
    openedPast = opened
    return opened
  }
}

extension NativeHistogram {
  /// Nothing counted yet, in the same buckets.
  fileprivate var zero: NativeHistogram {
    NativeHistogram(
      schema: schema, zeroThreshold: zeroThreshold, customBounds: customBounds, hint: .reset)
  }

  /// Whether it can be written and read back: buckets ascend, and aren't too many.
  fileprivate var isWellFormed: Bool {
    [positive.indices, negative.indices].allSatisfy { indices in
      indices.count <= HistogramColumn.bucketsMax
        && zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 }
    }
  }
}
