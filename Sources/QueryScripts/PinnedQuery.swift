import MetricModel
import PromQL

/// The copy of an instant query in which every selector is pinned to the evaluation time by `@`.
///
/// Wherever the copy is evaluated, it must answer the same: this finds operators that look at the
/// evaluation time where they should look at the window.
enum PinnedQuery {
  /// Functions whose answer depends on the evaluation time even when all selectors are pinned.
  private static let timeDependent: Set<String> = [
    "time", "timestamp", "minute", "hour", "month", "year", "day_of_month", "day_of_week",
    "day_of_year", "days_in_month", "predict_linear", "start", "end", "range", "step",
  ]

  /// The text of the copy; nil when a function forbids it.
  static func text(of expression: QueryExpression, at time: Timestamp) -> String? {
    let calls = expression.calledFunctions
    guard calls.isDisjoint(with: timeDependent) else { return nil }
    return Printer.text(of: pinned(expression, at: time))
  }

  /// Other times at which the copy of a query at `time` is evaluated.
  static func times(around time: Timestamp) -> [Timestamp] {
    let t = time.milliseconds
    if t == 0 { return [-1000, 0, 1000].map(Timestamp.init(milliseconds:)) }
    let (tenfold, overflow) = t.multipliedReportingOverflow(by: 10)
    let far = overflow ? [] : [-tenfold, tenfold]
    return ([0, t / 5, t] + far).sorted().map(Timestamp.init(milliseconds:))
  }

  /// Below a subquery that has `@`, its inner steps set the time already.
  private static func pinned(_ expression: QueryExpression, at time: Timestamp) -> QueryExpression {
    var copy = expression
    if var shift = copy.shift {
      if shift.pin == nil {
        shift.pin = .at(time)
        copy.shift = shift
      }
      return copy
    }
    return copy.mappingChildren { pinned($0, at: time) }
  }
}
