package import MetricModel

/// When the heads become a block.
///
/// Sealing often keeps restarts short and the log small; sealing seldom gives larger, better
/// compressed blocks.
package struct SealingPolicy: Equatable, Sendable {
  /// Samples in memory.
  package var samplesMax = 2_500_000
  /// Bytes of the logs, which a restart reads.
  package var logSizeBytesMax = 64 << 20
  /// Neither of the two counts before there are so many samples a series: the labels of a million
  /// series fill a log at once, and blocks of few samples each would be sealed for ever.
  package var samplesPerSeriesMin = 32
  /// Bytes of the logs at which nothing else counts.
  package var logSizeBytesLimit = 2 << 30
  /// How long samples stay in memory only because there are few.
  package var ageMax = Milliseconds.hours(2)

  package init() {}

  /// Whether to seal now: a pure function of what was seen.
  package func isDue(_ shape: HeadShape, now: Timestamp) -> Bool {
    guard shape.sampleCount > 0 else { return false }
    let (wanted, overflow) = samplesPerSeriesMin.multipliedReportingOverflow(by: shape.seriesCount)
    if !overflow && shape.sampleCount >= wanted
      && (shape.sampleCount >= samplesMax || shape.logSizeBytes >= logSizeBytesMax)
    {
      return true
    }
    if shape.logSizeBytes >= logSizeBytesLimit { return true }
    guard let since = shape.nonEmptySince else { return false }
    return now.since(since) >= ageMax
  }
}

/// The heads in numbers.
package struct HeadShape: Equatable, Sendable {
  package var sampleCount: Int
  package var seriesCount: Int
  /// The logs that a restart would read.
  package var logSizeBytes: Int
  /// When maintenance first saw samples in memory; nil when there are none, or not yet.
  package var nonEmptySince: Timestamp?

  package init(
    sampleCount: Int, seriesCount: Int, logSizeBytes: Int, nonEmptySince: Timestamp?
  ) {
    self.sampleCount = sampleCount
    self.seriesCount = seriesCount
    self.logSizeBytes = logSizeBytes
    self.nonEmptySince = nonEmptySince
  }
}
