package import MetricModel

/// When a group of rules is evaluated: at equal distances, spread so that groups don't all start at
/// once, and at the same times after a restart.
package struct RuleSchedule: Sendable {
  package let interval: Milliseconds
  /// Where in the interval the group's turn is.
  let offset: Int64

  /// - Parameter interval: positive.
  package init(_ group: RuleGroup, interval: Milliseconds) {
    self.interval = Milliseconds(max(1, interval.count))
    let identity = Labels([("file", group.file), ("name", group.name)])
    offset = Int64(identity.stableHash % UInt64(self.interval.count))
  }

  /// The last time, not after `now`, at which it is the group's turn.
  package func slot(before now: Timestamp) -> Timestamp {
    let rest = (now.milliseconds &- offset).flooredDivision(by: interval.count).remainder
    return Timestamp(milliseconds: now.milliseconds - rest)
  }

  /// The turn to take at `now` when `last` was the one before, and how many in between were missed.
  package func turn(after last: Timestamp, at now: Timestamp) -> (slot: Timestamp, missed: Int64) {
    let passed = max(1, now.since(last).count / interval.count)
    return (last.advanced(by: Milliseconds(passed * interval.count)), passed - 1)
  }
}
