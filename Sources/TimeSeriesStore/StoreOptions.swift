package import MetricModel

/// How a store is opened and when it seals.
package struct StoreOptions: Sendable {
  package enum Access: Sendable {
    /// Makes the directory and the store when there is none.
    case creating
    /// Reads and writes a store that exists.
    case existing
    /// Reads only: others may read too, nothing on disk is changed.
    case readOnly
  }

  package enum Durability: Sendable {
    /// What `append` answers for is on disk: it survives the loss of power.
    case eachAppend
    /// What `append` answers for is with the system: it survives the end of the process. The loss
    /// of power may take what came since the last call of `Store.maintain`.
    case deferred
  }

  package var access = Access.creating
  package var durability = Durability.eachAppend
  /// How much older than the newest sample of its series a sample may be.
  package var lateWindow = Milliseconds.minutes(5)
  /// Whether a counter whose sample says since when it has counted gets a zero at that time, where
  /// that lies behind its newest sample and not more than an hour before the new one.
  package var addsStartZeros = false
  package var sealing = SealingPolicy()
  package var compaction = CompactionPolicy()
  package var retention = RetentionPolicy()
  /// The most exemplars kept, over all series; the oldest go first.
  package var exemplarsMax = 100_000
  /// The most series with samples in memory; samples of further ones are refused until the next
  /// seal lets go of some.
  package var seriesMax = Int.max
  /// The most bytes of logs kept for followers beyond those that aren't in blocks yet.
  package var followedBytesMax = 4 << 30

  package init() {}
}

/// What opening a store found and did.
package struct OpenReport: Equatable, Sendable {
  /// Samples and series read back from logs.
  package var replayedSamples = 0
  package var replayedSeries = 0
  /// The bytes of logs read.
  package var logSizeBytes = 0
  /// The incomplete end of the newest log, cut off (or passed over when reading only).
  package var tornTail: TornTail?
  /// Leftovers of unfinished work that were removed: paths.
  package var removed: [String] = []
}
