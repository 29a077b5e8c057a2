package import Statistics

/// What one scrape adds to the counters of both versions.
package struct SimulatedScrape: Sendable {
  /// From 0.
  package var index: Int
  /// The stage of the plan.
  package var stage: TrafficPlan.Stage
  package var canary: Arm
  package var stable: Arm

  /// One version.
  package struct Arm: Sendable {
    package var pods: [Pod] = []
    /// Over all pods, by bucket.
    package var counts: [Double] = []

    package var requests: Double { counts.reduce(0, +) }

    /// Events in the last bucket, the bad ones where there are two.
    package var proportion: Proportion { Self.proportion(counts) }

    static func proportion(_ counts: [Double]) -> Proportion {
      let trials = counts.reduce(0, +)
      return (try? Proportion(events: counts.last ?? 0, trials: trials)) ?? Proportion()
    }

    /// The arm without pods younger than this.
    func without(youngerThan seconds: Double) -> Arm {
      guard pods.contains(where: { $0.age < seconds }) else { return self }
      var arm = Arm()
      arm.pods = pods.filter { $0.age >= seconds }
      arm.counts = [Double](repeating: 0, count: counts.count)
      for pod in arm.pods {
        for (index, count) in pod.counts.enumerated() { arm.counts[index] += count }
      }
      return arm
    }
  }

  /// One pod.
  package struct Pod: Sendable {
    /// From 0 in each arm; a pod keeps its number.
    package var number: Int
    /// Seconds from its start to the beginning of the interval that the scrape ends.
    package var age: Double
    package var counts: [Double]

    package var proportion: Proportion { Arm.proportion(counts) }
  }

  /// The last scrape of a minute.
  package var endsMinute: Bool { (index + 1) % TrafficPlan.scrapesPerMinute == 0 }
  /// Minutes since the start of the rollout, at a scrape that ends one.
  package var minute: Int { (index + 1) / TrafficPlan.scrapesPerMinute }

  /// The scrape without what pods younger than this did.
  package func without(podsYoungerThan seconds: Double) -> SimulatedScrape {
    guard seconds > 0 else { return self }
    var copy = self
    copy.canary = canary.without(youngerThan: seconds)
    copy.stable = stable.without(youngerThan: seconds)
    return copy
  }
}
