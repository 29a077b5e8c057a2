internal import Glibc
internal import Statistics

/// Answers of the families that rest on linear algebra, and of NIST's reference sets.
let regressionAnswers: [String: VectorAnswer] = [
  "ols_robust": { input in
    let fit = try LeastSquares(rows: input.rows("X"), responses: input.numbers("y"))
    let clusters = try input.list("cluster").map { try $0.integer() }
    let hc3 = try fit.standardErrors(.hc3)
    let t = (fit.coefficients.last ?? .nan) / (hc3.last ?? .nan)
    let tail = StudentT(degreesOfFreedom: fit.degreesOfFreedom).tails(at: t)
    return [
      "coef": .numbers(fit.coefficients), "r2": .number(fit.rSquared),
      "df": .number(fit.degreesOfFreedom), "clusters": .number(Double(Set(clusters).count)),
      "se_classical": .numbers(try fit.standardErrors(.classical)),
      "se_hc0": .numbers(try fit.standardErrors(.hc0)),
      "se_hc1": .numbers(try fit.standardErrors(.hc1)),
      "se_hc2": .numbers(try fit.standardErrors(.hc2)), "se_hc3": .numbers(hc3),
      "se_cr0": .numbers(try fit.standardErrors(.clustered(clusters, corrected: false))),
      "se_cr1": .numbers(try fit.standardErrors(.clustered(clusters, corrected: true))),
      "se_hac": .numbers(
        try fit.standardErrors(.autocorrelated(lag: input.integer("hac_lag")))),
      "t_last_hc3": .number(t), "p_last_hc3": .number(exp(tail.logP(.twoSided))),
    ]
  },
  "cuped": { input in
    let canary = try CovariateArm(
      outcomes: input.numbers("y1"), covariates: input.numbers("x1"))
    let baseline = try CovariateArm(
      outcomes: input.numbers("y2"), covariates: input.numbers("x2"))
    let cuped = try CovariateAdjustment(canary: canary, baseline: baseline)
    var fields: [String: VectorValue] = [
      "theta": .number(cuped.theta), "mean1": .number(cuped.canary.mean),
      "var1": .number(cuped.canary.variance), "mean2": .number(cuped.baseline.mean),
      "var2": .number(cuped.baseline.variance), "diff": .number(cuped.test.estimate),
      "se": .number(cuped.test.standardError), "t": .number(cuped.test.t),
      "df": .number(cuped.test.degreesOfFreedom),
      "p_two": .number(exp(cuped.test.logP(.twoSided))),
      "variance_ratio": .number(cuped.varianceRatio),
    ]
    if let lin = try? CovariateAdjustment.regressionEffect(canary: canary, baseline: baseline) {
      fields["lin_effect"] = .number(lin.estimate)
      fields["lin_se_hc2"] = .number(lin.standardError)
    }
    return fields
  },
  "hotelling_t2": { input in
    let test = try HotellingTest(canary: input.rows("a"), baseline: input.rows("b"))
    return [
      "T2": .number(test.tSquared), "F": .number(test.f), "df1": .number(test.numeratorDegrees),
      "df2": .number(test.denominatorDegrees), "p_value": .number(exp(test.logP)),
      "log_p": .number(test.logP), "mahalanobis_d2": .number(test.mahalanobisSquared),
    ]
  },
  "nist_strd": { input in
    switch try input.text("kind") {
    case "univariate":
      let rule = input["rule"]
      let pair = try rule.numbers("pair")
      let repeats = max(0, min(1_000_000, try rule.integer("repeats")))
      let values = [try rule.number("first")] + (0..<repeats).flatMap { _ in pair }
      let moments = Moments(of: values)
      var fields: [String: VectorValue] = [
        "n": .number(moments.count), "mean": .number(moments.mean),
      ]
      // Decimals that doubles hold to too few digits have another sd than the certified one.
      if moments.mean.ulp < 2e-9 * moments.standardDeviation || moments.mean.ulp < 2e-16 {
        fields["sd"] = .number(moments.standardDeviation)
        let dependence = try Autocorrelation(of: values, lag: 1)
        fields["lag1_autocorrelation"] = .number(dependence.coefficients[1])
      }
      return fields
    case "values":
      let moments = Moments(of: try input.numbers("x"))
      return [
        "n": .number(moments.count), "mean": .number(moments.mean),
        "sd": .number(moments.standardDeviation),
      ]
    case "sum": return ["sum": .number(CompensatedSum(of: try input.numbers("x")).result)]
    case "poly5":
      let rows = try input.numbers("x").map { x in (0...5).map { pow(x, Double($0)) } }
      let fit = try LeastSquares(rows: rows, responses: input.numbers("y"))
      return ["coef": .numbers(fit.coefficients)]
    case "linear":
      let fit = try LeastSquares(rows: input.rows("X"), responses: input.numbers("y"))
      return ["coef": .numbers(fit.coefficients)]
    case "anova":
      let offset = try input.number("offset")
      // From 1e7 on doubles hold the rule's decimals to too few digits for the certified values,
      // and p of 1e-50 changes by ninety times what F does.
      guard offset < 1e7 else { return [:] }
      var groups: [Moments] = []
      for i in 0..<9 {
        var values: [Double] = []
        for j in 0..<21 {
          let tenths: Int = 2 + 3 * ((i + j) % 2) + i
          values.append(offset + Double(tenths) / 10)
        }
        groups.append(Moments(of: values))
      }
      let analysis = try VarianceAnalysis(groups: groups)
      return [
        "F": .number(analysis.ratio), "r2": .number(analysis.explainedShare),
        "ms_between": .number(analysis.between), "ms_within": .number(analysis.within),
      ]
    default: return [:]
    }
  },
]
