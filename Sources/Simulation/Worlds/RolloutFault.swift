/// What goes wrong in a study, or is done by others than the controller.
package enum RolloutFault: String, CaseIterable, Sendable {
  /// Somebody wrote the object after it was read: the write is refused, by the version it names.
  case conflict = "409"
  /// The write was stored, its answer says it failed or never came.
  case lostAnswer = "500 after the write was stored"
  /// A kind's watch is dead for some passes and goes on from where it was.
  case watchCut = "watch cut"
  /// A watch tells late: of what happened only the first part.
  case staleCache = "stale cache"
  /// The server forgot what happened since: the resume is refused, all is listed anew.
  case expired = "410"
  /// The other controller leads now. It followed on its own, and lists once more.
  case leaderChange = "leader change"
  /// The process is gone, before or after a write; another one begins with nothing.
  case killed = "controller killed"
  case podCrash = "pods crash"
  /// `spec.replicas` through the scale subresource.
  case autoscaler = "autoscaler"
  /// ReplicaSets resized, routers' objects and Services rewritten.
  case handEdit = "hand edit"
  /// Another template, other steps, a restart, other ConfigMaps half way.
  case specChange = "spec changed mid-way"
  case clockSkew = "clock skew"
  case apiServerAway = "API server away"
  /// Abort, retry, promote, pause.
  case request = "people's requests"
}

/// How often each happened, to effect.
package struct FaultCounts: Equatable, Sendable {
  private var counts: [RolloutFault: Int] = [:]

  package init() {}

  package subscript(fault: RolloutFault) -> Int {
    get { counts[fault] ?? 0 }
    set { counts[fault] = newValue }
  }

  package mutating func merge(_ other: FaultCounts) {
    counts.merge(other.counts, uniquingKeysWith: +)
  }

  /// `409 × 12, watch cut × 7, …`, those that never happened too.
  package var summary: String {
    RolloutFault.allCases.map { "\($0.rawValue) × \(self[$0])" }.joined(separator: ", ")
  }
}
