package import MetricModel

/// What became of the rows of a batch.
package struct AppendOutcome: Equatable, Sendable {
  /// Rows stored, on disk now.
  package var accepted = 0
  /// Rows that the store had already, bit for bit.
  package var duplicates = 0
  /// Rows at a time for which the store has another value.
  package var conflicts = 0
  /// Rows older than the window for late samples allows.
  package var tooOld = 0
  /// Histograms whose buckets are out of order or too many.
  package var malformed = 0
  /// Rows of series beyond the number that may be in memory.
  package var beyondLimit = 0
  /// Zeros stored where counters began, which nobody sent; not among those accepted.
  package var startZeros = 0
  /// How many of the refused rows are histograms.
  package var histogramsRefused = 0
  /// Exemplars stored; those known before aren't counted.
  package var exemplars = 0
  /// Exemplars older than the newest of their series, or with too long labels.
  package var exemplarsRefused = 0
  /// Metric families of which something new was stored.
  package var metadata = 0
  /// Metric families beyond the number that is kept, or with too long help texts.
  package var metadataRefused = 0
  /// The first refused rows (conflicts, too old, malformed, beyond a limit), at most `refusalsMax`.
  package private(set) var refusals: [SampleRefusal] = []

  package init() {}

  package static let refusalsMax = 20

  /// The number of rows that were not stored and are not in the store.
  package var refused: Int { conflicts + tooOld + malformed + beyondLimit }

  mutating func refuse(_ refusal: SampleRefusal) {
    switch refusal.reason {
    case .otherValue: conflicts += 1
    case .tooOld: tooOld += 1
    case .malformedHistogram: malformed += 1
    case .tooManySeries: beyondLimit += 1
    }
    if refusals.count < Self.refusalsMax { refusals.append(refusal) }
  }
}

/// A row that was not stored, and why.
package struct SampleRefusal: Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    /// The store has another sample at this time.
    case otherValue(StoredSample)
    /// Late by more than the window; the newest sample of the series is at this time.
    case tooOld(newest: Timestamp)
    /// Buckets don't ascend, or there are too many.
    case malformedHistogram
    /// The store has as many series in memory as it may.
    case tooManySeries(limit: Int)
  }

  package var labels: Labels
  package var time: Timestamp
  package var reason: Reason

  package var description: String {
    switch reason {
    case .otherValue(.number(let bits)):
      "\(labels) at \(time.milliseconds) ms: another value is stored, "
        + NumberText.plain(Double(bitPattern: bits))
    case .otherValue(.histogram(let histogram)):
      "\(labels) at \(time.milliseconds) ms: a histogram is stored, \(histogram)"
    case .malformedHistogram:
      "\(labels) at \(time.milliseconds) ms: the histogram's buckets don't ascend, or are more "
        + "than \(HistogramColumn.bucketsMax)"
    case .tooManySeries(let limit):
      "\(labels) at \(time.milliseconds) ms: a new series, and the limit of \(limit) is reached"
    case .tooOld(let newest):
      "\(labels) at \(time.milliseconds) ms: too old, the newest sample is at "
        + "\(newest.milliseconds) ms"
    }
  }
}

/// What became of the rows of many batches.
package struct AppendTotals: Equatable, Sendable {
  /// Rows stored, zeros where counters began among them, and how many of them are histograms.
  package var accepted = 0
  package var histograms = 0
  package var duplicates = 0
  package var conflicts = 0
  package var tooOld = 0
  package var exemplars = 0

  mutating func add(_ outcome: AppendOutcome) {
    accepted += outcome.accepted + outcome.startZeros
    duplicates += outcome.duplicates
    conflicts += outcome.conflicts
    tooOld += outcome.tooOld
    exemplars += outcome.exemplars
  }
}
