package import MetricModel

/// One instance of an alerting rule: a label set for which its expression holds, or held.
package struct Alert: Equatable, Sendable {
  package enum State: String, Comparable, Sendable {
    case inactive
    case pending
    case firing

    private var rank: Int {
      switch self {
      case .inactive: 0
      case .pending: 1
      case .firing: 2
      }
    }

    package static func < (left: State, right: State) -> Bool { left.rank < right.rank }
  }

  package var state: State
  package var labels: Labels
  package var annotations: Labels
  /// What the expression gave last.
  package var value: Double
  /// Since when the expression holds.
  package var activeAt: Timestamp
  package var firedAt: Timestamp?
  package var resolvedAt: Timestamp?
  package var keepFiringSince: Timestamp?
  package var lastSentAt: Timestamp?
  /// Until when a receiver may believe it, if it hears nothing more.
  package var validUntil: Timestamp?

  /// Resolved alerts are kept, and sent again, for this long: receivers may have missed them.
  static let resolvedRetention = Milliseconds.minutes(15)

  init(labels: Labels, annotations: Labels, value: Double, activeAt: Timestamp) {
    state = .pending
    self.labels = labels
    self.annotations = annotations
    self.value = value
    self.activeAt = activeAt
  }

  /// Whether receivers should hear of it now.
  func needsSending(at now: Timestamp, resendDelay: Milliseconds) -> Bool {
    guard state != .pending else { return false }
    guard let lastSentAt else { return true }
    if let resolvedAt, resolvedAt > lastSentAt { return true }
    return lastSentAt.advanced(by: resendDelay) < now
  }
}

extension Timestamp {
  /// Saturates at the ends of time.
  func advanced(by duration: Milliseconds) -> Timestamp {
    let (sum, overflow) = milliseconds.addingReportingOverflow(duration.count)
    return Timestamp(
      milliseconds: overflow ? (duration.count > 0 ? Int64.max : Int64.min) : sum)
  }

  /// How long ago `earlier` was.
  func since(_ earlier: Timestamp) -> Milliseconds {
    let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return Milliseconds(overflow ? Int64.max : difference)
  }
}
