internal import Glibc
internal import Statistics

/// Answers of the families that compare two arms by classical tests.
let comparisonAnswers: [String: VectorAnswer] = [
  "welch_t": { input in
    let canary: Moments
    let baseline: Moments
    if input.has("summary") {
      let summary = input["summary"]
      canary = try Moments(
        count: summary.number("n_a"), mean: summary.number("mean_a"),
        variance: summary.number("var_a"))
      baseline = try Moments(
        count: summary.number("n_b"), mean: summary.number("mean_b"),
        variance: summary.number("var_b"))
    } else {
      canary = Moments(of: try input.numbers("a"))
      baseline = Moments(of: try input.numbers("b"))
    }
    let test = try WelchTest(
      canary: canary, baseline: baseline,
      variances: input.flag("pooled") ? .pooled : .unequal)
    return [
      "estimate": .number(test.estimate), "se": .number(test.standardError),
      "df": .number(test.degreesOfFreedom), "t": .number(test.t),
      "p_two": .number(exp(test.logP(.twoSided))), "p_greater": .number(test.tails().upper),
      "p_less": .number(test.tails().lower), "log_p_two": .number(test.logP(.twoSided)),
      "ci95": .interval(test.interval()), "cohen_d": .number(test.cohenD),
    ]
  },
  "two_proportions": { input in
    let test = try twoProportions(input)
    var fields: [String: VectorValue] = [
      "p1": .number(test.canary.fraction), "p2": .number(test.baseline.fraction),
      "diff": .number(test.estimate),
      "ci95_wald": .interval(try test.waldInterval()),
      "ci95_newcombe": .interval(try test.newcombeInterval()),
      "ci95_agresti_caffo": .interval(try test.agrestiCaffoInterval()),
      "ci95_miettinen_nurminen": .interval(try test.miettinenNurminenInterval()),
      "risk_ratio": .number(test.riskRatio), "odds_ratio": .number(test.oddsRatio),
      "fisher": .object([
        "p_two": .number(exp(test.fisher.logP(.twoSided))),
        "p_greater": .number(exp(test.fisher.logP(.greater))),
        "p_less": .number(exp(test.fisher.logP(.less))),
        "log_p_two": .number(test.fisher.logP(.twoSided)),
      ]),
    ]
    for isPooled in [true, false] {
      guard
        let barnard = BarnardTest(
          canary: test.canary, baseline: test.baseline, pooled: isPooled),
        test.canary.trials * test.baseline.trials < 1_000
      else { continue }
      fields[isPooled ? "barnard_pooled" : "barnard_unpooled"] = .object([
        "p_two": .number(barnard.pValue(.twoSided)),
        "p_greater": .number(barnard.pValue(.greater)),
      ])
    }
    if let interval = try test.katzInterval() { fields["ci95_rr_katz"] = .interval(interval) }
    if let interval = try test.woolfInterval() { fields["ci95_or_woolf"] = .interval(interval) }
    if let z = try? test.z(.pooled) {
      fields["z_pooled"] = .number(z)
      fields["p_two_pooled"] = .number(exp(try test.logP(.twoSided, method: .pooled)))
      fields["p_greater_pooled"] = .number(exp(try test.logP(.greater, method: .pooled)))
      fields["p_less_pooled"] = .number(exp(try test.logP(.less, method: .pooled)))
      fields["log_p_two_pooled"] = .number(try test.logP(.twoSided, method: .pooled))
      let yates = Normal.standard.tails(at: try test.continuityCorrectedZ())
      fields["p_two_yates"] = .number(exp(yates.logP(.twoSided)))
    }
    if let z = try? test.z(.unpooled) {
      fields["z_unpooled"] = .number(z)
      fields["p_two_unpooled"] = .number(exp(try test.logP(.twoSided, method: .unpooled)))
    }
    return fields
  },
  "proportion_intervals": { input in
    let proportion = try Proportion(events: input.number("x"), trials: input.number("n"))
    let test = try ExactBinomialTest(proportion, against: input.number("p0"))
    return [
      "p": .number(proportion.fraction),
      "wilson": .interval(try ProportionInterval.wilson.of(proportion)),
      "clopper_pearson": .interval(try ProportionInterval.clopperPearson.of(proportion)),
      "agresti_coull": .interval(try ProportionInterval.agrestiCoull.of(proportion)),
      "jeffreys": .interval(try ProportionInterval.jeffreys.of(proportion)),
      "p_binom_greater": .number(exp(test.logP(.greater))),
      "p_binom_less": .number(exp(test.logP(.less))),
      "p_binom_two": .number(exp(test.logP(.twoSided))),
    ]
  },
  "mann_whitney": { input in
    let test =
      input.has("bucket_counts_a")
      ? try MannWhitneyTest(
        canaryCounts: input.numbers("bucket_counts_a"),
        baselineCounts: input.numbers("bucket_counts_b"))
      : try MannWhitneyTest(canary: input.numbers("a"), baseline: input.numbers("b"))
    var fields: [String: VectorValue] = [
      "U1": .number(test.u),
      "U2": .number(test.samples.canary * test.samples.baseline * 0.5 - test.deviation),
      "auc": .number(test.effect),
      "rank_biserial": .number(
        test.deviation / (test.samples.canary * test.samples.baseline) * 2),
      "variance": .number(test.variance),
      "p_greater_cc": .number(exp(test.logP(.greater))),
      "p_less_cc": .number(exp(test.logP(.less))),
      "p_two_cc": .number(exp(test.logP(.twoSided))),
      "log_p_two_cc": .number(test.logP(.twoSided)),
      "p_greater": .number(exp(test.logP(.greater, continuityCorrected: false))),
      "p_less": .number(exp(test.logP(.less, continuityCorrected: false))),
      "p_two": .number(exp(test.logP(.twoSided, continuityCorrected: false))),
    ]
    if let z = try? test.z() { fields["z"] = .number(z) }
    if let law = test.exactLaw() {
      fields["p_greater_exact"] = .number(exp(law.logP(.greater)))
      fields["p_less_exact"] = .number(exp(law.logP(.less)))
      fields["p_two_exact"] = .number(exp(law.logP(.twoSided)))
    }
    return fields
  },
  "equivalence": { input in
    if try input.text("kind") == "noninferiority" {
      let test = try twoProportions(input)
      let margin = try input.number("margin")
      let higherIsBetter = try input.flag("higher_is_better")
      return [
        "diff": .number(test.estimate), "se": .number(test.unpooledStandardError),
        "z": .number(try test.z(notWorseBy: margin, higherIsBetter: higherIsBetter)),
        "p": .number(exp(try test.logP(notWorseBy: margin, higherIsBetter: higherIsBetter))),
      ]
    }
    let test = try WelchTest(
      canary: Moments(of: input.numbers("a")), baseline: Moments(of: input.numbers("b")))
    let result = try test.equivalence(within: input.number("low"), input.number("high"))
    return [
      "diff": .number(test.estimate), "se": .number(test.standardError),
      "df": .number(test.degreesOfFreedom), "p_lower": .number(exp(result.logPLower)),
      "p_upper": .number(exp(result.logPUpper)), "p": .number(exp(result.logP)),
      "ci90": .interval(result.interval),
    ]
  },
]

func twoProportions(_ input: VectorValue) throws -> TwoProportionTest {
  try TwoProportionTest(
    canary: Proportion(events: input.number("x1"), trials: input.number("n1")),
    baseline: Proportion(events: input.number("x2"), trials: input.number("n2")))
}

extension VectorValue {
  static func interval(_ interval: ConfidenceInterval) -> VectorValue {
    .numbers([interval.lower, interval.upper])
  }
}
