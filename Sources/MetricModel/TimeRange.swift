/// A half-open stretch of time, open on the left and closed on the right: `(start, end]`, as
/// PromQL's windows since Prometheus 3.
package struct TimeRange: Hashable, Sendable {
  /// Exclusive.
  package var start: Timestamp
  /// Inclusive.
  package var end: Timestamp

  package init(after start: Timestamp, through end: Timestamp) {
    self.start = start
    self.end = end
  }

  /// All of time.
  package static let all = TimeRange(after: .earliest, through: .latest)

  package func contains(_ time: Timestamp) -> Bool {
    time > start && time <= end
  }

  package var isEmpty: Bool { start >= end }
}

/// The evaluation times of a query: `start`, `start + step`, ... while not past the end.
///
///     StepGrid(start: t0, step: .minutes(1), count: 3)   // t0, t0 + 1m, t0 + 2m
package struct StepGrid: Hashable, Sendable {
  package var start: Timestamp
  /// The distance of neighbours; positive when `count` exceeds 1.
  package var step: Milliseconds
  /// The number of evaluation times.
  package var count: Int

  package init(start: Timestamp, step: Milliseconds, count: Int) {
    precondition(
      count >= 0 && (count <= 1 || step.count > 0), "a grid of several steps needs a step")
    self.start = start
    self.step = step
    self.count = count
  }

  /// One evaluation, as an instant query has.
  package static func instant(_ time: Timestamp) -> StepGrid {
    StepGrid(start: time, step: Milliseconds(0), count: 1)
  }

  /// All steps from `start` while not past `end`; nil when the step isn't positive, `end` lies
  /// before `start`, or there are more than `maximum` steps.
  package static func range(
    from start: Timestamp, through end: Timestamp, step: Milliseconds, maximum: Int = .max
  ) -> StepGrid? {
    guard step.count > 0, end >= start else { return nil }
    let steps = end.since(start).count / step.count
    guard steps < Int64(maximum) else { return nil }
    return StepGrid(start: start, step: step, count: Int(steps) + 1)
  }

  /// The time of step `index`.
  package subscript(index: Int) -> Timestamp {
    Timestamp(milliseconds: start.milliseconds &+ step.count &* Int64(index))
  }

  /// The last evaluation time; `start` when the grid is empty.
  package var end: Timestamp { self[max(count - 1, 0)] }
}
