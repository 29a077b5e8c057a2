/// Asks now and then, in the middle of long work, whether a query is still wanted.
///
///     for step in steps where !cancellation.spend(samplesInWindow) { … }
///
/// A tile alone may be minutes of work, when windows are wide and their values have to be sorted.
struct CancellationPoint: Sendable {
  /// Values looked at between two questions: some milliseconds where each is the dearest.
  private static let interval = 1 << 17

  private let isCancelled: @Sendable () -> Bool
  private var spent = 0
  /// Whether the query isn't wanted any more.
  private(set) var hasFired = false

  init(_ isCancelled: @escaping @Sendable () -> Bool) {
    self.isCancelled = isCancelled
  }

  /// Notes work to be done; true when it needn't be.
  @inline(__always) mutating func spend(_ values: Int) -> Bool {
    spent &+= values
    return spent >= Self.interval && ask()
  }

  private mutating func ask() -> Bool {
    spent = 0
    hasFired = isCancelled()
    return hasFired
  }
}
