internal import FoundationEssentials
package import MetricModel

/// What time it is, and waiting; the only clock of this target.
package struct RunClock: Sendable {
  package var now: @Sendable () -> Timestamp
  /// Comes back after the time, or throws when the task is cancelled.
  package var sleep: @Sendable (Milliseconds) async throws -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp,
    sleep: @escaping @Sendable (Milliseconds) async throws -> Void
  ) {
    self.now = now
    self.sleep = sleep
  }

  /// The machine's.
  package static let system = RunClock(
    now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
    sleep: { try await Task.sleep(for: .milliseconds($0.count)) })
}
