import NIOCore

/// Runs the tasks of connections on the thread that reads and writes them.
///
/// A request answered at once is then read, decoded, answered and written without another thread
/// being woken; one for the worker pools wakes two. On the cooperative pool it would be two more
/// each, and waking threads is most of what a small request costs.
final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) {
    self.loop = loop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
