internal import Glibc
internal import Statistics

/// Answers of the families on raw samples, ranks and quantiles.
let sampleAnswers: [String: VectorAnswer] = [
  "hodges_lehmann": { input in
    let shift = try HodgesLehmannEstimate(
      canary: input.numbers("a"), baseline: input.numbers("b"))
    let rank = shift.asymptoticRank()
    var fields: [String: VectorValue] = [
      "estimate": .number(shift.estimate), "k_asymptotic": .number(Double(rank)),
      "ci95_asymptotic": .interval(shift.interval(rank: rank, level: 0.95)),
    ]
    if let exact = shift.exactRank() {
      fields["k_exact"] = .number(Double(exact.rank))
      fields["ci95_exact"] = .interval(shift.interval(rank: exact.rank, level: 0.95))
      fields["coverage_exact"] = .number(exact.coverage)
    }
    return fields
  },
  "ks_2samp": { input in
    let test = try KolmogorovSmirnovTest(
      canary: input.numbers("a"), baseline: input.numbers("b"))
    var fields: [String: VectorValue] = [
      "D": .number(test.distance), "D_plus": .number(test.distanceAbove),
      "D_minus": .number(test.distanceBelow), "p_kolmogorov": .number(exp(test.logP)),
    ]
    if let exact = test.exactP() {
      fields["p_two_exact"] = .number(exact.twoSided)
      fields["p_plus_exact"] = .number(exact.above)
      fields["p_minus_exact"] = .number(exact.below)
    }
    return fields
  },
  "quantiles": { input in
    let quantile = try QuantileEstimate(of: input.numbers("x"), at: input.number("q"))
    return [
      "quantile": .number(quantile.value), "l": .number(Double(quantile.lowerRank)),
      "u": .number(Double(quantile.upperRank)), "ci95": .interval(quantile.interval),
    ]
  },
  "quantile_difference": { input in
    let test = try QuantileDifference(
      canary: input.numbers("a"), baseline: input.numbers("b"), at: input.number("q"))
    let evidence = test.evidence(for: .twoSided)
    return [
      "q_a": .number(test.canary.value), "q_b": .number(test.baseline.value),
      "diff": .number(test.estimate), "se_a": .number(try test.canary.standardError()),
      "se_b": .number(try test.baseline.standardError()), "z": .number(test.z),
      "p_two": .number(evidence.strength.pValue), "ci95": .interval(evidence.interval),
    ]
  },
  "histogram_quantile": { input in
    let buckets = try BucketCounts(
      upperBounds: input.numbers("bounds") + [.infinity], cumulative: input.numbers("cumulative"))
    let q = try input.number("q")
    let quantile = HistogramQuantile(of: buckets)
    var fields: [String: VectorValue] = ["value": .number(quantile.value(at: q))]
    if let interval = try? quantile.interval(at: q) { fields["ci95"] = .interval(interval) }
    return fields
  },
  "ratio_delta": { input in
    let test = try RatioTest(
      canary: RatioArm(numerators: input.numbers("num1"), denominators: input.numbers("den1")),
      baseline: RatioArm(numerators: input.numbers("num2"), denominators: input.numbers("den2")))
    let half = Normal.standard.inverseSurvival(0.025) * test.liftError
    return [
      "ratio1": .number(test.canary.ratio), "var1": .number(test.canary.variance),
      "ratio2": .number(test.baseline.ratio), "var2": .number(test.baseline.variance),
      "diff": .number(test.estimate), "se": .number(test.standardError), "z": .number(test.z),
      "p_two": .number(exp(test.logP(.twoSided))), "p_greater": .number(exp(test.logP(.greater))),
      "ci95_diff": .interval(test.interval()), "lift": .number(test.lift),
      "lift_se": .number(test.liftError),
      "ci95_lift_delta": .numbers([test.lift - half, test.lift + half]),
      "fieller_g": .number(test.fiellerG()),
      "ci95_ratio_fieller": .interval(test.fiellerInterval()),
    ]
  },
]
