internal import KubernetesClient
internal import Synchronization

/// Names of objects to be looked at, each once however often it is added, and by one worker at a
/// time.
///
///     queue.open()
///     queue.add(key)
///     await queue.run(workers: 10) { key in .done(.seconds(5)) }     // until cancelled
final class WorkQueue: Sendable {
  struct Key: Hashable, Sendable, CustomStringConvertible {
    var namespace: String
    var name: String
    var description: String { "\(namespace)/\(name)" }
  }

  private struct State {
    /// Waiting for a worker, in order.
    var waiting: [Key] = []
    var known: Set<Key> = []
    var active: Set<Key> = []
    /// Added again while a worker was at it.
    var again: Set<Key> = []
    var timers: [Key: (due: ContinuousClock.Instant, task: Task<Void, Never>)] = [:]
    var backoffs: [Key: Backoff] = [:]
    var workers: [CheckedContinuation<Key?, Never>] = []
    /// Nothing is taken in before `open`.
    var isClosed = true
  }

  private let state = Mutex(State())
  private let wait: @Sendable (inout Backoff) -> Duration

  /// `wait` draws the waiting time after a failure.
  init(wait: @escaping @Sendable (inout Backoff) -> Duration) { self.wait = wait }

  /// Empty, and ready to take in names.
  func open() {
    state.withLock {
      $0 = State()
      $0.isClosed = false
    }
  }

  func add(_ key: Key) {
    let worker = state.withLock { state -> CheckedContinuation<Key?, Never>? in
      guard !state.isClosed else { return nil }
      if state.active.contains(key) {
        state.again.insert(key)
        return nil
      }
      guard state.known.insert(key).inserted else { return nil }
      if let worker = state.workers.popLast() {
        state.known.remove(key)
        state.active.insert(key)
        return worker
      }
      state.waiting.append(key)
      return nil
    }
    worker?.resume(returning: key)
  }

  /// Adds later, unless that is planned for sooner.
  func add(_ key: Key, after delay: Duration) {
    let due = ContinuousClock.now + max(.zero, delay)
    state.withLock { state in
      if state.isClosed { return }
      if let timer = state.timers[key] {
        if timer.due <= due { return }
        timer.task.cancel()
      }
      let task = Task { [weak self] in
        do { try await Task.sleep(until: due) } catch { return }
        self?.state.withLock { $0.timers[key] = nil }
        self?.add(key)
      }
      state.timers[key] = (due, task)
    }
  }

  /// The next name; nil when the queue is closed.
  private func next() async -> Key? {
    await withCheckedContinuation { continuation in
      let answer = state.withLock { state -> Key?? in
        if state.isClosed { return .some(nil) }
        guard !state.waiting.isEmpty else {
          state.workers.append(continuation)
          return nil
        }
        let key = state.waiting.removeFirst()
        state.known.remove(key)
        state.active.insert(key)
        return key
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// A worker is through with a name.
  private func done(_ key: Key) {
    state.withLock { $0.backoffs[key] = nil }
    release(key)
  }

  /// A worker failed at it: it comes again, later each time.
  private func retry(_ key: Key) {
    let delay = state.withLock { state in
      var backoff = state.backoffs[key] ?? Backoff(first: .milliseconds(100), most: .seconds(60))
      defer { state.backoffs[key] = backoff }
      return wait(&backoff)
    }
    release(key)
    add(key, after: delay)
  }

  private func release(_ key: Key) {
    let isWanted = state.withLock { state in
      state.active.remove(key)
      return state.again.remove(key) != nil
    }
    if isWanted { add(key) }
  }

  /// Ends all workers once they are through.
  private func close() {
    let workers = state.withLock { state in
      state.isClosed = true
      for timer in state.timers.values { timer.task.cancel() }
      state.timers = [:]
      defer { state.workers = [] }
      return state.workers
    }
    for worker in workers { worker.resume(returning: nil) }
  }

  /// Takes names and gives them to `work` until closed or cancelled, `workers` at a time. What
  /// `work` answers is when to come back, if nothing happens before; nil for after a failure.
  func run(workers: Int, _ work: @escaping @Sendable (Key) async -> Outcome) async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<max(1, workers) {
          group.addTask {
            while let key = await self.next() {
              switch await work(key) {
              case .done(nil): self.done(key)
              case .done(let delay?):
                self.done(key)
                self.add(key, after: delay)
              case .failed: self.retry(key)
              }
            }
          }
        }
      }
    } onCancel: {
      close()
    }
  }

  enum Outcome: Sendable {
    /// Look again after that time; nil when something happens.
    case done(Duration?)
    case failed
  }
}
