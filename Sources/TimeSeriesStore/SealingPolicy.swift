package import MetricModel

/// When the heads become a block.
///
/// Sealing often keeps restarts short and the log small; sealing seldom gives larger, better
/// compressed blocks.
package struct SealingPolicy: Equatable, Sendable {
  /// Samples in memory.
  package var samplesMax = 4_000_000
  /// Bytes of the logs, which a restart reads.
  package var logSizeBytesMax = 64 << 20
  /// How long samples stay in memory only because there are few.
  package var ageMax = Milliseconds.hours(2)

  package init() {}

  /// Whether to seal now: a pure function of what was seen.
  package func isDue(_ shape: HeadShape, now: Timestamp) -> Bool {
    guard shape.sampleCount > 0 else { return false }
    if shape.sampleCount >= samplesMax || shape.logSizeBytes >= logSizeBytesMax { return true }
    guard let since = shape.nonEmptySince else { return false }
    return now.since(since) >= ageMax
  }
}

/// The heads in numbers.
package struct HeadShape: Equatable, Sendable {
  package var sampleCount: Int
  /// The logs that a restart would read.
  package var logSizeBytes: Int
  /// When maintenance first saw samples in memory; nil when there are none, or not yet.
  package var nonEmptySince: Timestamp?

  package init(sampleCount: Int, logSizeBytes: Int, nonEmptySince: Timestamp?) {
    self.sampleCount = sampleCount
    self.logSizeBytes = logSizeBytes
    self.nonEmptySince = nonEmptySince
  }
}
