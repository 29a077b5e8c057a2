internal import Glibc
internal import Statistics

/// Answers of the families on permutations, distribution functions and uniform boundaries.
let shapeAnswers: [String: VectorAnswer] = [
  "permutation": { input in
    let test = try PermutationTest(canary: input.numbers("a"), baseline: input.numbers("b"))
    var fields: [String: VectorValue] = [
      "diff": .number(test.estimate), "permutations": .number(test.relabelings),
    ]
    if let p = test.exactP() {
      fields["p_greater"] = .number(p.greater)
      fields["p_less"] = .number(p.less)
      fields["p_two"] = .number(p.twoSided)
    }
    return fields
  },
  "cramer_von_mises": { input in
    let test = try CramerVonMisesTest(canary: input.numbers("a"), baseline: input.numbers("b"))
    var fields: [String: VectorValue] = [
      "statistic": .number(test.statistic), "p_asymptotic": .number(test.pValue),
    ]
    if let p = test.exactP() { fields["p_exact"] = .number(p) }
    return fields
  },
  "anderson_darling": { input in
    let test = try AndersonDarlingTest(canary: input.numbers("a"), baseline: input.numbers("b"))
    return [
      "A2akN": .number(test.statistic), "sigma": .number(test.nullDeviation),
      "statistic": .number(test.standardised),
    ]
  },
  "uniform_boundaries": { input in
    let v = try input.number("v")
    if try input.text("kind") == "poly_stitching" {
      let boundary = try StitchedBoundary(
        alpha: input.number("alpha"), startTime: input.number("v_min"), scale: input.number("c"),
        power: input.number("s"), ratio: input.number("eta"))
      return ["bound": .number(boundary.bound(at: v))]
    }
    let family: UniformBoundary.Family
    switch try input.text("kind") {
    case "normal_two": family = .normalTwoSided
    case "normal_one": family = .normal
    case "gamma_exponential": family = .gammaExponential(scale: try input.number("c"))
    case "gamma_poisson": family = .gammaPoisson(scale: try input.number("c"))
    case "beta_binomial_two":
      family = .betaBinomialTwoSided(g: try input.number("g"), h: try input.number("h"))
    default: family = .betaBinomial(g: try input.number("g"), h: try input.number("h"))
    }
    let boundary = try UniformBoundary(
      family, tunedAt: input.number("v_opt"), alpha: input.number("alpha_opt"))
    return [
      "log_mixture": .number(boundary.logMixture(sum: try input.number("s"), at: v)),
      "bound": .number(boundary.bound(at: v)),
    ]
  },
]
