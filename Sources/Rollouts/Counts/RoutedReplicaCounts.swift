/// Weights to pods where a traffic router splits the traffic: the canary gets the pods its weight
/// needs and stable keeps all of its own, so surge and unavailability play no part.
///
///     let routed = RoutedReplicaCounts(replicas: 10, weight: 25)
///     routed.split                                        // 3 canary, 10 stable
package struct RoutedReplicaCounts: Hashable, Sendable {
  /// A `setCanaryScale` step: pods independent of the weight.
  package enum CanaryScale: Hashable, Sendable {
    case replicas(Int)
    case weight(Int)
    case matchTrafficWeight
  }

  /// `spec.replicas`.
  package var replicas: Int
  /// The weight the canary should get.
  package var weight: Int
  package var maxWeight: Int
  /// `minPodsPerReplicaSet`, never more than `replicas`, and none at weight 0.
  package var podsMin: Int
  package var canaryScale: CanaryScale
  package var isAborted: Bool
  /// `abortScaleDownDelaySeconds: 0`, which keeps an aborted canary's pods for ever.
  package var keepsAbortedCanary: Bool

  package init(
    replicas: Int, weight: Int, maxWeight: Int = 100, podsMin: Int = 0,
    canaryScale: CanaryScale = .matchTrafficWeight, isAborted: Bool = false,
    keepsAbortedCanary: Bool = false
  ) {
    self.replicas = replicas
    self.weight = weight
    self.maxWeight = maxWeight
    self.podsMin = podsMin
    self.canaryScale = canaryScale
    self.isAborted = isAborted
    self.keepsAbortedCanary = keepsAbortedCanary
  }

  /// The pods that carry `weight`, rounded up.
  package static func pods(for weight: Int, of replicas: Int, maxWeight: Int = 100) -> Int {
    let needed = Int128(weight) * Int128(replicas) + Int128(maxWeight - 1)
    return Int(clamping: needed / Int128(maxWeight))
  }

  /// The sizes with a stable side that keeps its pods.
  package var split: ReplicaSplit { ReplicaSplit(canary: canaryPods, stable: replicas) }

  private var canaryPods: Int {
    if !isAborted || keepsAbortedCanary {
      switch canaryScale {
      case .replicas(let count): return count
      case .weight(let share): return Self.pods(for: share, of: replicas, maxWeight: 100)
      case .matchTrafficWeight: break
      }
    }
    let needed = Self.pods(for: weight, of: replicas, maxWeight: maxWeight)
    return weight > 0 ? max(needed, min(podsMin, replicas)) : needed
  }

  /// The weights a router holds now.
  package struct RoutedWeights: Hashable, Sendable {
    package var canary: Int
    package var stable: Int

    package init(canary: Int, stable: Int) {
      self.canary = canary
      self.stable = stable
    }
  }

  /// The sizes with `dynamicStableScale`: each side keeps pods for the larger of the traffic it has
  /// and the traffic it should have. After an abort the canary gives its traffic back in the sizes
  /// of `stepWeights`, so stable is scaled for the next lower of them; when no pod is available
  /// anywhere there is nothing to protect and stable is scaled up whole.
  package func dynamicSplit(
    now: RoutedWeights, stepWeights: [Int], isAnyPodAvailable: Bool
  ) -> ReplicaSplit {
    let stableInUse = Self.pods(for: now.stable, of: replicas, maxWeight: maxWeight)
    guard isAborted else {
      let wanted = Self.pods(for: maxWeight - weight, of: replicas, maxWeight: maxWeight)
      return ReplicaSplit(canary: canaryPods, stable: max(wanted, stableInUse))
    }
    let canaryInUse = Self.pods(for: now.canary, of: replicas, maxWeight: maxWeight)
    let lower = stepWeights.filter { $0 < now.canary }.max() ?? 0
    let next = isAnyPodAvailable ? lower : 0
    let wanted = Self.pods(for: maxWeight - next, of: replicas, maxWeight: maxWeight)
    return ReplicaSplit(
      canary: max(canaryPods, canaryInUse), stable: max(wanted, stableInUse))
  }
}
