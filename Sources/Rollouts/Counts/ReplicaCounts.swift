/// A number of pods, as `maxSurge` and `maxUnavailable` give it: a count, or a share of all.
package enum ReplicaQuantity: Hashable, Sendable {
  case count(Int)
  case percent(Int)

  /// Whole pods; shares are rounded up for surge and down for unavailability.
  func pods(of replicas: Int, roundingUp: Bool) -> Int {
    switch self {
    case .count(let count): return count
    case .percent(let percent):
      let hundredths = Int128(replicas) * Int128(percent)
      return Int(clamping: roundingUp ? (hundredths + 99) / 100 : hundredths / 100)
    }
  }
}

/// What a ReplicaSet was asked to run, and how many of its pods are available.
package struct ReplicaSetCounts: Hashable, Sendable {
  /// `spec.replicas`.
  package var desired: Int
  /// `status.availableReplicas`; may exceed `desired` while pods go away.
  package var available: Int

  package init(desired: Int, available: Int) {
    self.desired = desired
    self.available = available
  }

  /// Pods to count on when others go. With `countingUnavailable`, every pod asked for.
  func remaining(countingUnavailable: Bool) -> Int {
    countingUnavailable ? desired : min(desired, available)
  }
}

/// Sizes for the two ReplicaSets of a canary.
package struct ReplicaSplit: Hashable, Sendable {
  package var canary: Int
  package var stable: Int

  package init(canary: Int, stable: Int) {
    self.canary = canary
    self.stable = stable
  }
}

/// Weights to whole pods where no traffic router exists: the share of pods is the share of traffic.
///
///     let limits = ReplicaLimits(replicas: 10)            // surge 25 % = 3, unavailable 25 % = 2
///     limits.split(weight: 25)                            // 3 canary, 8 stable: 27 %, 11 pods
///
/// The rules, and where they surprise, are those of Argo Rollouts; `canary-replica-counts.json` of
/// the conformance data fixes them.
package struct ReplicaLimits: Hashable, Sendable {
  /// `spec.replicas`, at least 0.
  package var replicas: Int
  /// Pods allowed beyond `replicas`.
  package var surge: Int
  /// Pods that may be missing from `replicas`.
  package var unavailable: Int

  /// Surge rounds up, unavailability down; were both 0 nothing could move, so then one pod may be
  /// unavailable.
  package init(
    replicas: Int, maxSurge: ReplicaQuantity = .percent(25),
    maxUnavailable: ReplicaQuantity = .percent(25)
  ) {
    self.replicas = replicas
    surge = maxSurge.pods(of: replicas, roundingUp: true)
    let missing = maxUnavailable.pods(of: replicas, roundingUp: false)
    unavailable = surge == 0 && missing == 0 ? 1 : missing
  }

  /// The most pods that may be asked for at once.
  package var podsMax: Int { replicas + surge }
  /// The fewest pods that must stay available.
  package var availableMin: Int { max(0, replicas - unavailable) }

  /// The sizes whose ratio is nearest to `weight` of `maxWeight`, among splits of `replicas` and,
  /// where surge allows, of one pod more.
  ///
  /// A weight between the ends gives neither side 0 pods, except for a single replica without
  /// surge. Where `replicas * weight` ends in exactly one half, only rounding up is considered;
  /// when that would empty the stable side there is no candidate left and everything stays stable
  /// (2 replicas without surge at 75 %).
  package func split(weight: Int, maxWeight: Int = 100) -> ReplicaSplit {
    if replicas == 0 { return ReplicaSplit(canary: 0, stable: 0) }
    if weight <= 0 { return ReplicaSplit(canary: 0, stable: replicas) }
    if weight >= maxWeight { return ReplicaSplit(canary: replicas, stable: 0) }
    var best: (split: ReplicaSplit, distance: Int128)?
    for total in surge > 0 ? [replicas, replicas + 1] : [replicas] {
      for canary in canaryCandidates(total: total, weight: weight, maxWeight: maxWeight) {
        let split = ReplicaSplit(canary: canary, stable: total - canary)
        let mayBeEmpty = replicas == 1 && surge == 0
        guard mayBeEmpty || (split.canary > 0 && split.stable > 0) else { continue }
        // |canary/total - weight/maxWeight| over a common denominator, so that ties are exact.
        let offset = Int128(canary) * Int128(maxWeight) - Int128(weight) * Int128(total)
        let distance =
          Int128(offset.magnitude) * Int128(total == replicas ? replicas + 1 : replicas)
        if best.map({ distance < $0.distance }) ?? true { best = (split, distance) }
      }
    }
    return best?.split ?? ReplicaSplit(canary: 0, stable: replicas)
  }

  /// Rounded up, then rounded down; of `replicas` itself exactly one half is only rounded up.
  private func canaryCandidates(total: Int, weight: Int, maxWeight: Int) -> [Int] {
    let scaled = Int128(total) * Int128(weight)
    let (floor, rest) = scaled.quotientAndRemainder(dividingBy: Int128(maxWeight))
    if rest == 0 { return [Int(floor)] }
    let isHalf = rest * 2 == Int128(maxWeight)
    return isHalf && total == replicas ? [Int(floor) + 1] : [Int(floor) + 1, Int(floor)]
  }
}

extension ReplicaLimits {
  /// The sizes to ask for now on the way to `weight`, within surge and unavailability.
  ///
  /// `stable` is nil on the first deployment and when canary and stable are the same ReplicaSet;
  /// then the canary's side takes all pods. `older` counts the pods asked of all other ReplicaSets:
  /// they are scaled down before canary or stable shrink. Repeated with everything available, this
  /// reaches `split(weight:)`.
  package func next(
    toward weight: Int, maxWeight: Int = 100, canary: ReplicaSetCounts, stable: ReplicaSetCounts?,
    older: Int
  ) -> ReplicaSplit {
    let target =
      stable == nil
      ? ReplicaSplit(canary: replicas, stable: 0) : split(weight: weight, maxWeight: maxWeight)
    let current = ReplicaSplit(canary: canary.desired, stable: stable?.desired ?? 0)
    var next = grown(current, toward: target, older: older)
    guard older == 0 else { return next }

    // Growing the canary takes pods from stable, whose unavailable ones serve nobody and count as
    // pods to give away; shrinking it, the roles change.
    let isGrowing = target.canary >= canary.desired
    let remaining =
      canary.remaining(countingUnavailable: !isGrowing)
      + (stable?.remaining(countingUnavailable: isGrowing) ?? 0)
    let surplus = remaining - availableMin
    guard surplus > 0 else { return next }
    if isGrowing {
      guard stable != nil else { return next }
      if current.stable > target.stable {
        next.stable = max(target.stable, current.stable - surplus)
      }
      next.canary = max(0, min(next.canary, podsMax - next.stable))
    } else {
      next.canary = max(target.canary, current.canary - surplus)
      let room = max(0, podsMax - next.canary)
      let left = min(canary.available, next.canary) + min(stable?.available ?? 0, room)
      if next.stable > room, left < availableMin, canary.available < next.canary {
        // Pods that serve nobody make room before pods that do, and none that do before them.
        next.canary = max(canary.available, podsMax - next.stable)
      } else {
        next.stable = min(next.stable, room)
      }
    }
    return next
  }

  /// Stable first, then canary, as far as surge allows.
  private func grown(
    _ current: ReplicaSplit, toward target: ReplicaSplit, older: Int
  ) -> ReplicaSplit {
    var next = current
    var room = podsMax - current.canary - current.stable - older
    if room > 0, current.stable < target.stable {
      next.stable = min(target.stable, current.stable + room)
      room -= next.stable - current.stable
    }
    if room > 0, current.canary < target.canary {
      next.canary = min(target.canary, current.canary + room)
    }
    return next
  }
}
