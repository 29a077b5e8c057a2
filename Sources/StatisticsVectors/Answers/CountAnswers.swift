internal import Glibc
internal import Statistics

/// Answers of the families on counts and counters.
let countAnswers: [String: VectorAnswer] = [
  "poisson_rates": { input in
    let test = PoissonRateTest(
      canary: try EventRate(events: input.number("k1"), exposure: input.number("e1")),
      baseline: try EventRate(events: input.number("k2"), exposure: input.number("e2")))
    var fields: [String: VectorValue] = [
      "rate1": .number(test.canary.rate), "rate2": .number(test.baseline.rate),
      "p_cond_greater": .number(exp(test.logP(.greater))),
      "p_cond_less": .number(exp(test.logP(.less))),
      "p_cond_two": .number(exp(test.logP(.twoSided))),
      "log_p_cond_two": .number(test.logP(.twoSided)), "ratio": .number(test.ratio),
      "ci95_ratio_exact": .interval(test.ratioInterval()),
      "ci95_rate1_garwood": .interval(test.canary.interval()),
      "ci95_rate2_garwood": .interval(test.baseline.interval()),
    ]
    if let p = test.estimatedLogP(.twoSided), let greater = test.estimatedLogP(.greater) {
      fields["p_etest_two"] = .number(exp(p))
      fields["p_etest_greater"] = .number(exp(greater))
    }
    for (name, z) in [
      ("score", try? test.scoreZ()), ("wald", try? test.waldZ()), ("sqrt", try? test.squareRootZ()),
    ] {
      guard let z else { continue }
      fields["z_\(name)"] = .number(z)
      let p = exp(Normal.standard.tails(at: z).logP(.twoSided))
      fields["p_\(name)_two"] = .number(p)
    }
    return fields
  },
  "stratified_2x2": { input in
    let strata = try input.rows("strata", atLeast: 4).map { row in
      (
        canary: try Proportion(events: row[0], trials: row[1]),
        baseline: try Proportion(events: row[2], trials: row[3])
      )
    }
    let test = try StratifiedTest(strata: strata)
    let corrected = ChiSquared(degreesOfFreedom: 1).survival(test.correctedChiSquared)
    return [
      "sum_obs_minus_exp": .number(test.deviation), "variance": .number(test.variance),
      "z": .number(test.z), "p_greater": .number(exp(test.logP(.greater))),
      "chi2": .number(test.z * test.z), "p_two": .number(exp(test.logP(.twoSided))),
      "chi2_cc": .number(test.correctedChiSquared), "p_two_cc": .number(corrected),
      "log_p_two": .number(test.logP(.twoSided)), "odds_ratio_mh": .number(test.oddsRatio),
      "log_or_se": .number(test.logOddsRatioError), "ci95_or": .interval(test.oddsRatioInterval()),
    ]
  },
  "srm": { input in
    let test = try SampleRatioTest(
      counts: input.numbers("counts"), weights: input.numbers("weights"))
    let logE = try test.logBayesFactor(concentration: input.number("concentration"))
    return [
      "chi2": .number(test.chiSquared), "df": .number(test.degreesOfFreedom),
      "p": .number(exp(test.logP)), "log_p": .number(test.logP), "log_bf": .number(logE),
      "p_seq": .number(Strength.logE(logE).pValue),
    ]
  },
  "overdispersion": { input in
    let pods = try zip(input.numbers("events"), input.numbers("totals")).map {
      try Proportion(events: $0, trials: $1)
    }
    let spread = try Overdispersion(pods: pods)
    return [
      "p": .number(spread.fraction), "phi_binomial": .number(spread.binomialDispersion),
      "phi_poisson": .number(spread.poissonDispersion),
      "chi2_heterogeneity_p": .number(exp(spread.logHeterogeneityP)),
      "tau2": .number(spread.tauSquared), "rho_beta_binomial": .number(spread.betaBinomialRho),
      "var_cluster": .number(spread.clusterVariance), "ci95_cluster": .interval(spread.interval()),
      "design_effect": .number(spread.designEffect),
    ]
  },
  "counter_windows": { input in
    let samples = try input.list("series").map { try $0.list().map { try $0.numbers() } }
    let series = try samples.map { one in try CounterIncrease(of: one.map { $0.last ?? .nan }) }
    // Adding counters before increase() is the mistake that the field shows.
    var sums: [Double: Double] = [:]
    for sample in samples.joined() where sample.count == 2 {
      sums[sample[0], default: 0] += sample[1]
    }
    let summed = sums.sorted { $0.key < $1.key }.map(\.value)
    return [
      "per_series": .numbers(series.map(\.total)),
      "increase_raw": .number(CompensatedSum(of: series.map(\.total)).result),
      "resets": .number(Double(series.reduce(0) { $0 + $1.resets })),
      "naive_sum_then_increase": .number(try CounterIncrease(of: summed).total),
    ]
  },
]
