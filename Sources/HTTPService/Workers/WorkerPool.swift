import PromQL
import Synchronization

/// Threads of our own for work that keeps a core busy or waits for a disk: queries, appends.
///
///     let pool = WorkerPool(threads: 2)
///     let answer = await pool.run { evaluate(query) }
///
/// The cooperative pool has one thread for each core and serves every connection. Four queries of
/// 150 ms on it delay a 1 ms timer by 300 ms; on threads of their own, by 8 ms. Dispatch's global
/// queues share threads with it, so they don't help.
package final class WorkerPool: TaskExecutor {
  private enum Work {
    case job(UnownedJob)
    case share(SharedWork)
  }

  private let jobs = SleepingQueue<Work>()
  private let threads: Int
  /// Threads that have nothing to do.
  private let idle = Atomic(0)

  /// Where requests for the threads wait for their turn.
  let turnstile: Turnstile

  /// - Parameters:
  ///   - threads: more of them than cores helps only those that wait for a disk.
  ///   - niceness: how far the threads step back where others want a core, 0 to 19 as in `nice(2)`.
  package init(
    threads: Int, waitingMax: Int = 1000, patience: Duration = .seconds(30), niceness: Int32 = 0
  ) {
    self.threads = max(threads, 1)
    turnstile = Turnstile(places: max(threads, 1), waitingMax: waitingMax, patience: patience)
    for _ in 0..<max(threads, 1) {
      let started = Posix.startThread {
        Posix.stepBack(niceness)
        self.work()
      }
      precondition(started, "the system has no threads left")
    }
  }

  /// Lets the threads end once what is queued has run; nothing may be run afterwards.
  package func close() {
    jobs.close()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    jobs.push(.job(UnownedJob(job)))
  }

  private func work() {
    while true {
      idle.add(1, ordering: .relaxed)
      let next = jobs.pop()
      idle.subtract(1, ordering: .relaxed)
      switch next {
      case .job(let job): job.run(for: self)
      case .share(let share): share.work()
      case nil: return
      }
    }
  }

  /// The pool as helpers for a query that runs on one of its threads: those that are idle.
  var crew: WorkerCrew {
    WorkerCrew(workers: threads) { [self] count, body in
      guard count > 0 else { return }
      let share = SharedWork(count, body)
      let helpers = min(idle.load(ordering: .relaxed), count - 1)
      for _ in 0..<max(0, helpers) { jobs.push(.share(share)) }
      share.work()
      share.wait()
    }
  }

  /// Runs `work` on one of the threads; the caller's task waits without holding a thread.
  package func run<Answer: Sendable>(
    _ work: @Sendable @escaping () -> Answer
  ) async -> Answer {
    await withTaskExecutorPreference(self) { work() }
  }
}

/// Numbers that threads take one after the other until none is left.
private final class SharedWork: Sendable {
  private let count: Int
  private let body: @Sendable (Int) -> Void
  private let next = Atomic(0)
  private let finished = Atomic(0)
  private let end = SleepingQueue<Void>()

  init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }

  /// Takes numbers as long as there are any.
  func work() {
    while true {
      let number = next.add(1, ordering: .relaxed).oldValue
      guard number < count else { return }
      body(number)
      let done = finished.add(1, ordering: .acquiringAndReleasing).newValue
      if done == count { end.push(()) }
    }
  }

  /// Sleeps until all numbers are done, also those that others took.
  func wait() {
    _ = end.pop()
  }
}
