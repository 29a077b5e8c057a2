/// How traffic moves to the canary when nothing stops it.
///
/// ```swift
/// TrafficPlan.usual.scrapeCount          // 160: 40 minutes at one scrape each 15 seconds
/// TrafficPlan.usual.canaryRequests       // 108,000: what a canary that is never stopped serves
/// ```
package struct TrafficPlan: Sendable, Hashable {
  /// A stretch of the rollout with one weight.
  package struct Stage: Sendable, Hashable {
    /// Scrapes until the next stage.
    package var scrapes: Int
    /// The canary's share of requests, in (0, 1).
    package var weight: Double
    /// Pods of the canary; stable has the others.
    package var canaryPods: Int

    package init(scrapes: Int, weight: Double, canaryPods: Int) {
      self.scrapes = scrapes
      self.weight = weight
      self.canaryPods = canaryPods
    }
  }

  package var stages: [Stage]
  /// The pods of both versions together.
  package var podCount: Int
  /// Requests per second of both versions together.
  package var requestsPerSecond: Double

  package init(stages: [Stage], podCount: Int, requestsPerSecond: Double) {
    self.stages = stages
    self.podCount = podCount
    self.requestsPerSecond = requestsPerSecond
  }

  /// 10, 25, 50 and 75 % for 5, 10, 15 and 10 minutes on 1, 3, 5 and 8 of 10 pods, at 100 requests
  /// a second.
  package static let usual = TrafficPlan(
    stages: [
      Stage(scrapes: 20, weight: 0.10, canaryPods: 1),
      Stage(scrapes: 40, weight: 0.25, canaryPods: 3),
      Stage(scrapes: 60, weight: 0.50, canaryPods: 5),
      Stage(scrapes: 40, weight: 0.75, canaryPods: 8),
    ], podCount: 10, requestsPerSecond: 100)

  /// The same with one request a second.
  package static let quiet = TrafficPlan(
    stages: usual.stages, podCount: usual.podCount, requestsPerSecond: 1)

  /// Seconds between two scrapes.
  package static let scrapeSeconds = 15.0
  package static let scrapesPerMinute = 4

  package var scrapeCount: Int { stages.reduce(0) { $0 + $1.scrapes } }

  /// Requests between two scrapes, of both versions.
  package var requestsPerScrape: Double { requestsPerSecond * Self.scrapeSeconds }

  /// What the canary serves in the whole rollout, on average.
  package var canaryRequests: Double {
    stages.reduce(0) { $0 + Double($1.scrapes) * $1.weight * requestsPerScrape }
  }

  /// The stage of each scrape.
  package var stageOfScrape: [Stage] {
    stages.flatMap { Array(repeating: $0, count: $0.scrapes) }
  }
}
