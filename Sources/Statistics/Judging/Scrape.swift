/// What the pods of both arms counted between one scrape and the next: one stratum of a rollout.
///
/// ```swift
/// let scrape = Scrape(
///   canary: [.init(id: 7, ageSeconds: 45, reading: try Proportion(events: 3, trials: 150))],
///   stable: [.init(id: 1, reading: try Proportion(events: 13, trials: 1_350))])
/// ```
///
/// Readings are increments: a window is never read twice. `Proportion` for bad events of all,
/// `EventRate` for events over an exposure, `[Double]` for the buckets of a histogram, and `Double`
/// for the value of a gauge.
package struct Scrape<Reading: Sendable & Hashable>: Sendable, Hashable {
  /// The reading of one pod.
  package struct Pod: Sendable, Hashable {
    /// Tells pods apart and stays the same from scrape to scrape.
    package var id: Int
    /// How long the pod had lived when the increment began; unknown is infinitely long.
    package var ageSeconds: Double
    package var reading: Reading

    package init(id: Int, ageSeconds: Double = .infinity, reading: Reading) {
      self.id = id
      self.ageSeconds = ageSeconds
      self.reading = reading
    }
  }

  /// In any order; judges are fastest when it is ascending by id.
  package var canary: [Pod]
  package var stable: [Pod]

  package init(canary: [Pod], stable: [Pod]) {
    self.canary = canary
    self.stable = stable
  }

  /// Without the pods that are still warming up: caches, connections and just-in-time compilers
  /// make young pods slow and wrong whatever version they run, so the rule is the same for both
  /// arms.
  package func warm(after seconds: Double) -> Scrape {
    guard seconds > 0 else { return self }
    return Scrape(
      canary: canary.filter { $0.ageSeconds >= seconds },
      stable: stable.filter { $0.ageSeconds >= seconds })
  }
}
