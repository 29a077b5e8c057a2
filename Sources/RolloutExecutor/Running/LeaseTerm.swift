package import KubernetesClient
package import Manifest
package import MetricModel

/// Who leads, by the rules of Kubernetes' Lease objects: a pure machine that is shown the Lease and
/// says what to write.
///
/// Nobody's clock is compared with another's: a lease has run out when it wasn't seen to change for
/// its duration, by one's own clock. Our own term ends earlier than others may see it end, counted
/// from before the renewal was sent, so two never lead at once unless a clock runs half as fast
/// again as another.
package struct LeaseTerm: Sendable {
  /// How long others wait for us.
  package static let duration = Duration.seconds(15)
  /// How long we lead after a renewal.
  package static let renewalDeadline = Duration.seconds(10)
  /// How often to look.
  package static let period = Duration.seconds(2)

  package enum Step: Equatable, Sendable {
    /// Another one leads.
    case wait
    case create(spec: JSONValue)
    /// Put in place of what was read.
    case replace(spec: JSONValue)
  }

  package let identity: String
  private var seen: (spec: JSONValue, at: Duration)?
  /// By our own clock; nil when we don't lead.
  package private(set) var leadsUntil: Duration?

  package init(identity: String) { self.identity = identity }

  /// What to do, given the Lease as it is. `now` is any clock that grows, `time` goes into the
  /// object.
  package mutating func next(
    after lease: JSONValue?, now: Duration, time: Timestamp
  ) -> Step {
    guard let lease else {
      seen = nil
      return .create(spec: spec(over: [:], time))
    }
    let spec = lease["spec"] ?? [:]
    if seen?.spec != spec { seen = (spec, now) }
    let holder = spec.text("holderIdentity")
    let isFree = holder.isEmpty || holder == identity
    let seconds = spec["leaseDurationSeconds"]?.asInteger ?? 15
    let since = seen?.at ?? now
    guard isFree || now >= since + .seconds(max(0, min(3600, seconds))) else {
      leadsUntil = nil
      return .wait
    }
    return .replace(spec: self.spec(over: spec, time))
  }

  /// The write went through; `sent` is when it was begun.
  package mutating func wrote(sent: Duration) { leadsUntil = sent + Self.renewalDeadline }

  /// We gave the lease back.
  package mutating func released() { leadsUntil = nil }

  /// How long writing is still allowed.
  package func grant(at now: Duration) -> WriteGrant {
    guard let leadsUntil, now < leadsUntil else { return .refused }
    return .grantedFor(leadsUntil - now)
  }

  private func spec(over old: JSONValue, _ time: Timestamp) -> JSONValue {
    let isOurs = old.text("holderIdentity") == identity
    let transitions = old["leaseTransitions"]?.asInteger ?? 0
    let now = JSONValue.string(time.microTime)
    return [
      "holderIdentity": .string(identity),
      "leaseDurationSeconds": .integer(Self.duration.components.seconds),
      "acquireTime": isOurs ? old["acquireTime"] ?? now : now, "renewTime": now,
      "leaseTransitions": .integer(isOurs || old == [:] ? transitions : transitions &+ 1),
    ]
  }
}

extension Timestamp {
  /// Kubernetes' `MicroTime`, which must have six digits.
  var microTime: String {
    let whole = Timestamp(milliseconds: milliseconds - (milliseconds % 1000 + 1000) % 1000).rfc3339
    let digits = String((milliseconds % 1000 + 1000) % 1000)
    let fraction = String(repeating: "0", count: 3 - digits.count) + digits
    return "\(whole.dropLast()).\(fraction)000Z"
  }
}
