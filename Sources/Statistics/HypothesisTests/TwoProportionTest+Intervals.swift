import Glibc

extension TwoProportionTest {
  /// Wald's interval of the difference. Too narrow near 0 and 1; for comparison only.
  package func waldInterval(level: Double = 0.95) throws(NotComputable) -> ConfidenceInterval {
    let half = try deviate(level) * unpooledStandardError
    return ConfidenceInterval(level: level, lower: estimate - half, upper: estimate + half)
  }

  /// Newcombe's hybrid score interval of the difference (R. Newcombe, Stat. Med. 17, 1998,
  /// method 10): the distances of both Wilson intervals added in quadrature.
  package func newcombeInterval(
    level: Double = 0.95
  ) throws(NotComputable) -> ConfidenceInterval {
    let (p1, p2) = (canary.fraction, baseline.fraction)
    let first = try ProportionInterval.wilson.of(canary, level: level)
    let second = try ProportionInterval.wilson.of(baseline, level: level)
    return ConfidenceInterval(
      level: level,
      lower: estimate - hypot(p1 - first.lower, second.upper - p2),
      upper: estimate + hypot(first.upper - p1, p2 - second.lower))
  }

  /// Wald's interval after adding one event and one non-event to each arm (A. Agresti, B. Caffo,
  /// Am. Stat. 54, 2000).
  package func agrestiCaffoInterval(
    level: Double = 0.95
  ) throws(NotComputable) -> ConfidenceInterval {
    let z = try deviate(level)
    let (n1, n2) = (canary.trials + 2, baseline.trials + 2)
    let (p1, p2) = ((canary.events + 1) / n1, (baseline.events + 1) / n2)
    let half = z * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2).squareRoot()
    return ConfidenceInterval(level: level, lower: p1 - p2 - half, upper: p1 - p2 + half)
  }

  /// The score interval of the difference (O. Miettinen, M. Nurminen, Stat. Med. 4, 1985), with
  /// their factor N/(N − 1): all differences that the score test does not reject.
  package func miettinenNurminenInterval(
    level: Double = 0.95
  ) throws(NotComputable) -> ConfidenceInterval {
    let z = try deviate(level)
    func edge(towards limit: Double) -> Double {
      // Between the estimate, where the statistic is 0, and the limit, where it is infinite.
      var (inside, outside) = (estimate, limit)
      for _ in 0..<100 {
        let middle = (inside + outside) / 2
        if middle == inside || middle == outside { break }
        if abs(scoreZ(against: middle)) < z { inside = middle } else { outside = middle }
      }
      return outside
    }
    return ConfidenceInterval(level: level, lower: edge(towards: -1), upper: edge(towards: 1))
  }

  /// The score statistic against a difference Δ: (p₁ − p₂ − Δ) over the standard error at the
  /// maximum likelihood proportions with p₁ − p₂ = Δ.
  package func scoreZ(against difference: Double) -> Double {
    let numerator = estimate - difference
    guard numerator != 0 else { return 0 }
    let p2 = restrictedBaseline(difference)
    let p1 = min(1, max(0, p2 + difference))
    let (n1, n2) = (canary.trials, baseline.trials)
    let variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * ((n1 + n2) / (n1 + n2 - 1))
    guard variance > 0 else { return numerator > 0 ? .infinity : -.infinity }
    return numerator / variance.squareRoot()
  }

  /// Katz' interval of the risk ratio on the log scale; nil where an arm has no events.
  package func katzInterval(level: Double = 0.95) throws(NotComputable) -> ConfidenceInterval? {
    guard canary.events > 0, baseline.events > 0 else { return nil }
    let variance =
      canary.nonEvents / canary.trials / canary.events
      + baseline.nonEvents / baseline.trials / baseline.events
    let half = try deviate(level) * variance.squareRoot()
    return ConfidenceInterval(
      level: level, lower: exp(log(riskRatio) - half), upper: exp(log(riskRatio) + half))
  }

  /// Woolf's interval of the odds ratio on the log scale; nil where a cell is empty.
  package func woolfInterval(level: Double = 0.95) throws(NotComputable) -> ConfidenceInterval? {
    let cells = [canary.events, canary.nonEvents, baseline.events, baseline.nonEvents]
    guard cells.allSatisfy({ $0 > 0 }) else { return nil }
    let half = try deviate(level) * cells.reduce(0) { $0 + 1 / $1 }.squareRoot()
    return ConfidenceInterval(
      level: level, lower: exp(log(oddsRatio) - half), upper: exp(log(oddsRatio) + half))
  }

  private func deviate(_ level: Double) throws(NotComputable) -> Double {
    guard level > 0, level < 1 else { throw .invalidProbability }
    return Normal.standard.inverseSurvival((1 - level) / 2)
  }

  /// The baseline's proportion p that maximises the likelihood when the canary's is p + Δ.
  ///
  /// The root of Miettinen and Nurminen's cubic in closed form, then polished by Newton's method on
  /// the slope of the likelihood, because the cosine loses half the digits near double roots.
  private func restrictedBaseline(_ difference: Double) -> Double {
    let (x1, n1, x2, n2) = (canary.events, canary.trials, baseline.events, baseline.trials)
    let total = n1 + n2
    let l2 = ((n1 + 2 * n2) * difference - total - (x1 + x2)) / total
    let l1 = ((n2 * difference - total - 2 * x2) * difference + (x1 + x2)) / total
    let l0 = x2 / total * difference * (1 - difference)
    let q = l2 * l2 * l2 / 27 - l1 * l2 / 6 + l0 / 2
    let root = max(0, l2 * l2 / 9 - l1 / 3).squareRoot()
    let signed = q < 0 ? -root : root
    let ratio = signed == 0 ? 0 : min(1, max(-1, q / (signed * signed * signed)))
    let (low, high) = (max(0, -difference), min(1, 1 - difference))
    let closed = 2 * signed * cos((.pi + acos(ratio)) / 3) - l2 / 3
    var p = min(high, max(low, closed))
    for _ in 0..<8 {
      let p1 = p + difference
      guard p > low, p < high else { break }
      let (slope1, slope2) = ((x1 - n1 * p1) / (p1 * (1 - p1)), (x2 - n2 * p) / (p * (1 - p)))
      let curvature =
        x1 / (p1 * p1) + (n1 - x1) / ((1 - p1) * (1 - p1))
        + x2 / (p * p) + (n2 - x2) / ((1 - p) * (1 - p))
      let step = (slope1 + slope2) / curvature
      guard step.isFinite, abs(step) > 1e-17 else { break }
      let next = p + step
      p = next <= low ? (p + low) / 2 : (next >= high ? (p + high) / 2 : next)
    }
    return p
  }
}
