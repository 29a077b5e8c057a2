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
  /// The first refused rows (conflicts and too old), at most `refusalsMax`.
  package private(set) var refusals: [SampleRefusal] = []

  package init() {}

  package static let refusalsMax = 20

  /// The number of rows that were not stored and are not in the store.
  package var refused: Int { conflicts + tooOld }

  mutating func refuse(_ refusal: SampleRefusal) {
    switch refusal.reason {
    case .otherValue: conflicts += 1
    case .tooOld: tooOld += 1
    }
    if refusals.count < Self.refusalsMax { refusals.append(refusal) }
  }
}

/// A row that was not stored, and why.
package struct SampleRefusal: Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    /// The store has a sample at this time, with these bits.
    case otherValue(bits: UInt64)
    /// Late by more than the window; the newest sample of the series is at this time.
    case tooOld(newest: Timestamp)
  }

  package var labels: Labels
  package var time: Timestamp
  package var reason: Reason

  package var description: String {
    switch reason {
    case .otherValue(let bits):
      "\(labels) at \(time.milliseconds) ms: another value is stored, "
        + NumberText.plain(Double(bitPattern: bits))
    case .tooOld(let newest):
      "\(labels) at \(time.milliseconds) ms: too old, the newest sample is at "
        + "\(newest.milliseconds) ms"
    }
  }
}
