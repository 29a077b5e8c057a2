/// Why a statistic has no answer for the given input.
///
/// Thrown, never replaced by a number: a rollout must neither pass nor fail on a p-value of 0 or 1
/// that stands for "there was nothing to compute". The raw values are stable codes.
package enum NotComputable: String, Error, Sendable, Hashable, CaseIterable {
  case emptyInput = "empty_input"
  case tooFewObservations = "too_few_observations"
  case tooFewClusters = "too_few_clusters"
  case nanInput = "nan_input"
  case nonFiniteInput = "non_finite_input"
  case negativeCount = "negative_count"
  case countExceedsTotal = "count_exceeds_total"
  case lengthMismatch = "length_mismatch"
  case zeroVariance = "zero_variance"
  case noInformation = "no_information"
  case zeroDenominator = "zero_denominator"
  case nonPositiveExposure = "non_positive_exposure"
  case rankDeficient = "rank_deficient"
  case singularCovariance = "singular_covariance"
  case allValuesEqual = "all_values_equal"
  case degenerateBootstrap = "degenerate_bootstrap"
  case invalidProbability = "invalid_probability"
  case invalidMargin = "invalid_margin"
  case invalidPrior = "invalid_prior"
  case invalidWeight = "invalid_weight"
  case zeroEffect = "zero_effect"
  case nonIncreasingInformation = "non_increasing_information"
  case nonMonotoneBuckets = "non_monotone_buckets"
}

extension NotComputable: CustomStringConvertible {
  /// What was found and what would be accepted, for people.
  package var description: String {
    switch self {
    case .emptyInput: "an arm has no observations, at least one is needed"
    case .tooFewObservations: "too few observations for this statistic"
    case .tooFewClusters: "too few clusters (pods), at least two are needed"
    case .nanInput: "a value is NaN, remove or replace it before the comparison"
    case .nonFiniteInput: "a value is infinite, the statistic needs finite values"
    case .negativeCount: "a count is negative, counts start at 0"
    case .countExceedsTotal: "a count of events exceeds its total"
    case .lengthMismatch: "two lists that belong together differ in length"
    case .zeroVariance: "the values do not vary, so their difference has no standard error"
    case .noInformation: "no stratum or pod carries information (no events, or only events)"
    case .zeroDenominator: "the denominators of a ratio add up to zero"
    case .nonPositiveExposure: "an exposure is zero or negative"
    case .rankDeficient: "the columns of the design are linearly dependent"
    case .singularCovariance: "the covariance matrix is singular"
    case .allValuesEqual: "all values are equal"
    case .degenerateBootstrap: "all bootstrap replicates lie on one side of the estimate"
    case .invalidProbability: "a probability lies outside [0, 1]"
    case .invalidMargin: "the margin is not an interval around no difference"
    case .invalidPrior: "the parameters of the prior must be positive"
    case .invalidWeight: "the weights must be positive"
    case .zeroEffect: "the effect to detect is zero"
    case .nonIncreasingInformation: "information fractions must increase within (0, 1]"
    case .nonMonotoneBuckets: "cumulative bucket counts must not decrease with the bound"
    }
  }
}
