package import MetricModel
internal import Synchronization

/// A durable store of time series in one directory.
///
///     let store = try Store.open("/var/lib/assay")
///     let outcome = try store.append(batch)     // on disk when this returns
///     let view = store.snapshot()               // immutable, conforms to SeriesSource
///     try store.maintain(now: now)              // seals when due
///     store.close()
///
/// Any number of threads may call it. Appends are written by one of the callers for all that wait:
/// one write and one sync for the group. Samples become visible once they are on disk.
package final class Store: Sendable {
  /// What opening found.
  package let report: OpenReport
  let layout: StoreLayout
  let files: any Files
  let options: StoreOptions
  private let lock: (any FileLock)?
  private let waiting = Mutex<[PendingAppend]>([])
  /// Held while a group is planned, written and synced. Taken before `current`.
  let writer: Mutex<StoreWriter>
  /// The layers that readers see; held only to copy or to change a few references and rows.
  let current: Mutex<StoreLayers>
  /// The place behind what was acknowledged last.
  let end: Mutex<LogPlace>
  let following = Mutex(Following())
  private let totals = Mutex(AppendTotals())
  /// Serialises what replaces layers. Taken before `writer`.
  let maintenance = Mutex(Maintenance())

  init(
    _ recovered: RecoveredStore, layout: StoreLayout, files: any Files, options: StoreOptions
  ) {
    report = recovered.report
    self.layout = layout
    self.files = files
    self.options = options
    lock = recovered.lock
    let canWrite = options.access != .readOnly
    writer = Mutex(
      StoreWriter(
        log: canWrite
          ? LogWriter(
            files, layout, generation: recovered.nextGeneration, options.durability) : nil,
        exemplarGate: ExemplarGate(recovered.exemplars)))
    var heads: [FrozenHead] = []
    if !recovered.head.isEmpty {
      heads.append(
        FrozenHead(
          head: recovered.head, generation: recovered.nextGeneration - 1,
          logSizeBytes: recovered.report.logSizeBytes))
    }
    end = Mutex(LogPlace(generation: recovered.nextGeneration, offset: 0))
    let layers = StoreLayers(
      blocks: recovered.blocks, frozen: heads, exemplars: recovered.exemplars,
      metadata: recovered.metadata)
    current = Mutex(layers)
  }

  /// Stores the rows that fit the store's rules and waits until they are on disk.
  ///
  /// A row that can't be stored doesn't keep others from being stored; the outcome says which.
  ///
  /// - Throws: `.full` when the disk is full (nothing was kept, later calls may succeed),
  ///   `.stopped` once an earlier failure left the end of the log unknown.
  package func append(_ batch: SampleBatch) throws(StoreError) -> AppendOutcome {
    let mine = PendingAppend(batch)
    waiting.withLock { $0.append(mine) }
    // Whoever gets the writer serves all that wait; the others find their answer when they get it.
    writer.withLock { writer in
      guard mine.answer == nil else { return }
      let group = waiting.withLock { queue in
        defer { queue.removeAll() }
        return queue
      }
      serve(group, &writer)
    }
    guard let answer = mine.answer else { throw .stopped(cause: "an append got no answer") }
    return try answer.get()
  }

  /// The samples on disk at this moment.
  package func snapshot() -> StoreSnapshot {
    current.withLock { $0.snapshot }
  }

  /// What became of all rows since the store was opened.
  package var appended: AppendTotals { totals.withLock { $0 } }

  /// Ends the use of the store: appends fail from now on, snapshots stay readable.
  package func close() {
    // Waits for maintenance, which still writes.
    maintenance.withLock { _ in
      writer.withLock { writer in
        writer.log?.close()
        writer.log = nil
      }
      lock?.release()
    }
  }
}

extension Store {
  /// Plans, writes, syncs and applies a group of batches, and answers each.
  private func serve(_ group: [PendingAppend], _ writer: inout StoreWriter) {
    do throws(StoreError) {
      if let stopped = writer.stopped { throw .stopped(cause: stopped) }
      guard writer.log != nil else { throw .notWritable(directory: layout.directory) }
      var plan = AppendPlan(
        writer.table, seriesCount: writer.seriesCount, seriesMax: options.seriesMax,
        lateWindow: options.lateWindow, addsStartZeros: options.addsStartZeros,
        past: { self.snapshot() })
      var hasAnnotations = false
      do throws(StoreError) {
        for pending in group {
          try plan.add(pending.batch, &writer.table)
          guard pending.batch.hasAnnotations else { continue }
          hasAnnotations = true
          plan.annotate(
            pending.batch, &writer.exemplarGate, current.withLock { $0.metadata },
            keepsExemplars: options.exemplarsMax > 0)
        }
        plan.forgetPast()
        try write(plan.entry, &writer)
      } catch {
        plan.undo(&writer.table)
        if hasAnnotations { writer.exemplarGate = ExemplarGate(snapshot().exemplarPages) }
        throw error
      }
      apply(plan.entry, &writer)
      let histograms = plan.entry.histograms.count
      totals.withLock { totals in
        totals.histograms += histograms
        for outcome in plan.outcomes { totals.add(outcome) }
      }
      for (pending, outcome) in zip(group, plan.outcomes) { pending.answer(.success(outcome)) }
    } catch {
      for pending in group { pending.answer(.failure(error)) }
    }
  }

  func write(_ entry: LogEntry, _ writer: inout StoreWriter) throws(StoreError) {
    guard !entry.isEmpty, let generation = writer.log?.generation else { return }
    do throws(AppendFailure) { try writer.log?.append(entry) } catch {
      guard let cause = error.endIsUnknown else { throw StoreError(error.error) }
      writer.stopped = cause
      throw .stopped(cause: cause)
    }
    let place = LogPlace(generation: generation, offset: writer.log?.sizeBytes ?? 0)
    end.withLock { $0 = place }
  }

  /// Makes visible what is on disk.
  private func apply(_ entry: LogEntry, _ writer: inout StoreWriter) {
    writer.seriesCount += entry.rows.newSeries.count
    let exemplarsMax = options.exemplarsMax
    current.withLock { $0.add(entry, exemplarsMax: exemplarsMax) }
    if !entry.exemplars.isEmpty {
      writer.exemplarGate.trim(to: snapshot().exemplarPages, maximum: exemplarsMax)
    }
    // Large heads are indexed by maintenance: it would keep this caller waiting too long.
    if writer.seriesCount <= HeadIndex.inlineMax { extendIndex() }
  }

  /// Extends the index of the active head when enough series came. Readers needn't wait for it.
  func extendIndex() {
    let due = current.withLock { layers -> (HeadIndex, Int, [Labels])? in
      let head = layers.active
      guard head.index.isDue(seriesCount: head.seriesCount) else { return nil }
      let start = head.index.startOfNextPart(head.seriesCount)
      return (head.index, head.seriesCount, head.labels(of: start..<head.seriesCount))
    }
    guard let (index, seriesCount, labels) = due else { return }
    // An index that can't be built is no loss: series it doesn't cover are matched one by one.
    guard let extended = try? index.extended(to: seriesCount, labels) else { return }
    current.withLock { $0.active.adopt(extended) }
  }
}

/// One caller's batch and, later, its answer.
private final class PendingAppend: Sendable {
  let batch: SampleBatch
  private let result = Mutex<Result<AppendOutcome, StoreError>?>(nil)

  init(_ batch: SampleBatch) { self.batch = batch }

  var answer: Result<AppendOutcome, StoreError>? { result.withLock { $0 } }

  func answer(_ answer: Result<AppendOutcome, StoreError>) { result.withLock { $0 = answer } }
}

/// What only the thread that writes needs.
struct StoreWriter: Sendable {
  /// Nil when the store may not be written.
  var log: LogWriter?
  var table = SeriesTable()
  /// The series of the active head.
  var seriesCount = 0
  var exemplarGate: ExemplarGate
  /// The newest log that repeats the exemplars and metadata of those before it.
  var restatedGeneration: UInt64?
  /// Why nothing more is acknowledged.
  var stopped: String?

  init(log: LogWriter?, exemplarGate: ExemplarGate) {
    self.log = log
    self.exemplarGate = exemplarGate
  }
}

extension SampleBatch {
  /// Whether it brings more than samples.
  fileprivate var hasAnnotations: Bool { !exemplars.isEmpty || !metadata.isEmpty }
}

struct Maintenance: Sendable {
  /// When samples in memory were first seen since the last seal.
  var nonEmptySince: Timestamp?
}

/// A head that takes no more samples and waits to be sealed.
struct FrozenHead: Sendable {
  var head: Head
  /// The newest generation of log whose samples it has.
  var generation: UInt64
  /// The bytes of its logs.
  var logSizeBytes: Int
}

/// The layers of a store: oldest samples first.
struct StoreLayers: Sendable {
  var blocks: [Block] { didSet { version += 1 } }
  var frozen: [FrozenHead] { didSet { version += 1 } }
  /// Another one takes its place only when this one joins those that are frozen.
  var active = Head()
  /// How often the list of layers has changed.
  private(set) var version: UInt64 = 0
  private let selections = SelectionCache()
  private let columns = ColumnCache()
  var exemplars: ExemplarPages
  var metadata: MetadataTable

  /// Blocks by the time they begin, so that series mostly read on from one to the next.
  static func inOrder(_ blocks: [Block]) -> [Block] {
    blocks.sorted { ($0.summary.earliest, $0.number) < ($1.summary.earliest, $1.number) }
  }

  var snapshot: StoreSnapshot {
    StoreSnapshot(
      blocks: blocks, heads: frozen.map(\.head) + [active], exemplarPages: exemplars,
      metadataTable: metadata, layersVersion: version, selections: selections,
      columns: columns)
  }

  init(
    blocks: [Block], frozen: [FrozenHead], exemplars: ExemplarPages, metadata: MetadataTable
  ) {
    self.blocks = blocks
    self.frozen = frozen
    self.exemplars = exemplars
    self.metadata = metadata
  }

  /// Adds what a frame holds.
  mutating func add(_ entry: LogEntry, exemplarsMax: Int) {
    active.add(entry)
    for exemplar in entry.exemplars { exemplars.add(exemplar, maximum: exemplarsMax) }
    for family in entry.metadata { metadata.set(family) }
  }

  /// The heads in numbers, without the log being written.
  var shape: HeadShape {
    HeadShape(
      sampleCount: frozen.reduce(active.sampleCount) { $0 + $1.head.sampleCount },
      seriesCount: frozen.reduce(active.seriesCount) { max($0, $1.head.seriesCount) },
      logSizeBytes: frozen.reduce(0) { $0 + $1.logSizeBytes }, nonEmptySince: nil)
  }
}

extension Head {
  /// Adds the samples of a frame.
  fileprivate mutating func add(_ entry: LogEntry) {
    let rows = entry.rows
    for labels in rows.newSeries { addSeries(labels) }
    for row in rows.series.indices {
      add(rows.series[row], rows.timestamps[row], rows.values[row])
    }
    for one in entry.histograms { add(one.series, one.time, one.histogram) }
  }
}
