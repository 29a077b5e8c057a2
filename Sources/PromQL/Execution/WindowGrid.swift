internal import MetricModel

/// Where a selector looks at each step: `(end - range, end]`, with `end` moved by `offset` or
/// pinned by `@`.
struct WindowGrid: Equatable {
  /// The window's end at the first step, in milliseconds.
  var firstEnd: Int64
  /// How far the end moves from step to step; 0 when pinned.
  var stride: Int64
  var count: Int
  /// The window's length in milliseconds.
  var range: Int64
  /// The evaluation times, which an offset doesn't move.
  var steps: StepGrid

  init(_ window: SelectorWindow, on steps: StepGrid) {
    let anchor = window.pin ?? steps.start
    firstEnd = anchor.advanced(by: Milliseconds(0 &- window.offset.count)).milliseconds
    stride = window.pin == nil ? steps.step.count : 0
    count = steps.count
    range = window.range.count
    self.steps = steps
  }

  @inline(__always) func end(_ step: Int) -> Int64 { firstEnd &+ stride &* Int64(step) }

  /// All times that any window holds.
  var span: TimeRange {
    let first = Timestamp(milliseconds: firstEnd)
    let last = Timestamp(milliseconds: end(max(0, count - 1)))
    return TimeRange(after: first.advanced(by: Milliseconds(0 &- range)), through: last)
  }
}

/// Range, offset and pin of a selector or subquery, as the planner resolved them.
struct SelectorWindow: Equatable, Sendable {
  var range: Milliseconds
  var offset: Milliseconds
  var pin: Timestamp?
}
