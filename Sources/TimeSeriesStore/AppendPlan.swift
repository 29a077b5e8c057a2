internal import MetricModel

/// Decides which rows of some batches are stored, before anything is written.
///
/// The plan marks the series table as it goes, so that later rows see earlier ones; `undo` takes
/// the marks back when the log refuses the rows.
struct AppendPlan {
  private(set) var rows = LogRows()
  private(set) var outcomes: [AppendOutcome] = []
  private let lateWindow: Milliseconds
  private let entriesBefore: Int
  private let seriesBefore: Int
  /// The samples stored before, looked into only for rows that aren't the newest of their series.
  private let past: () -> StoreSnapshot
  private var openedPast: StoreSnapshot?
  /// For each row the entry of its series and what was the newest time there.
  private var marks: [(entry: Int, newest: Int64?)] = []
  private var numbered: [Int] = []
  /// The planned values by series and time, once a late row asks for them.
  private var plannedBits: [RowKey: UInt64]?

  private struct RowKey: Hashable {
    var series: UInt32
    var time: Int64
  }

  /// - Parameter seriesCount: the number of series in the active head.
  init(
    _ table: SeriesTable, seriesCount: Int, lateWindow: Milliseconds,
    past: @escaping () -> StoreSnapshot
  ) {
    entriesBefore = table.entries.count
    seriesBefore = seriesCount
    self.lateWindow = lateWindow
    self.past = past
  }

  /// Plans the rows of one batch; its outcome is added to `outcomes`.
  mutating func add(_ batch: SampleBatch, _ table: inout SeriesTable) throws(StoreError) {
    var outcome = AppendOutcome()
    var resolved = [Int](repeating: -1, count: batch.labels.count)
    for row in 0..<batch.count {
      let slot = Int(batch.series[row])
      if resolved[slot] < 0 { resolved[slot] = try resolve(batch.labels[slot], &table) }
      let entry = resolved[slot]
      let time = batch.timestamps[row]
      let value = batch.values[row]
      if let newest = table.entries[entry].newest, time <= newest {
        try addLate(entry, time, value, newest: newest, &table, &outcome)
      } else {
        accept(entry, time, value, &table)
        outcome.accepted += 1
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
  /// The active head needn't be asked: the table knows all its series.
  private mutating func resolve(
    _ labels: Labels, _ table: inout SeriesTable
  ) throws(StoreError) -> Int {
    if let known = table.find(labels) { return known }
    return table.add(labels, newest: try openPast().sealed.newestTime(of: labels))
  }

  private mutating func accept(
    _ entry: Int, _ time: Int64, _ value: Double, _ table: inout SeriesTable
  ) {
    let newest = table.entries[entry].newest
    let number: UInt32
    if let given = table.entries[entry].number {
      number = given
    } else {
      number = UInt32(seriesBefore + rows.newSeries.count)
      rows.newSeries.append(table.entries[entry].labels)
      numbered.append(entry)
      table.setNumber(entry, number)
    }
    marks.append((entry, newest))
    table.setNewest(entry, max(time, newest ?? time))
    rows.series.append(number)
    rows.timestamps.append(time)
    rows.values.append(value)
    plannedBits?[RowKey(series: number, time: time)] = value.bitPattern
  }

  private mutating func addLate(
    _ entry: Int, _ time: Int64, _ value: Double, newest: Int64, _ table: inout SeriesTable,
    _ outcome: inout AppendOutcome
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
    let bits: UInt64?
    if let planned = plannedValue(table.entries[entry].number, time) {
      bits = planned
    } else {
      bits = try storedBits(table.entries[entry], Timestamp(milliseconds: time))
    }
    switch bits {
    case value.bitPattern?: outcome.duplicates += 1
    case let stored?: refuse(.otherValue(bits: stored))
    case nil:
      accept(entry, time, value, &table)
      outcome.accepted += 1
    }
  }

  /// The bits that the store has for a series at a time.
  private mutating func storedBits(
    _ entry: SeriesTable.Entry, _ time: Timestamp
  ) throws(StoreError) -> UInt64? {
    let past = openPast()
    if let number = entry.number, let bits = try past.activeBits(of: number, at: time) {
      return bits
    }
    return try past.sealed.bits(of: entry.labels, at: time)
  }

  private mutating func plannedValue(_ number: UInt32?, _ time: Int64) -> UInt64? {
    guard let number else { return nil }
    if plannedBits == nil {
      plannedBits = [:]
      for row in rows.series.indices {
        let key = RowKey(series: rows.series[row], time: rows.timestamps[row])
        plannedBits?[key] = rows.values[row].bitPattern
      }
    }
    return plannedBits?[RowKey(series: number, time: time)]
  }

  private mutating func openPast() -> StoreSnapshot {
    if let openedPast { return openedPast }
    let opened = past()
    openedPast = opened
    return opened
  }
}
