/// Threads of our own for work that keeps a core busy or waits for a disk: queries, appends.
///
///     let pool = WorkerPool(threads: 2)
///     let answer = await pool.run { evaluate(query) }
///
/// The cooperative pool has one thread for each core and serves every connection. Four queries of
/// 150 ms on it delay a 1 ms timer by 300 ms; on threads of their own, by 8 ms. Dispatch's global
/// queues share threads with it, so they don't help.
package final class WorkerPool: TaskExecutor {
  private let jobs = SleepingQueue<UnownedJob>()

  /// - Parameter threads: more of them than cores helps only those that wait for a disk.
  package init(threads: Int) {
    for _ in 0..<max(threads, 1) {
      let started = Posix.startThread { self.jobs.work(for: self) }
      precondition(started, "the system has no threads left")
    }
  }

  /// Lets the threads end once what is queued has run; nothing may be run afterwards.
  package func close() {
    jobs.close()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    jobs.push(UnownedJob(job))
  }

  /// Runs `work` on one of the threads; the caller's task waits without holding a thread.
  package func run<Answer: Sendable>(
    _ work: @Sendable @escaping () -> Answer
  ) async -> Answer {
    await withTaskExecutorPreference(self) { work() }
  }
}
