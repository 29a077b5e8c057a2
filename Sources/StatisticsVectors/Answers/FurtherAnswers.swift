internal import Glibc
internal import Statistics

/// Answers of the Bayesian, resampling, planning and series families.
let furtherAnswers: [String: VectorAnswer] = [
  "bayes_beta_binomial": { input in
    let comparison = try BetaBinomialComparison(
      canary: Proportion(events: input.number("x1"), trials: input.number("n1")),
      baseline: Proportion(events: input.number("x2"), trials: input.number("n2")),
      priorA: input.number("prior_a"), priorB: input.number("prior_b"))
    return [
      "chance_canary_higher": .number(exp(comparison.logChanceCanaryHigher)),
      "log_chance_canary_lower": .number(comparison.logChanceCanaryLower),
      "loss_if_ship": .number(comparison.expectedLossIfShipped),
      "loss_if_keep": .number(comparison.expectedLossIfKept),
      "mean1": .number(comparison.canary.mean), "mean2": .number(comparison.baseline.mean),
      "lift_mean": .number(comparison.lift),
      "credible1": .interval(BetaBinomialComparison.credibleInterval(comparison.canary)),
      "credible2": .interval(BetaBinomialComparison.credibleInterval(comparison.baseline)),
    ]
  },
  "bayes_gaussian_effect": { input in
    let prior =
      input.has("prior_mean")
      ? (mean: try input.number("prior_mean"), variance: try input.number("prior_var")) : nil
    let posterior = try NormalPosterior(
      estimate: input.number("estimate"), standardError: input.number("se"), prior: prior)
    return [
      "posterior_mean": .number(posterior.mean),
      "posterior_sd": .number(posterior.standardDeviation),
      "chance_to_win": .number(posterior.tails.upper),
      "chance_to_win_inverse": .number(posterior.tails.lower),
      "risk_keep": .number(exp(posterior.logLossIfKept)),
      "risk_ship": .number(exp(posterior.logLossIfShipped)),
      "log_risk_ship": .number(posterior.logLossIfShipped), "ci95": .interval(posterior.interval()),
    ]
  },
  "sequential_effect": { input in
    let (estimate, error) = (try input.number("estimate"), try input.number("se"))
    let look = try MixtureSPRT(estimate: estimate, standardError: error)
    let logE = look.logE(priorVariance: try input.number("tau2"))
    let sequence = try AsymptoticConfidenceSequence(
      estimate: estimate, standardError: error, count: input.number("n"),
      tunedCount: input.number("n_star"), alpha: input.number("alpha"))
    return [
      "msprt_log_e": .number(logE), "msprt_p": .number(Strength.logE(logE).pValue),
      "rho_two": .number(sequence.rho()), "ci_two": .interval(sequence.interval),
      "growthbook_log_e": .number(sequence.logE),
      "growthbook_p": .number(Strength.logE(sequence.logE).pValue),
      "rho_one": .number(sequence.rho(.greater)), "lower_one": .number(sequence.bound(.greater)),
      "upper_one": .number(sequence.bound(.less)),
    ]
  },
  "group_sequential": { input in
    if try input.text("kind") == "classic" {
      let (looks, alpha) = (try input.integer("looks"), try input.number("alpha_two_sided"))
      let constant = try GroupSequentialDesign.obrienFleming.constant(looks: looks, alpha: alpha)
      let bounds = (1...looks).map {
        GroupSequentialDesign.obrienFleming.bound(look: $0, of: looks, constant: constant)
      }
      return [
        "pocock_c": .number(try GroupSequentialDesign.pocock.constant(looks: looks, alpha: alpha)),
        "obf_c": .number(constant), "obf_z": .numbers(bounds),
      ]
    }
    let spending: AlphaSpending
    switch try input.text("kind") {
    case "obf_like": spending = .obrienFleming
    case "pocock_like": spending = .pocock
    case "power": spending = .power(try input.number("parameter"))
    default: spending = .hwangShihDeCani(try input.number("parameter"))
    }
    let bounds = try spending.bounds(
      alpha: input.number("alpha_one_sided"), fractions: input.numbers("fractions"))
    return ["z": .numbers(bounds.z), "cumulative_alpha": .numbers(bounds.spent)]
  },
  "power": { input in
    let alpha = try input.number("alpha")
    let analysis = try PowerAnalysis(
      alpha: alpha, power: input.has("power") ? input.number("power") : 0.8,
      ratio: input.number("ratio"),
      isOneSided: input.has("one_sided") ? input.flag("one_sided") : false)
    switch try input.text("kind") {
    case "prop":
      let size = try analysis.canarySize(
        forProportion: input.number("p1"), against: input.number("p2"))
      return ["n1": .number(size), "n2": .number(size * analysis.ratio)]
    case "mean":
      let (sd1, sd2) = (try input.number("sd1"), try input.number("sd2"))
      return [
        "n1": .number(
          try analysis.canarySize(forDifference: input.number("delta"), sd1: sd1, sd2: sd2)),
        "mde_at_n1_1000": .number(
          analysis.detectableDifference(canarySize: 1_000, sd1: sd1, sd2: sd2)),
      ]
    default:
      return [
        "power_t": .number(
          try analysis.tTestPower(
            effectSize: input.number("effect_size"), canarySize: input.number("n1")))
      ]
    }
  },
  "bootstrap_intervals": { input in
    let bootstrap = try BootstrapInterval(
      estimate: input.number("theta_hat"), replicates: input.numbers("replicates"),
      jackknife: input.numbers("jackknife"))
    return [
      "z0": .number(bootstrap.bias), "acceleration": .number(bootstrap.acceleration),
      "alpha1": .number(bootstrap.correctedLevels.lower),
      "alpha2": .number(bootstrap.correctedLevels.upper),
      "percentile": .interval(bootstrap.percentile), "basic": .interval(bootstrap.basic),
      "bca": .interval(bootstrap.biasCorrected), "se": .number(bootstrap.standardError),
      "normal": .interval(bootstrap.normal),
    ]
  },
  "autocorrelation": { input in
    let lag = input.has("lag") ? try input.integer("lag") : nil
    let dependence = try Autocorrelation(of: input.numbers("x"), lag: lag)
    var fields: [String: VectorValue] = [
      "mean": .number(dependence.mean), "lag": .number(Double(dependence.lag)),
      "acf": .numbers(dependence.coefficients), "lrv": .number(dependence.longRunVariance),
      "se_mean": .number(dependence.standardError),
      "ess": .number(dependence.effectiveSampleSize),
    ]
    if let box = dependence.ljungBox {
      fields["ljung_box"] = .number(box.statistic)
      fields["ljung_box_p"] = .number(exp(box.logP))
    }
    return fields
  },
  "change_point": { input in
    let values = try input.numbers("x")
    let energy = try EnergyChangePoint(of: values)
    let options = input["cusum"]
    let sums = CumulativeSums(
      of: values, mean: try options.number("mean"), standardDeviation: try options.number("sd"),
      slack: try options.number("k"), limit: try options.number("h"))
    return [
      "e_divisive_q": .numbers(energy.statistics), "best_tau": .number(Double(energy.leftCount)),
      "cusum_plus": .numbers(sums.upper), "cusum_minus": .numbers(sums.lower),
      "cusum_alarm": sums.firstAlarm.map { .number(Double($0)) } ?? .null,
    ]
  },
  "drift": { input in
    let drift = try Drift(
      canary: input.numbers("p_counts"), baseline: input.numbers("q_counts"),
      floor: input.number("eps"))
    return [
      "psi": .number(drift.populationStability), "kl": .number(drift.kullbackLeibler),
      "js": .number(drift.jensenShannon), "hellinger": .number(drift.hellinger),
      "total_variation": .number(drift.totalVariation), "chi2": .number(drift.chiSquared),
      "df": .number(drift.degreesOfFreedom), "p": .number(exp(drift.logP)),
      "log_p": .number(drift.logP), "cramers_v": .number(drift.cramersV),
    ]
  },
  "outliers": { input in
    let outliers = try Outliers(of: input.numbers("x"))
    let tukey = outliers.tukey(factor: try input.number("tukey_factor"))
    let kayenta = outliers.kayenta(factor: try input.number("kayenta_factor"))
    return [
      "q1": .number(outliers.quantile(0.25)), "q3": .number(outliers.quantile(0.75)),
      "tukey_fences": .numbers([tukey.lower, tukey.upper]), "tukey": .flags(tukey.flags),
      "kayenta_fences": .numbers([kayenta.lower, kayenta.upper]),
      "kayenta_iqr": .flags(kayenta.flags), "median": .number(outliers.median),
      "mad": .number(outliers.medianAbsoluteDeviation),
      "mad_flags": .flags(
        outliers.farFromMedian(threshold: try input.number("mad_threshold"))),
      "ksigma": .flags(outliers.farFromMean(deviations: try input.number("ksigma"))),
      "winsorized": .numbers(outliers.winsorized()),
    ]
  },
]
