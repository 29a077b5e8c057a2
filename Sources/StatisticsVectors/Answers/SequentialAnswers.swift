internal import Glibc
internal import Statistics

/// Answers of the families on sequential inference and multiplicity.
let sequentialAnswers: [String: VectorAnswer] = [
  "e_processes": { input in
    if try input.text("kind") == "betting_hedged" {
      var bets = try BettingMean(
        against: input.number("m"), alpha: input.number("alpha"),
        stakeLimit: input.number("trunc_scale"))
      var (capital, bounds) = ([Double](), [Double]())
      for value in try input.numbers("x") {
        try bets.observe(value)
        capital.append(bets.logCapital)
        bounds.append(bets.lowerBound)
      }
      return [
        "log_capital": .numbers(capital), "empirical_bernstein_lower": .numbers(bounds),
      ]
    }
    let grid = RatioGrid(try input.numbers("theta"))
    var (safe, conditional) = (SafeTwoByTwo(ratios: grid), ConditionalRateRatio(ratios: grid))
    var (safeLogs, conditionalLogs) = ([Double](), [Double]())
    for (block, rate) in zip(try input.rows("blocks", atLeast: 4), try input.numbers("baseline")) {
      let canary = try Proportion(events: block[0], trials: block[1])
      let baseline = try Proportion(events: block[2], trials: block[3])
      try safe.observe(canary: canary, baseline: baseline, baselineRate: rate)
      conditional.observe(canary: canary, baseline: baseline)
      safeLogs.append(safe.logE)
      conditionalLogs.append(conditional.logE)
    }
    return [
      "log_e_safe": .numbers(safeLogs), "log_e_conditional": .numbers(conditionalLogs),
      "p_safe": .number(exp(Strength.logE(safeLogs.max() ?? 0).logP)),
    ]
  },
  "multiple_testing": { input in
    let p = try input.numbers("p")
    let rejected = try MultipleComparisons.rejected(
      logE: input.numbers("e").map { log($0) }, alpha: 0.05)
    return [
      "bonferroni": .numbers(try MultipleComparisons.bonferroni.adjusted(p)),
      "sidak": .numbers(try MultipleComparisons.sidak.adjusted(p)),
      "holm": .numbers(try MultipleComparisons.holm.adjusted(p)),
      "hochberg": .numbers(try MultipleComparisons.hochberg.adjusted(p)),
      "bh": .numbers(try MultipleComparisons.benjaminiHochberg.adjusted(p)),
      "by": .numbers(try MultipleComparisons.benjaminiYekutieli.adjusted(p)),
      "ebh_rejected": .numbers(rejected.map { Double($0) }),
    ]
  },
]
