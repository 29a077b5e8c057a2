import Glibc

/// Brownian motion observed at a few times and stopped at bounds: the law of the paths that go on.
///
/// The density at each look is the last one convolved with the normal increment (P. Armitage,
/// C. McPherson, B. Rowe, JRSS A 132, 1969), held on Gauss-Legendre panels no wider than seven
/// standard deviations of the increment.
struct StoppedWalk: Sendable, Hashable, Codable {
  private var time = 0.0
  /// Where the density is known, and its value times the quadrature weight.
  private var nodes: [Double] = [0]
  private var masses: [Double] = [1]

  init() {}

  init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    time = try stored.decode(Double.self, forKey: .time)
    nodes = try stored.decode([Double].self, forKey: .nodes)
    masses = try stored.decode([Double].self, forKey: .masses)
    guard time >= 0, nodes.count == masses.count else { throw NotComputable.lengthMismatch }
  }

  /// The chance of not having been stopped.
  var remaining: Double { CompensatedSum(of: masses).result }

  /// The z bound at time t that stops with this probability.
  func upperBound(spending probability: Double, at t: Double) -> Double {
    guard probability > 0 else { return .infinity }
    let spread = (t - time).squareRoot()
    let (root, target) = (t.squareRoot(), log(probability))
    // The logarithm of the stop probability is concave in the bound; −z makes it rise. A bound for
    // all paths together is no lower than this one for those that still go on.
    let start = Normal.standard.inverseSurvival(min(0.9, probability))
    return -concaveRoot(from: -start, cap: 4) { s in
      var (stopped, density) = (0.0, 0.0)
      for index in nodes.indices {
        let z = (-s * root - nodes[index]) / spread
        guard z < 38 else { continue }
        stopped += masses[index] * 0.5 * erfc(z * 0.707106781186547524)
        density += masses[index] * exp(-0.5 * z * z)
      }
      guard stopped > 0 else { return (-.infinity, 1) }
      return (log(stopped) - target, density * 0.398942280401432678 * root / (spread * stopped))
    }
  }

  /// Goes to time t and keeps the paths with z between the bounds.
  mutating func advance(to t: Double, below upper: Double, above lower: Double) {
    guard t > time else { return }
    let spread = (t - time).squareRoot()
    let root = t.squareRoot()
    let (a, b) = (max(lower, -8.5) * root, min(upper, 8.5) * root)
    let panels = max(2, Int(min(4_096, (b - a) / (7 * spread)).rounded(.up)))
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
