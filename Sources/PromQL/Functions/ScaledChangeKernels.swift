internal import MetricModel

/// Writes, for each window of a layout, what its outer samples differ by, times its scale; answers
/// between which steps windows lie that have to be looked at more closely.
///
/// Those are windows of a counter that may have started within them: the first samples of a series,
/// mostly. Nothing is written where a window has fewer than two samples. No value may be less than
/// the one before it, unless the function isn't one of counters.
///
/// - Precondition: there is a value for each time of the layout, and a cell for each step.
func scaleChanges(
  of values: Span<Double>, by layout: ExtrapolationLayout, isCounter: Bool,
  into row: inout MutableSpan<Double>, from start: Int
) -> Range<Int> {
  // A span can't outlive the access to an object.
  let allSteps = layout.steps
  let steps = allSteps.span
  precondition(values.count == layout.times.count, "a layout is that of the series' times")
  precondition(start >= 0 && start <= row.count - steps.count, "a row has a cell for each step")
  var (first, end) = (steps.count, 0)
  for step in 0..<steps.count {
    // A layout's places lie within its times.
    let at = unsafe steps[unchecked: step]
    if at.end == 0 { continue }
    let before = unsafe values[unchecked: Int(at.first)]
    let change = unsafe values[unchecked: Int(at.end) &- 1] - before
    unsafe row[unchecked: start &+ step] = change * at.scale
    if isCounter && change > 0 && before >= 0 && !(before >= change && at.isLong) {
      first = min(first, step)
      end = step &+ 1
    }
  }
  return min(first, end)..<end
}
