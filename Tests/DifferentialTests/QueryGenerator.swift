/// Random queries that type-check, over the series of `NastySeries`.
struct QueryGenerator {
  var random: SplitMix

  mutating func query() -> String {
    random.chance(0.05) ? scalar(3) : vector(3)
  }

  /// No multiple of the data's grid, see `NastySeries`.
  private mutating func window() -> String { random.pick(["61s", "122s", "303s", "17m1s"]) }

  private mutating func shift() -> String {
    switch random.below(12) {
    case 0: " offset 1m"
    case 1: " offset -2m"
    case 2: " @ 1700002000.001"
    case 3: " @ end()"
    case 4: " @ start() offset 90s"
    default: ""
    }
  }

  private mutating func matchers(_ extra: [String] = []) -> String {
    var parts = extra
    switch random.below(6) {
    case 0: parts.append(#"job="api""#)
    case 1: parts.append(#"job!="db""#)
    case 2: parts.append(#"instance=~"i[01]""#)
    case 3: parts.append(#"instance!~".*2|nothing""#)
    default: break
    }
    return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
  }

  private static let families = ["requests_total", "temperature", "info", "sparse"]

  private mutating func selector() -> String { random.pick(Self.families) + matchers() }

  private mutating func number() -> String {
    random.pick(["0", "1", "-1", "0.5", "3", "100", "1e6", "NaN", "Inf", "-Inf", "2.5e-3"])
  }

  private mutating func scalar(_ depth: Int) -> String {
    switch random.below(depth > 0 ? 6 : 2) {
    case 0, 1: number()
    case 2: "time()"
    case 3: "scalar(\(vector(depth - 1)))"
    default: "(\(scalar(depth - 1)) \(arithmetic()) \(scalar(depth - 1)))"
    }
  }

  /// Without `atan2`, whose results keep their name in 2.42 and lose it in 3.
  private mutating func arithmetic() -> String {
    random.pick(["+", "-", "*", "/"])
  }

  /// `%` jumps where its operand differs in the last digit, and Go takes logarithms of denormal
  /// numbers for `^` wrongly; so both get plain counters.
  private mutating func exactArithmetic() -> String {
    "(requests_total\(matchers()) \(random.pick(["%", "^"])) \(number()))"
  }

  private mutating func comparison() -> String { random.pick(["==", "!=", ">", "<", ">=", "<="]) }

  private mutating func vector(_ depth: Int) -> String {
    guard depth > 0 else { return selector() + shift() }
    switch random.below(16) {
    case 0, 1: return selector() + shift()
    case 2, 3: return rate()
    case 4, 5: return overTime()
    case 6, 7: return aggregation(depth)
    case 8: return elementwise(depth)
    case 9: return "(\(vector(depth - 1)) \(arithmetic()) \(scalar(depth - 1)))"
    case 10: return comparisonWithScalar(depth)
    case 11: return join()
    case 12: return setOperation(depth)
    case 13: return labels(depth)
    case 14: return subquery(depth)
    default:
      return random.pick([quantile(), absent(), exactArithmetic(), "-(\(vector(depth - 1)))"])
    }
  }

  private mutating func rate() -> String {
    let function = random.pick(["rate", "increase", "irate"])
    return "\(function)(requests_total\(matchers())[\(window())]\(shift()))"
  }

  private mutating func overTime() -> String {
    let simple = [
      "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time",
      "last_over_time", "present_over_time", "stddev_over_time", "stdvar_over_time", "changes",
      "resets", "delta", "idelta", "deriv",
    ]
    let input = "\(selector())[\(window())]\(shift())"
    switch random.below(8) {
    case 0:
      let quantile = random.pick(["0.5", "0", "1", "0.9", "-1", "2"])
      return "quantile_over_time(\(quantile), \(input))"
    // Unshifted: with `@`, Prometheus' window of this function wanders along a range's steps.
    case 1:
      return "predict_linear(\(selector())[\(window())], \(random.pick(["0", "60", "3600"])))"
    default: return "\(random.pick(simple))(\(input))"
    }
  }

  private mutating func grouping() -> String {
    random.pick([
      "", " by (job) ", " by (instance) ", " by (job, code) ", " without (instance) ",
      " without (job, code) ", " by (nothing) ",
    ])
  }

  private mutating func aggregation(_ depth: Int) -> String {
    switch random.below(9) {
    case 0:
      return "quantile\(grouping())(\(random.pick(["0.5", "0.1", "1"])), \(vector(depth - 1)))"
    // Among counters there are no ties, which would be broken as each likes.
    case 1:
      return "\(random.pick(["topk", "bottomk"]))\(grouping())(2, requests_total\(matchers()))"
    // The spread of infinities is NaN since Prometheus 3, and may be 0 in 2.42.
    case 3: return "\(random.pick(["stddev", "stdvar"]))\(grouping())(requests_total\(matchers()))"
    case 2: return "count_values\(grouping())(\"value\", info\(matchers()))"
    default:
      let operation = random.pick([
        "sum", "avg", "min", "max", "count", "group",
      ])
      return "\(operation)\(grouping())(\(vector(depth - 1)))"
    }
  }

  private mutating func elementwise(_ depth: Int) -> String {
    let inner = vector(depth - 1)
    switch random.below(8) {
    case 0: return "clamp(\(inner), \(scalar(1)), \(scalar(1)))"
    case 1: return "clamp_min(\(inner), \(scalar(1)))"
    case 2: return "round(\(inner), \(random.pick(["1", "0.5", "10", "0.001"])))"
    case 3:
      return "\(random.pick(["hour", "minute", "day_of_week", "month", "days_in_month"]))(\(inner))"
    // Of plain samples: what differs in the last digit may differ in the first of a sine.
    case 4: return "\(random.pick(["sin", "cos", "tan", "asin"]))(temperature\(matchers()))"
    case 5: return "\(random.pick(["ln", "log2", "log10"]))(requests_total\(matchers()))"
    default:
      let function = random.pick([
        "abs", "ceil", "floor", "exp", "sqrt", "sgn", "atan", "sinh", "tanh", "deg", "rad",
        "timestamp",
      ])
      return "\(function)(\(inner))"
    }
  }

  private mutating func comparisonWithScalar(_ depth: Int) -> String {
    let bool = random.chance(0.4) ? " bool" : ""
    return "(\(vector(depth - 1)) \(comparison())\(bool) \(scalar(depth - 1)))"
  }

  private mutating func join() -> String {
    switch random.below(6) {
    case 0: return "requests_total * on (job, instance) group_left (version) info"
    case 1: return "info * on (job, instance) group_right () requests_total\(matchers())"
    case 2:
      return #"requests_total{code="500"} / ignoring (code) requests_total{code="200"}"#
    case 3: return "temperature \(arithmetic()) sparse"
    case 4: return "temperature \(comparison()) on (job, instance) sparse"
    default:
      return "temperature \(arithmetic()) on (instance) group_left () sum by (instance) (info)"
    }
  }

  private mutating func setOperation(_ depth: Int) -> String {
    let matching = random.pick(["", " on (job)", " on (job, instance)", " ignoring (code)"])
    let operation = random.pick(["and", "or", "unless"])
    return "(\(vector(depth - 1)) \(operation)\(matching) \(vector(depth - 1)))"
  }

  private mutating func labels(_ depth: Int) -> String {
    random.chance(0.5)
      ? #"label_replace(\#(selector()), "short", "$1-x", "instance", "i(.*)")"#
      : #"label_join(\#(selector()), "both", "/", "job", "instance")"#
  }

  private mutating func quantile() -> String {
    let level = random.pick(["0.5", "0.9", "0.99", "0", "1", "-1", "2", "NaN"])
    let by = random.pick(["by (le)", "by (job, le)"])
    return "histogram_quantile(\(level), sum \(by) (rate(latency_bucket[\(window())])))"
  }

  private mutating func absent() -> String {
    random.chance(0.5)
      ? #"absent(\#(selector()))"# : #"absent_over_time(nothing{job="x"}[\#(window())])"#
  }

  /// Inner windows keep off the grid since subqueries are evaluated on whole steps.
  private mutating func subquery(_ depth: Int) -> String {
    let function = random.pick([
      "avg_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time",
      "stddev_over_time",
    ])
    let inner = random.pick([rate(), selector(), "sum by (job) (\(selector()))", overTime()])
    let step = random.pick(["15s", "30s", "1m", "20s"])
    return "\(function)((\(inner))[\(random.pick(["5m", "12m"])):\(step)]\(shift()))"
  }
}
