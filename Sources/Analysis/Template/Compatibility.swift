/// Whose semantics a metric has where Argo's surprise.
///
/// - NaN, or no series, and a condition that doesn't say what that means. Argo: a failure-only
///   metric passes, a success-only one fails, `result[0]` is an error. Safe: Inconclusive, no data.
/// - A metric with a count that is stopped before its end. Argo: Successful. Safe: Inconclusive.
/// - Names in `dryRun` and `measurementRetention`. Argo: unanchored. Safe: the whole name.
/// - `isNil(x)` and `default(x, d)`. Argo: look at the whole result, whatever x is. Safe: look at
///   x;
///   `default` also gives d where x has no value.
///
/// A template says so by the annotation `assay.dev/compatibility`; without it, one whose metrics
/// use our plugins is `safe`, all others are `argo`. The mode belongs to the metrics, so a run made
/// of several templates may have both.
package enum Compatibility: String, Sendable, Hashable, CaseIterable {
  case argo
  case safe

  package static let annotation = "assay.dev/compatibility"
}
