internal import Glibc

/// How soon any rule could know: the requests that the canary serves until ln 20 nats have come in.
///
/// A test that errs in 5 % of unchanged rollouts, whenever it is asked, needs ln 20 nats of
/// information against "no difference" on average (A. Wald, Ann. Math. Stat. 16, 1945). A scrape
/// with m and n requests brings m KL(P‖R) + n KL(Q‖R) nats, where P and Q are the canary's and
/// stable's shares of buckets and R = (mP + nQ)/(m + n), the law of both if there were no
/// difference. Rules with a fixed end may do with less, since they spend all of their error by
/// then.
package struct InformationLimit: Sendable, Hashable {
  /// Canary requests; more than the plan has where it can't be known within it.
  package let canaryRequests: Double
  /// Scrapes of the plan; as above.
  package let scrapes: Double

  package init(_ world: World, nats: Double = 2.995732273553991) {
    let (p, q) = (world.metric.shares(world.effect), world.metric.shares(.none))
    var (missing, requests, scrapes) = (nats, 0.0, 0.0)
    for stage in world.plan.stages {
      let (m, n) = (
        world.plan.requestsPerScrape * stage.weight,
        world.plan.requestsPerScrape * (1 - stage.weight)
      )
      let perScrape = Self.nats(p, m, q, n)
      let isLast = stage == world.plan.stages.last
      guard perScrape > 1e-9 else { continue }
      let needed = missing / perScrape
      let used = isLast ? needed : min(needed, Double(stage.scrapes))
      requests += used * m
      scrapes += used
      missing -= used * perScrape
      if missing <= 0 { break }
    }
    canaryRequests = missing > 1e-9 ? .infinity : requests
    self.scrapes = missing > 1e-9 ? .infinity : scrapes
  }

  private static func nats(_ p: [Double], _ m: Double, _ q: [Double], _ n: Double) -> Double {
    var sum = 0.0
    for (canary, stable) in zip(p, q) {
      let both = (m * canary + n * stable) / (m + n)
      if canary > 0 { sum += m * canary * log(canary / both) }
      if stable > 0 { sum += n * stable * log(stable / both) }
    }
    return sum
  }
}
