import Glibc

/// Brownian motion observed at a few times and stopped at bounds: the law of the paths that go on.
///
/// The density at each look is the last one convolved with the normal increment (P. Armitage,
/// C. McPherson, B. Rowe, JRSS A 132, 1969), held on Gauss-Legendre panels no wider than seven
/// standard deviations of the increment.
struct StoppedWalk {
  private var time = 0.0
  /// Where the density is known, and its value times the quadrature weight.
  private var nodes: [Double] = [0]
  private var masses: [Double] = [1]

  /// The chance of not having been stopped.
  var remaining: Double { CompensatedSum(of: masses).result }

  /// The z bound at time t that stops with this probability.
  func upperBound(spending probability: Double, at t: Double) -> Double {
    guard probability > 0 else { return .infinity }
    let spread = (t - time).squareRoot()
    // Without earlier looks this is exact; else the stop probability falls with the bound.
    var (low, high) = (-10.0, Normal.standard.inverseSurvival(min(0.5, probability)) + 1e-9)
    for _ in 0..<80 where high - low > 4e-16 * abs(high) {
      let z = (low + high) / 2
      var stopped = 0.0
      for (node, mass) in zip(nodes, masses) {
        stopped += mass * Normal.standard.survival((z * t.squareRoot() - node) / spread)
      }
      if stopped > probability { low = z } else { high = z }
    }
    return (low + high) / 2
  }

  /// Goes to time t and keeps the paths with z between the bounds.
  mutating func advance(to t: Double, below upper: Double, above lower: Double) {
    let spread = (t - time).squareRoot()
    let root = t.squareRoot()
    let (a, b) = (max(lower, -8.5) * root, min(upper, 8.5) * root)
    let panels = max(2, Int(((b - a) / (7 * spread)).rounded(.up)))
    let rule = GaussLegendre.thirtyTwo
    let half = (b - a) / Double(panels) / 2
    var reached = 0
    var (nextNodes, nextMasses) = ([Double](), [Double]())
    nextNodes.reserveCapacity(32 * panels)
    nextMasses.reserveCapacity(32 * panels)
    for panel in 0..<panels {
      let centre = a + half * Double(2 * panel + 1)
      for (node, weight) in zip(rule.nodes, rule.weights) {
        let x = centre + half * node
        // Nodes ascend, and none further than nine standard deviations contributes.
        while reached < nodes.count, nodes[reached] < x - 9 * spread { reached += 1 }
        var density = 0.0
        var index = reached
        while index < nodes.count, nodes[index] < x + 9 * spread {
          let step = (x - nodes[index]) / spread
          density += masses[index] * exp(-0.5 * step * step)
          index += 1
        }
        nextNodes.append(x)
        nextMasses.append(density * weight * half / spread * 0.398942280401432678)
      }
    }
    time = t
    nodes = nextNodes
    masses = nextMasses
  }
}
