internal import MetricModel
internal import Synchronization

/// Reads what a store has acknowledged, in its order, from a place that outlives the process.
///
///     var follower = try store.follow(["mimir"])[0]
///     while let rows = try follower.next(rowsMax: 2000) {
///       try follower.announce(rows.end)
///       send(rows.batch)                       // as often as it takes
///       try follower.acknowledge(rows.end)
///     }
///
/// After a restart it goes on behind what it acknowledged last, so a row is read once or, when the
/// process dies between sending and acknowledging, twice. What was announced then comes as one
/// piece again, the same rows and no others: a receiver that refuses what it has already refuses
/// nothing else with it.
package struct LogFollower: Sendable {
  package let name: String
  private let store: Store
  /// Rows of frames before it are known to have been acknowledged.
  private let start: LogPlace
  /// Where the next frame begins.
  private var place: LogPlace
  /// The end of what was being sent when the process before ended.
  private var announced: LogPlace?
  /// The state of the log at `place`: for each series its labels and the bits of its last value.
  private var labels: [Labels] = []
  private var previous: [UInt64] = []
  /// The number of logs that were gone before they were read.
  package private(set) var lostLogs = 0

  init(_ name: String, of store: Store, _ record: FollowerRecord) {
    self.name = name
    self.store = store
    start = record.place
    announced = record.announced
    place = LogPlace(generation: start.generation, offset: 0)
  }

  /// How far behind the end reading is, in bytes of the newest log; nil when it is in an older one.
  package var lagBytes: Int? {
    let end = store.logEnd
    return end.generation == place.generation ? max(0, end.offset - place.offset) : nil
  }

  /// The next frames with `rowsMax` rows or a few more; nil when everything was read.
  ///
  /// - Throws: `.damaged` for a log that isn't what was written.
  package mutating func next(rowsMax: Int) throws(StoreError) -> FollowedRows? {
    let newest = store.logEnd
    let end = announced.map { min($0, newest) } ?? newest
    let rowsMax = announced == nil ? rowsMax : .max
    defer { announced = nil }
    var rows = FollowedRowsBuilder()
    while rows.count < rowsMax, place < end {
      let bytes: MappedBytes?
      do throws(FileError) { bytes = try store.log(place.generation) } catch {
        throw StoreError(error)
      }
      guard let bytes else {
        try skipLostLog()
        continue
      }
      let isNewest = place.generation == end.generation
      let limit = isNewest ? min(end.offset, bytes.count) : bytes.count
      try read(bytes, upTo: limit, rowsMax: rowsMax, into: &rows)
      guard place.offset >= limit else { continue }
      if isNewest { break }
      begin(place.generation + 1)
    }
    return rows.isEmpty ? nil : FollowedRows(batch: rows.batch, end: place)
  }

  /// What is about to be sent ends there.
  package func announce(_ end: LogPlace) throws(StoreError) {
    try store.announce(end, of: name)
  }

  /// Everything before `end` has arrived; it isn't read again.
  package func acknowledge(_ end: LogPlace) throws(StoreError) {
    try store.acknowledge(end, of: name)
  }

  private mutating func begin(_ generation: UInt64) {
    place = LogPlace(generation: generation, offset: 0)
    labels = []
    previous = []
  }

  private mutating func skipLostLog() throws(StoreError) {
    do throws(FileError) {
      // Only a log that nothing was written to yet has no file and is no loss.
      let next = try store.oldestLog(from: place.generation + 1)
      lostLogs += 1
      begin(next ?? store.logEnd.generation)
    } catch { throw StoreError(error) }
  }

  private mutating func read(
    _ bytes: MappedBytes, upTo limit: Int, rowsMax: Int, into rows: inout FollowedRowsBuilder
  ) throws(StoreError) {
    let file = store.layout.log(place.generation)
    if place.offset == 0 {
      if let fault = LogHeader.fault(in: bytes, generation: place.generation) {
        throw .damaged(file: file, offset: 0, finding: fault)
      }
      place.offset = LogHeader.size
    }
    while place.offset < limit, rows.count < rowsMax {
      switch LogFrame.inspect(bytes, at: place.offset, generation: place.generation) {
      case .broken(let fault):
        throw .damaged(file: file, offset: place.offset, finding: fault.finding)
      case .frame(let found):
        let entry: LogEntry
        do throws(Damage) {
          var cursor = try bytes.cursor(in: found.payload)
          entry = try LogEntry(&cursor, found.kind, previous: &previous)
        } catch { throw StoreError(error, in: file) }
        labels += entry.rows.newSeries
        if place >= start { rows.add(entry, labels) }
        place.offset = found.payload.upperBound
      }
    }
    rows.endFrames()
  }
}

/// Frames of one log as a batch.
private struct FollowedRowsBuilder {
  private(set) var batch = SampleBatch()
  /// For series of the log their number in the batch.
  private var numbers: [UInt32: UInt32] = [:]

  var count: Int { batch.count + batch.histograms.count }
  var isEmpty: Bool { batch.isEmpty }

  /// Numbers of the next log mean other series.
  mutating func endFrames() { numbers.removeAll(keepingCapacity: true) }

  mutating func add(_ entry: LogEntry, _ labels: [Labels]) {
    // Histograms come before numbers, as in the store.
    for row in entry.histograms {
      batch.append(
        HistogramRow(
          series: number(row.series, labels), time: Timestamp(milliseconds: row.time),
          histogram: row.histogram))
    }
    let rows = entry.rows
    for row in rows.series.indices {
      batch.append(
        series: number(rows.series[row], labels), Timestamp(milliseconds: rows.timestamps[row]),
        rows.values[row])
    }
    for one in entry.exemplars {
      batch.append(ExemplarRow(series: batch.addSeries(one.series), exemplar: one.exemplar))
    }
    for family in entry.metadata { batch.append(family) }
  }

  private mutating func number(_ series: UInt32, _ labels: [Labels]) -> UInt32 {
    if let known = numbers[series] { return known }
    let number = batch.addSeries(labels[Int(series)])
    numbers[series] = number
    return number
  }
}
