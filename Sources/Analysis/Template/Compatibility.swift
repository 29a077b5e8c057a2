/// Whose semantics a metric has where Argo's surprise.
///
/// | | `argo` | `safe` |
/// | --- | --- | --- |
/// | NaN, or no series, and a condition that doesn't say what that means | a failure-only metric passes, a success-only one fails, `result[0]` is an error | Inconclusive: no data |
/// | a metric with a count that is stopped before its end | Successful | Inconclusive |
/// | names in `dryRun` and `measurementRetention` | unanchored | the whole name |
/// | `isNil(x)`, `default(x, d)` | look at the whole result, whatever x is | look at x; `default` also where x has no value |
///
/// A template says so by the annotation `assay.dev/compatibility`; without it, one whose metrics
/// use our plugins is `safe`, all others are `argo`. The mode belongs to the metrics, so a run made
/// of several templates may have both.
package enum Compatibility: String, Sendable, Hashable, CaseIterable {
  case argo
  case safe

  package static let annotation = "assay.dev/compatibility"
}
