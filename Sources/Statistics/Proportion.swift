/// Events out of trials in one arm: failed requests of all requests, right answers of all answers.
///
/// ```swift
/// let canary = try Proportion(events: 12, trials: 1_000)
/// canary.fraction  // 0.012
/// ```
///
/// Both are doubles because `increase()` extrapolates to fractions; exact methods round them to
/// the nearest integer and say so.
package struct Proportion: Accumulator, Hashable, Codable {
  /// The number of trials that ended in the event, between 0 and `trials`.
  package private(set) var events: Double
  /// The number of trials.
  package private(set) var trials: Double

  /// No trials yet.
  package init() {
    events = 0
    trials = 0
  }

  /// - Throws: `NotComputable` for NaN, infinite or negative counts, and more events than trials.
  ///   No trials at all is a valid empty arm.
  package init(events: Double, trials: Double) throws(NotComputable) {
    guard !events.isNaN, !trials.isNaN else { throw .nanInput }
    guard events.isFinite, trials.isFinite else { throw .nonFiniteInput }
    guard events >= 0, trials >= 0 else { throw .negativeCount }
    guard trials > 0 || events == 0 else { throw .emptyInput }
    guard events <= trials else { throw .countExceedsTotal }
    self.events = events
    self.trials = trials
  }

  /// The share of events; NaN without trials.
  package var fraction: Double { trials > 0 ? events / trials : .nan }

  /// The trials that did not end in the event.
  package var nonEvents: Double { trials - events }

  /// The counts rounded to whole numbers, for exact methods.
  package var rounded: Proportion {
    var copy = self
    copy.events = events.rounded()
    copy.trials = max(copy.events, trials.rounded())
    return copy
  }

  package var result: Proportion { self }

  /// Counts each value as one trial, and as an event unless it is 0; NaN is skipped.
  package mutating func add(_ values: Span<Double>) {
    for index in values.indices where !values[index].isNaN {
      trials += 1
      if values[index] != 0 { events += 1 }
    }
  }

  package mutating func merge(_ other: Proportion) {
    events += other.events
    trials += other.trials
  }
}
