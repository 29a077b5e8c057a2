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

  package init(
    source: any MetricSource, journal: (any RunJournal)? = nil, clock: RunClock = .system,
    limits: Limits = Limits(),
    onChange: @escaping @Sendable (AnalysisRun, Timestamp) -> Void = { _, _ in },
    onTrouble: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.source = source
    self.journal = journal
    self.clock = clock
    self.limits = limits
    self.onChange = onChange
    self.onTrouble = onTrouble
  }

  /// Starts a run. The same run again, by name and spec, is adopted.
  package func start(
    _ name: String, spec: AnalysisSpec, sources: ArgumentSources = ArgumentSources(),
    labels: [String: String] = [:]
  ) throws(StartError) {
    let run = AnalysisRun(name: name, spec: spec, sources: sources)
    if let known = entries[name] {
      guard known.origin["spec"] == run.json["spec"] else { throw .exists(name) }
      return
    }
    guard entries.count - endedOrder.count < limits.runsMax else { throw .tooMany(limits.runsMax) }
    let entry = RunEntry(run, labels: labels)
    do throws(JournalError) {
      try journal?.replace([entry.originLine], of: name)
    } catch {
      throw .notWritten(error.description)
    }
    entries[name] = entry
    apply(.started, to: name)
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
    do throws(JournalError) { try journal?.remove(name) } catch { onTrouble(error.description) }
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

  /// Ends all waiting; runs stay in the journal as they are.
  package func close() {
    isClosed = true
    timer?.task.cancel()
    timer = nil
    waiting = []
    for entry in entries.values { for watcher in entry.watchers.values { watcher.finish() } }
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

  /// Lets an event happen, writes it down, then performs what it leads to.
  private func apply(_ event: AnalysisEvent, to name: String) {
    guard !isClosed, var entry = entries[name], !entry.recorder.run.phase.isCompleted else {
      return
    }
    let now = clock.now()
    let outcome = entry.apply(event, at: now)
    entries[name] = entry
    guard write(name) else {
      // Nothing is done about an event that isn't written down; tried again soon.
      entries[name]?.held += outcome
      wakes.add(name, at: now.advanced(by: .seconds(10)))
      return armTimer()
    }
    perform(outcome, of: name)
    told(name, at: now)
  }

  /// Whether all lines of a run are in the journal.
  private func write(_ name: String) -> Bool {
    guard let journal, let entry = entries[name], !entry.unwritten.isEmpty else { return true }
    do throws(JournalError) {
      if entry.startsAnew {
        try journal.replace(entry.unwritten, of: name)
      } else {
        try journal.append(entry.unwritten, to: name)
      }
    } catch {
      onTrouble(error.description)
      return false
    }
    entries[name]?.unwritten = []
    entries[name]?.startsAnew = false
    return true
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
    while measuring < limits.measurementsMax, !waiting.isEmpty {
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
    while let name = wakes.popDue(at: now) {
      let held = entries[name]?.held ?? []
      if held.isEmpty {
        apply(.woken, to: name)
      } else if write(name) {
        entries[name]?.held = []
        perform(held, of: name)
        told(name, at: now)
      } else {
        wakes.add(name, at: now.advanced(by: .seconds(10)))
      }
    }
    armTimer()
  }

  private func told(_ name: String, at now: Timestamp) {
    guard let entry = entries[name] else { return }
    let run = entry.recorder.run
    onChange(run, now)
    for watcher in entry.watchers.values {
      watcher.yield(run)
      if run.phase.isCompleted { watcher.finish() }
    }
    if run.phase.isCompleted { entries[name]?.watchers = [:] }
  }

  private func forget(watcher id: Int, of name: String) { entries[name]?.watchers[id] = nil }

  /// Lets go of the oldest ended runs beyond the limit.
  private func collect() {
    while endedOrder.count > limits.endedMax { remove(endedOrder[0]) }
  }
}
