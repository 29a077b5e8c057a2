/// A point in time: milliseconds since the Unix epoch, the resolution of every Prometheus format.
///
///     let noon = Timestamp(milliseconds: 43_200_000)
///     noon.advanced(by: .minutes(5)) > noon
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
  package var milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Rounds to the nearest millisecond; nil when `seconds` is not finite or does not fit.
  package init?(seconds: Double) {
    let scaled = (seconds * 1000).rounded()
    guard scaled.isFinite, let exact = Int64(exactly: scaled) else { return nil }
    self.init(milliseconds: exact)
  }

  package static let earliest = Timestamp(milliseconds: .min)
  package static let latest = Timestamp(milliseconds: .max)

  /// Seconds since the epoch, as PromQL's `time()` spells it.
  package var seconds: Double { Double(milliseconds) / 1000 }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Saturates at the ends of the time line.
  package func advanced(by duration: Milliseconds) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(duration.count)
    guard overflow else { return Timestamp(milliseconds: sum) }
    return duration.count < 0 ? .earliest : .latest
  }

  /// The time from `earlier` until this; saturates.
  package func since(_ earlier: Timestamp) -> Milliseconds {
    let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    guard overflow else { return Milliseconds(difference) }
    return Milliseconds(milliseconds < earlier.milliseconds ? .min : .max)
  }
}
