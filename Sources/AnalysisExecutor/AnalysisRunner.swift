package import Analysis
internal import Manifest
package import MetricModel

/// Keeps AnalysisRuns going: performs what they ask for, wakes them, and writes every event down
/// before anything is done about it, so that runs survive the end of the process.
///
///     let runner = AnalysisRunner(source: source, journal: try FileJournal(directory: path))
///     try await runner.recover()
///     try await runner.start("shop-1", spec: spec, sources: sources)
///     for await run in await runner.updates(of: "shop-1") { ... }
///
/// Runs are named by whoever starts them; a name is used once.
package actor AnalysisRunner {
  /// How much may go on at once, and how long what is over is kept.
  package struct Limits: Sendable {
    /// Runs that haven't ended.
    package var runsMax = 10_000
    /// Measurements on their way.
    package var measurementsMax = 64
    /// Ended runs that are kept, the oldest of them first to go.
    package var endedMax = 1_000

    package init() {}
  }

  /// Why a run can't be started.
  package enum StartError: Error, Equatable, CustomStringConvertible {
    case exists(String)
    case tooMany(Int)
    case notWritten(String)

    package var description: String {
      switch self {
      case .exists(let name): "a run \"\(name)\" exists already"
      case .tooMany(let limit): "\(limit) runs are going on, which is the limit"
      case .notWritten(let reason): "the run can't be written down: \(reason)"
      }
    }
  }

  private let source: any MetricSource
  private let journal: (any RunJournal)?
  private let journalExecutor: (any TaskExecutor)?
  private let clock: RunClock
  private let limits: Limits
  /// Called after each change of a run, and with trouble of the journal.
  private let onChange: @Sendable (AnalysisRun, Timestamp) -> Void
  private let onTrouble: @Sendable (String) -> Void

  private var entries: [String: RunEntry] = [:]
  private var endedOrder: [String] = []
  private var wakes = WakeQueue()
  private var timer: (time: Timestamp, task: Task<Void, Never>)?
  private var waiting: [(run: String, request: MeasurementRequest)] = []
  private var measuring = 0
  private var isClosed = false
  /// Runs with lines that aren't written down, in the order in which they came to have some.
  private var queue: [String] = []
  private var removals: [String] = []
  /// Writes what is queued; nil when nothing is.
  private var commits: Task<Void, Never>?

  /// - Parameters:
  ///   - journal: nil to keep runs in memory only.
  ///   - journalExecutor: threads that may wait for a disk; the common ones when nil.
  ///   - onChange: called after each change of a run.
  ///   - onTrouble: called with what is wrong with the journal.
  package init(
    source: any MetricSource, journal: (any RunJournal)? = nil,
    journalExecutor: (any TaskExecutor)? = nil, clock: RunClock = .system,
    limits: Limits = Limits(),
    onChange: @escaping @Sendable (AnalysisRun, Timestamp) -> Void = { _, _ in },
    onTrouble: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.source = source
    self.journal = journal
    self.journalExecutor = journalExecutor
    self.clock = clock
    self.limits = limits
    self.onChange = onChange
    self.onTrouble = onTrouble
  }

  /// Starts a run, and comes back once it is written down. The same run again, by name and spec,
  /// is adopted.
  package func start(
    _ name: String, spec: AnalysisSpec, sources: ArgumentSources = ArgumentSources(),
    labels: [String: String] = [:]
  ) async throws(StartError) {
    let run = AnalysisRun(name: name, spec: spec, sources: sources)
    if let known = entries[name] {
      guard known.origin["spec"] == run.json["spec"] else { throw .exists(name) }
    } else {
      guard !isClosed else { throw .notWritten("the server is about to end") }
      guard entries.count - endedOrder.count < limits.runsMax else {
        throw .tooMany(limits.runsMax)
      }
      entries[name] = RunEntry(run, labels: labels)
      apply(.started, to: name)
    }
    guard journal != nil, entries[name]?.isStarting == true else { return }
    let failure = await withCheckedContinuation { entries[name]?.starters.append($0) }
    if let failure { throw .notWritten(failure.description) }
  }

  /// A run as it is now.
  package func run(_ name: String) -> AnalysisRun? { entries[name]?.recorder.run }

  /// What a run was started with, for those who started it.
  package func labels(of name: String) -> [String: String]? { entries[name]?.labels }

  /// All runs by name.
  package func runs() -> [AnalysisRun] {
    entries.values.map(\.recorder.run).sorted { $0.name < $1.name }
  }

  /// Asks a run to stop; false when there is none of that name.
  @discardableResult
  package func terminate(_ name: String) -> Bool {
    guard entries[name] != nil else { return false }
    apply(.terminate, to: name)
    return true
  }

  /// Forgets an ended run; false for one that goes on, or is not there.
  @discardableResult
  package func remove(_ name: String) -> Bool {
    guard let entry = entries[name], entry.recorder.run.phase.isCompleted else { return false }
    entries[name] = nil
    endedOrder.removeAll { $0 == name }
    if journal != nil {
      removals.append(name)
      commit()
    }
    return true
  }

  /// The run now and after each change, until it has ended; nil when there is none.
  package func updates(of name: String) -> AsyncStream<AnalysisRun>? {
    guard let entry = entries[name] else { return nil }
    let (stream, continuation) = AsyncStream.makeStream(
      of: AnalysisRun.self, bufferingPolicy: .bufferingNewest(16))
    continuation.yield(entry.recorder.run)
    guard !entry.recorder.run.phase.isCompleted else {
      continuation.finish()
      return stream
    }
    let id = entry.watcherNumber
    entries[name]?.watcherNumber += 1
    entries[name]?.watchers[id] = continuation
    continuation.onTermination = { [weak self] _ in
      Task { await self?.forget(watcher: id, of: name) }
    }
    return stream
  }

  /// The record of a run, with the evidence that its journal holds; nil when there is none.
  package func record(of name: String) throws(JournalError) -> RunRecord? {
    guard let entry = entries[name], let journal else { return nil }
    let lines = try journal.lines(of: name)
    do throws(ManifestErrorText) {
      return try RunEntry.record(lines, secrets: entry.secrets)
    } catch {
      throw JournalError("\(name): \(error.text)")
    }
  }

  /// Takes up all runs of the journal where they were; call once, before the first `start`.
  ///
  /// A run that can't be taken up is reported and left where it is.
  package func recover(
    secrets: @Sendable (AnalysisSpec) async -> [Argument.Origin: String] = { _ in [:] }
  ) async throws(JournalError) {
    guard let journal else { return }
    for name in try journal.names() where entries[name] == nil {
      do throws(ManifestErrorText) {
        let lines = try Self.lines(of: name, journal)
        let found = await secrets(try RunEntry.spec(lines))
        entries[name] = try RunEntry(restoring: lines, secrets: found)
      } catch {
        onTrouble("run \"\(name)\" can't be taken up: \(error.text)")
        continue
      }
      resume(name)
    }
  }

  private static func lines(
    of name: String, _ journal: any RunJournal
  ) throws(ManifestErrorText) -> [String] {
    do {
      return try journal.lines(of: name)
    } catch {
      throw ManifestErrorText(text: error.description)
    }
  }

  /// Ends all waiting, and comes back once what has happened is written down; runs stay in the
  /// journal as they are.
  package func close() async {
    isClosed = true
    timer?.task.cancel()
    timer = nil
    waiting = []
    endUpdates()
    commits?.cancel()
    await commits?.value
  }

  /// Ends all streams of updates, though their runs go on.
  package func endUpdates() {
    for (name, entry) in entries where !entry.watchers.isEmpty {
      for watcher in entry.watchers.values { watcher.finish() }
      entries[name]?.watchers = [:]
    }
  }

  private func resume(_ name: String) {
    guard let run = entries[name]?.recorder.run else { return }
    if run.phase == .pending {
      apply(.started, to: name)
    } else if run.phase.isCompleted {
      endedOrder.append(name)
    } else {
      perform(run.outstandingEffects(at: clock.now()), of: name)
    }
  }

  /// Lets an event happen, and has it written down; only then what it leads to is done.
  private func apply(_ event: AnalysisEvent, to name: String) {
    guard !isClosed, var entry = entries[name], !entry.recorder.run.phase.isCompleted else {
      return
    }
    let now = clock.now()
    let effects = entry.apply(event, at: now)
    guard journal != nil else {
      entries[name] = entry
      return settle(name, effects)
    }
    entry.held += effects
    if !entry.isQueued {
      entry.isQueued = true
      queue.append(name)
    }
    entries[name] = entry
    commit()
  }

  /// Does what the written events of a run led to, and tells of it.
  private func settle(_ name: String, _ effects: [AnalysisEffect]) {
    perform(effects, of: name)
    told(name, at: clock.now())
  }

  /// Starts writing, unless that goes on already: what comes meanwhile is then written together.
  private func commit() {
    guard commits == nil, let journal else { return }
    commits = Task {
      while await commitQueued(to: journal) {}
      commits = nil
    }
  }

  /// Writes what is queued; false when there is nothing to be written any more. Nothing is done
  /// about what can't be written; it is tried again soon.
  private func commitQueued(to journal: any RunJournal) async -> Bool {
    let (names, gone) = (queue, removals)
    guard !names.isEmpty || !gone.isEmpty else { return false }
    (queue, removals) = ([], [])
    var pieces: [(run: String, piece: RunEntry.Piece)] = []
    for name in names {
      if let piece = entries[name]?.takeUnwritten() { pieces.append((name, piece)) }
    }
    let failure = await Self.commit(
      gone.map(JournalChange.remove) + pieces.map { $0.piece.change(of: $0.run) }, to: journal,
      on: journalExecutor)
    if let failure { onTrouble(failure.description) }
    for (name, piece) in pieces {
      if failure == nil || entries[name]?.isStarting == true {
        let starters = entries[name]?.begun() ?? []
        if failure != nil { entries[name] = nil }
        for starter in starters { starter.resume(returning: failure) }
      }
      if failure == nil {
        settle(name, piece.effects)
      } else if entries[name] != nil {
        entries[name]?.giveBack(piece)
        if !queue.contains(name) { queue.append(name) }
      }
    }
    guard failure != nil else { return true }
    removals = gone + removals
    guard !isClosed else { return false }
    // Cancelled by `close`, which leaves time for one more try.
    if !queue.isEmpty || !removals.isEmpty { try? await clock.sleep(.seconds(10)) }
    return true
  }

  private nonisolated static func commit(
    _ changes: [JournalChange], to journal: any RunJournal, on executor: (any TaskExecutor)?
  ) async -> JournalError? {
    await withTaskExecutorPreference(executor) {
      do throws(JournalError) {
        try journal.commit(changes)
        return nil
      } catch {
        return error
      }
    }
  }

  private func perform(_ effects: [AnalysisEffect], of name: String) {
    for effect in effects {
      switch effect {
      case .measure(let request): waiting.append((name, request))
      case .wake(let time): wakes.add(name, at: time)
      case .finished:
        wakes.remove(name)
        endedOrder.append(name)
        collect()
      }
    }
    measureNext()
    armTimer()
  }

  private func measureNext() {
    while !isClosed, measuring < limits.measurementsMax, !waiting.isEmpty {
      let (name, request) = waiting.removeFirst()
      measuring += 1
      let now = clock.now()
      Task { [source] in
        let answer = await source.answer(request, of: name, at: now)
        self.measured(name, request.id, answer)
      }
    }
  }

  private func measured(_ name: String, _ id: MeasurementID, _ answer: MeasurementAnswer) {
    measuring -= 1
    apply(.measured(id, answer), to: name)
    measureNext()
  }

  /// One task waits for the earliest wish.
  private func armTimer() {
    guard !isClosed, let first = wakes.first else { return }
    if let timer, timer.time <= first { return }
    timer?.task.cancel()
    let wait = Milliseconds(max(first.since(clock.now()).count, 0))
    timer = (
      first,
      Task { [clock] in
        guard (try? await clock.sleep(wait)) != nil else { return }
        self.wakeDue()
      }
    )
  }

  private func wakeDue() {
    timer = nil
    let now = clock.now()
    while let name = wakes.popDue(at: now) { apply(.woken, to: name) }
    armTimer()
  }

  private func told(_ name: String, at now: Timestamp) {
    guard let entry = entries[name] else { return }
    let run = entry.recorder.run
    entries[name]?.toldAt = now
    onChange(run, now)
    for watcher in entry.watchers.values {
      watcher.yield(run)
      if run.phase.isCompleted { watcher.finish() }
    }
    if run.phase.isCompleted { entries[name]?.watchers = [:] }
  }

  private func forget(watcher id: Int, of name: String) { entries[name]?.watchers[id] = nil }

  /// Calls `onChange` for live runs that nothing has been told of since a time, for those who keep
  /// what it says only for a while.
  package func tellAgain(untoldSince time: Timestamp) {
    let now = clock.now()
    for (name, entry) in entries where !entry.recorder.run.phase.isCompleted {
      guard (entry.toldAt ?? .earliest) <= time else { continue }
      entries[name]?.toldAt = now
      onChange(entry.recorder.run, now)
    }
  }

  /// Lets go of the oldest ended runs beyond the limit.
  private func collect() {
    while endedOrder.count > limits.endedMax { remove(endedOrder[0]) }
  }
}
