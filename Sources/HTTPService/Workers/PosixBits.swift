import FoundationEssentials
import Glibc
import MetricModel

/// What the operating system alone can give: threads, a queue on which they sleep, the time of day.
enum Posix {
  /// Keeps SIGHUP from ending the program, so that a dispatch source can take it.
  static func ignoreHangups() {
    signal(SIGHUP, SIG_IGN)
  }

  /// Starts a thread that runs `body` once; false when the system has no more threads to give.
  static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      unsafe box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Lets other threads have the core before the calling one, by so much more than now.
  static func stepBack(_ niceness: Int32) {
    guard niceness > 0 else { return }
    // On Linux this is the calling thread's alone. Stepping back is always allowed.
    _ = nice(niceness)
  }

  /// The time of day, to the millisecond.
  static func now() -> Timestamp {
    Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
  }

  private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }
}

/// A first-in, first-out queue whose readers sleep while it is empty.
@safe final class SleepingQueue<Element>: @unchecked Sendable {
  /// Guarded by `mutex`, as everything below.
  private var elements: [Element] = []
  private var first = 0
  private var isClosed = false
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func push(_ element: Element) {
    unsafe pthread_mutex_lock(mutex)
    elements.append(element)
    unsafe pthread_mutex_unlock(mutex)
    // Whoever wakes wants the mutex, so it is free by then.
    unsafe pthread_cond_signal(condition)
  }

  /// Sleeps until there is an element; nil once the queue is closed and empty.
  func pop() -> Element? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while first == elements.count {
      if isClosed { return nil }
      unsafe pthread_cond_wait(condition, mutex)
    }
    let element = elements[first]
    first += 1
    // Spent elements are dropped when they are most of the array: constant time on average.
    if first > 32 && first * 2 > elements.count {
      elements.removeFirst(first)
      first = 0
    }
    return element
  }

  /// Wakes all readers; what is queued is still handed out.
  func close() {
    unsafe pthread_mutex_lock(mutex)
    isClosed = true
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }
}

extension UnownedJob {
  /// Runs a job on the calling thread in the name of `executor`.
  func run(for executor: some TaskExecutor) {
    unsafe runSynchronously(on: executor.asUnownedTaskExecutor())
  }
}
