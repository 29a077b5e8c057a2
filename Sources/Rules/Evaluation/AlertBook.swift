internal import MetricModel

/// The alerts of one rule by their labels: what an evaluation does to them.
struct AlertBook: Sendable {
  private(set) var alerts: [Labels: Alert] = [:]

  var sorted: [Alert] { alerts.values.sorted { $0.labels < $1.labels } }

  /// Enters what an expression gave at `now`, and moves every alert on.
  ///
  /// - Returns: the pending and firing alerts.
  mutating func enter(
    _ found: [Labels: Alert], at now: Timestamp, rule: AlertRule
  ) -> [Alert] {
    for (labels, alert) in found {
      if var known = alerts[labels], known.state != .inactive {
        known.value = alert.value
        known.annotations = alert.annotations
        alerts[labels] = known
      } else {
        alerts[labels] = alert
      }
    }
    var active: [Alert] = []
    for labels in alerts.keys.sorted() {
      guard var alert = alerts[labels] else { continue }
      let isFound = found[labels] != nil
      let isGone = !isFound && Self.resolve(&alert, at: now, keepFiring: rule.keepFiring)
      if isFound { alert.keepFiringSince = nil }
      if alert.state != .inactive {
        Self.mature(&alert, at: now, hold: rule.hold)
        active.append(alert)
      }
      alerts[labels] = isGone ? nil : alert
    }
    return active
  }

  /// The expression no longer holds. True when the alert is to be forgotten.
  private static func resolve(
    _ alert: inout Alert, at now: Timestamp, keepFiring: Milliseconds
  ) -> Bool {
    if alert.state == .firing, keepFiring > .zero {
      let since = alert.keepFiringSince ?? now
      alert.keepFiringSince = since
      if now.since(since) < keepFiring { return false }
    }
    let wasPending = alert.state == .pending
    let isOld = alert.resolvedAt.map { now.since($0) > Alert.resolvedRetention } ?? false
    if alert.state != .inactive {
      alert.state = .inactive
      alert.resolvedAt = now
    }
    return wasPending || isOld
  }

  private static func mature(_ alert: inout Alert, at now: Timestamp, hold: Milliseconds) {
    let age = now.since(alert.activeAt)
    if alert.state == .pending, age >= hold {
      alert.state = .firing
      alert.firedAt = now
    } else if alert.state == .firing, age < hold {
      // The rule was changed to hold longer.
      alert.state = .pending
      (alert.firedAt, alert.lastSentAt, alert.keepFiringSince) = (nil, nil, nil)
    }
  }

  mutating func removeAll() { alerts.removeAll() }

  mutating func restore(activeAt: Timestamp, of labels: Labels) {
    alerts[labels]?.activeAt = activeAt
  }

  /// The alerts that receivers should hear of now; they count as sent.
  mutating func takeForSending(
    at now: Timestamp, resendDelay: Milliseconds, interval: Milliseconds
  ) -> [Alert] {
    var sent: [Alert] = []
    // Two failures of evaluation or sending are survived.
    let validity = Milliseconds(max(interval, resendDelay).count.multipliedSaturating(by: 4))
    for labels in alerts.keys.sorted() {
      guard var alert = alerts[labels], alert.needsSending(at: now, resendDelay: resendDelay)
      else { continue }
      alert.lastSentAt = now
      alert.validUntil = now.advanced(by: validity)
      alerts[labels] = alert
      sent.append(alert)
    }
    return sent
  }
}

extension Int64 {
  fileprivate func multipliedSaturating(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
