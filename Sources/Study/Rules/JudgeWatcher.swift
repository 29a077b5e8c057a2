package import Statistics

/// The product's judge of counts, asked after each scrape; the score is 1 from the verdict on.
struct CountJudgeWatcher: Watcher {
  /// One that has seen nothing.
  var judge: CountJudge

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    let verdict = try judge.observe(scrape.forJudging { $0.proportion })
    return verdict == .worse ? 1 : 0
  }
}

/// The product's judge of histograms, as above.
struct BucketJudgeWatcher: Watcher {
  var judge: BucketJudge

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    let verdict = try judge.observe(scrape.forJudging { $0.counts })
    return verdict == .worse ? 1 : 0
  }
}

extension SimulatedScrape {
  /// The scrape as judges take it. Canary pods are numbered from 1,000.
  package func forJudging<Reading: Sendable & Hashable>(_ reading: (Pod) -> Reading) -> Scrape<
    Reading
  > {
    Scrape(
      canary: canary.pods.map {
        Scrape<Reading>.Pod(id: 1_000 + $0.number, ageSeconds: $0.age, reading: reading($0))
      },
      stable: stable.pods.map {
        Scrape<Reading>.Pod(id: $0.number, ageSeconds: $0.age, reading: reading($0))
      })
  }
}

extension TrafficPlan {
  /// The looks that the Fast mode plans for: every scrape.
  func lookPlan() throws(NotComputable) -> LookPlan {
    try LookPlan(stages: stages.map { LookPlan.Stage(looks: $0.scrapes, canaryShare: $0.weight) })
  }
}

extension World {
  /// What a history of rollouts without change would have shown of this world's noise.
  func knownNoise() throws(NotComputable) -> NoiseFloor {
    if podSpread == 0, armSpread == 0 { return .none }
    // The difference of two arms that wander alike.
    return try NoiseFloor(
      podDeviation: podSpread, timeDeviation: armSpread * 2.0.squareRoot(),
      timeCorrelation: armSpread > 0 ? correlation : 0)
  }
}
