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

extension Scrape {
  /// Adds what another shard read in the same interval: any grouping, any order.
  ///
  /// Pods are ascending by id afterwards; one that both shards know has both readings together,
  /// and the lower of its ages.
  ///
  /// - Parameter combine: adds the other shard's reading of a pod to this one's.
  package mutating func merge(
    _ other: Scrape, _ combine: (inout Reading, Reading) throws(NotComputable) -> Void
  ) throws(NotComputable) {
    canary = try Self.merged(canary, other.canary, combine)
    stable = try Self.merged(stable, other.stable, combine)
  }

  private static func merged(
    _ first: [Pod], _ second: [Pod],
    _ combine: (inout Reading, Reading) throws(NotComputable) -> Void
  ) throws(NotComputable) -> [Pod] {
    var result: [Pod] = []
    for pod in (first + second).sorted(by: { $0.id < $1.id }) {
      guard let last = result.indices.last, result[last].id == pod.id else {
        result.append(pod)
        continue
      }
      try combine(&result[last].reading, pod.reading)
      result[last].ageSeconds = min(result[last].ageSeconds, pod.ageSeconds)
    }
    return result
  }
}

extension Scrape<Proportion> {
  /// As above, with the sums of events and trials.
  package mutating func merge(_ other: Scrape) throws(NotComputable) {
    try merge(other) { (sum: inout Proportion, part) throws(NotComputable) in sum.merge(part) }
  }
}

extension Scrape<EventRate> {
  /// As above, with the sums of events and exposures.
  package mutating func merge(_ other: Scrape) throws(NotComputable) {
    try merge(other) { (sum: inout EventRate, part) throws(NotComputable) in
      sum = try EventRate(
        events: sum.events + part.events, exposure: sum.exposure + part.exposure)
    }
  }
}

extension Scrape<[Double]> {
  /// As above, bucket by bucket.
  ///
  /// - Throws: `lengthMismatch` where a pod has other buckets.
  package mutating func merge(_ other: Scrape) throws(NotComputable) {
    try merge(other) { (sum: inout [Double], part) throws(NotComputable) in
      guard sum.count == part.count else { throw .lengthMismatch }
      for index in sum.indices { sum[index] += part[index] }
    }
  }
}
