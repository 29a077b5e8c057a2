import NIOCore

/// A connection's event loop as the executor of its task.
///
/// Bytes are then read, parsed, answered and written on one thread. On the cooperative pool each
/// request would wake a thread to be looked at, and the loop again to be written: most of what a
/// small request costs.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) {
    self.loop = loop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.run(for: self) }
  }
}
