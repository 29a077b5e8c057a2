package import MetricModel

/// How long and how much is kept; without bounds, everything.
///
///     var policy = RetentionPolicy()
///     policy.age = .hours(15 * 24)
///     policy.sizeBytes = 20 << 30
package struct RetentionPolicy: Equatable, Sendable {
  /// Blocks whose newest sample is older than this, seen from the newest sample of the store, go.
  package var age: Milliseconds?
  /// The oldest blocks go while all files of the store together take more than this.
  package var sizeBytes: Int?

  package init(age: Milliseconds? = nil, sizeBytes: Int? = nil) {
    self.age = age
    self.sizeBytes = sizeBytes
  }

  /// Blocks are kept or dropped as a whole, so none should span much of the age: a tenth, as in
  /// Prometheus. Nil when nothing expires.
  var blockSpanMax: Milliseconds? {
    age.map { Milliseconds(max(1, $0.count / 10)) }
  }
}

/// Decides which blocks retention drops: a pure function of their shapes.
package enum RetentionPlanner {
  /// The blocks to drop.
  ///
  /// Age is counted back from the newest sample and not from the clock: old recordings loaded
  /// today stay, as in Prometheus. A newest sample from the future is taken to be of `now`.
  ///
  /// - Parameter logSizeBytes: what the store takes besides blocks; it is never dropped.
  package static func expired(
    _ blocks: [BlockShape], newest: Timestamp?, now: Timestamp, logSizeBytes: Int,
    _ policy: RetentionPolicy
  ) -> [UInt64] {
    var kept = blocks.filter { $0.sampleCount > 0 }.sorted { $0.latest < $1.latest }
    var dropped: [UInt64] = []
    if let age = policy.age, let newest {
      let end = min(newest, now)
      while let oldest = kept.first, end.since(oldest.latest) > age {
        dropped.append(kept.removeFirst().number)
      }
    }
    if let most = policy.sizeBytes {
      var size = kept.reduce(logSizeBytes) { $0 + $1.sizeBytes }
      while size > most, !kept.isEmpty {
        let oldest = kept.removeFirst()
        size -= oldest.sizeBytes
        dropped.append(oldest.number)
      }
    }
    return dropped
  }
}
