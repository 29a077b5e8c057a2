internal import Analysis
internal import MetricModel

/// The strategy of two whole sets of pods.
extension DecisionPass {
  /// Points the Services: the preview at the current revision, the active one where it belongs.
  mutating func settleServices(_ blueGreen: BlueGreenPlan, _ newSet: ObservedReplicaSet) {
    var status = state.blueGreen ?? BlueGreenStatus()
    if let preview = blueGreen.previewService {
      select(preview, state.currentHash)
      status.previewSelector = state.currentHash
    }
    if let active = seen.services[blueGreen.activeService] {
      let wanted = wantedActive(blueGreen, newSet, active)
      select(blueGreen.activeService, wanted)
      status.activeSelector = wanted
    }
    state.blueGreen = status
  }

  /// Where the active Service should point, never from pods that serve to none that do.
  private func wantedActive(
    _ blueGreen: BlueGreenPlan, _ newSet: ObservedReplicaSet, _ active: String
  ) -> String {
    let isSaturated = newSet.desired == plan.replicas && newSet.available >= plan.replicas
    let wanted: String
    if state.stableHash.isEmpty {
      wanted = isSaturated || active == state.currentHash ? state.currentHash : active
    } else if state.isFullyPromoted {
      wanted = state.currentHash
    } else if state.isAborted {
      wanted = state.stableHash
    } else if active == state.currentHash {
      wanted = active
    } else if isSaturated, isFastTracked(newSet) || isCutoverDue(blueGreen) {
      wanted = state.currentHash
    } else {
      wanted = state.stableHash
    }
    return serving(wanted, insteadOf: active)
  }

  /// Whether no pause and no analysis stand before the current revision: it is asked for, or it ran
  /// everywhere a moment ago and still has its pods.
  func isFastTracked(_ newSet: ObservedReplicaSet) -> Bool {
    if state.stableHash.isEmpty || state.isFullyPromoted || state.promotesFully { return true }
    if isFastRollback { return true }
    return isWayBackOpen(newSet) && !state.isAborted && newSet.available >= plan.replicas
  }

  /// The pause was entered and left, and nobody undecided stands in the way.
  private func isCutoverDue(_ blueGreen: BlueGreenPlan) -> Bool {
    guard state.pauses.isEmpty, state.isControllerPaused || !pauses(blueGreen) else { return false }
    return blueGreen.prePromotion == nil || state.blueGreen?.prePromotion?.phase == .successful
  }

  private func pauses(_ blueGreen: BlueGreenPlan) -> Bool {
    !blueGreen.promotesItself || blueGreen.promotesAfter != nil
  }

  func blueGreenSplit(
    _ blueGreen: BlueGreenPlan, _ newSet: ObservedReplicaSet
  ) -> ReplicaSplit {
    guard stableSet != nil, !state.isFullyPromoted else {
      return ReplicaSplit(canary: plan.replicas, stable: 0)
    }
    var new = plan.replicas
    if state.isAborted {
      let isOver = !mustServe(newSet.podHash) && isGone(newSet, after: plan.scaleDown.abortDelay)
      new = isOver ? 0 : newSet.desired
    } else if let preview = blueGreen.previewReplicaCount, !isFastTracked(newSet),
      state.blueGreen?.isPreviewScaledUp != true, !hasTraffic(newSet.podHash)
    {
      new = min(preview, plan.replicas)
    }
    return ReplicaSplit(canary: new, stable: plan.replicas)
  }

  /// The pods before the promotion are there.
  func isPreviewReady(_ newSet: ObservedReplicaSet) -> Bool {
    guard let blueGreen = plan.blueGreen else { return false }
    let wanted = blueGreenSplit(blueGreen, newSet).canary
    return newSet.desired == wanted && newSet.available >= wanted
  }

  /// Enters and leaves the pause before the promotion, then asks for all pods.
  mutating func workOnPromotion(_ newSet: ObservedReplicaSet) {
    guard let blueGreen = plan.blueGreen, isUpdating, !isFastTracked(newSet),
      !hasTraffic(newSet.podHash), isPreviewReady(newSet),
      blueGreen.prePromotion == nil || state.blueGreen?.prePromotion?.phase == .successful
    else { return }
    if pauses(blueGreen) {
      if let pause = state.pause(.blueGreenPause) {
        guard blueGreen.promotesItself, let wait = blueGreen.promotesAfter,
          seen.now >= pause.start.advanced(by: wait)
        else { return }
        state.pauses.removeAll { $0.reason == .blueGreenPause }
      } else if !state.isControllerPaused {
        enterPause(.blueGreenPause)
        return
      }
    }
    if state.pauses.isEmpty, blueGreen.previewReplicaCount != nil {
      state.blueGreen?.isPreviewScaledUp = true
    }
  }

  /// Whether the traffic is where a promotion would say it is.
  func isServedByNew(_ newSet: ObservedReplicaSet) -> Bool {
    guard let blueGreen = plan.blueGreen else {
      guard plan.canary.routing != nil, !state.stableHash.isEmpty, plan.replicas > 0 else {
        return true
      }
      let canary = held?.canary
      return canary?.podHash == newSet.podHash && canary?.weight == maxWeight
    }
    guard let active = seen.services[blueGreen.activeService] else { return false }
    return active == newSet.podHash
  }

  /// Whether the judgement after the cut-over is done, or none is asked for.
  var isPostPromotionOver: Bool {
    guard let blueGreen = plan.blueGreen, blueGreen.postPromotion != nil else { return true }
    if let newSet = seen.replicaSet(state.currentHash), isWayBackOpen(newSet) { return true }
    return state.blueGreen?.postPromotion?.phase == .successful
  }

  /// It ran everywhere a moment ago, still has its pods, and was never judged bad.
  private func isWayBackOpen(_ set: ObservedReplicaSet) -> Bool {
    guard let deadline = set.scaleDownDeadline else { return false }
    return deadline > seen.now && !set.isRejected
  }
}
