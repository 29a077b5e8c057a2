import Glibc

/// The shift between two samples as Kayenta solves for it.
///
/// The interval's ends are roots in μ of (W(x − μ, y) − ½ sign) / σ − z, with the tie-corrected σ
/// ranked again at every μ, found by R. Brent's method (Algorithms for Minimization without
/// Derivatives, 1973, chapter 4) with half the tolerance 1e-4 per side, as R's `uniroot` does. The
/// function is a staircase, so where it stops inside a step depends on the path; this walks the
/// same path.
struct KayentaShift {
  let interval: ConfidenceInterval
  let estimate: Double
  /// P(experiment > control) + ½ P(equal).
  let superiority: Double

  init(experiment: [Double], control: [Double], confidence: Double) {
    let x = experiment.sorted()
    let y = control.sorted()
    // Both are not empty where a verdict is wanted.
    let low = (x.first ?? 0) - (y.last ?? 0)
    let high = (x.last ?? 0) - (y.first ?? 0)
    superiority = (try? MannWhitneyTest(canary: x, baseline: y))?.effect ?? .nan
    guard low < high else {
      interval = ConfidenceInterval(level: confidence, lower: low, upper: high)
      estimate = low
      return
    }
    let z = Normal.standard.inverseSurvival((1 - confidence) / 2)
    func root(_ quantile: Double) -> Double {
      let f = { Self.statistic(x, y, shift: $0) - quantile }
      let (atLow, atHigh) = (f(low), f(high))
      if atLow <= 0 { return low }
      if atHigh >= 0 { return high }
      return brentRoot(of: f, from: (low, atLow), to: (high, atHigh), tolerance: 1e-4)
    }
    interval = ConfidenceInterval(level: confidence, lower: root(z), upper: root(-z))
    estimate = root(0)
  }

  /// The continuity-corrected Mann-Whitney statistic of x − shift against y; both ascending.
  private static func statistic(_ x: [Double], _ y: [Double], shift: Double) -> Double {
    let (m, n) = (Double(x.count), Double(y.count))
    var (i, j, rankSum, ties) = (0, 0, 0.0, 0.0)
    while i < x.count || j < y.count {
      let left = i < x.count ? x[i] - shift : .infinity
      let value = j < y.count ? min(left, y[j]) : left
      let (startI, startJ) = (i, j)
      while i < x.count, x[i] - shift == value { i += 1 }
      while j < y.count, y[j] == value { j += 1 }
      guard i > startI || j > startJ else { break }
      let (a, t) = (Double(i - startI), Double(i - startI + j - startJ))
      rankSum += a * (Double(startI + startJ) + (t + 1) / 2)
      ties += t * t * t - t
    }
    let deviation = rankSum - m * (m + 1) / 2 - m * n / 2
    let correction = deviation == 0 ? 0 : (deviation > 0 ? 0.5 : -0.5)
    let total = m + n
    let variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    return (deviation - correction) / variance.squareRoot()
  }
}

/// A root by inverse quadratic interpolation, secants and bisection between two points of opposite
/// sign: Brent's method in the form of R's `zeroin`, which allows half the tolerance.
private func brentRoot(
  of f: (Double) -> Double, from low: (x: Double, f: Double), to high: (x: Double, f: Double),
  tolerance: Double
) -> Double {
  var (a, b, c) = (low, high, low)
  for _ in 0..<1_000 {
    let previous = b.x - a.x
    if abs(c.f) < abs(b.f) { (a, b, c) = (b, c, b) }
    let least = 2 * Double.ulpOfOne * abs(b.x) + tolerance / 2
    let gap = c.x - b.x
    var step = gap / 2
    if abs(step) <= least || b.f == 0 { return b.x }
    if abs(previous) >= least, abs(a.f) > abs(b.f) {
      var (p, q) = (0.0, 0.0)
      if a.x == c.x {
        let slope = b.f / a.f
        (p, q) = (gap * slope, 1 - slope)
      } else {
        let (r, s, t) = (a.f / c.f, b.f / c.f, b.f / a.f)
        p = t * (gap * r * (r - s) - (b.x - a.x) * (s - 1))
        q = (r - 1) * (s - 1) * (t - 1)
      }
      if p > 0 { q = -q } else { p = -p }
      if p < 0.75 * gap * q - abs(least * q) / 2, p < abs(previous * q / 2) { step = p / q }
    }
    if abs(step) < least { step = step > 0 ? least : -least }
    a = b
    b.x += step
    b.f = f(b.x)
    if (b.f > 0 && c.f > 0) || (b.f < 0 && c.f < 0) { c = a }
  }
  return b.x
}
