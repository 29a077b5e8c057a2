package import Analysis
package import MetricModel
package import Rollouts

/// What a Rollout with its templates would have done during a recording.
///
///     let replay = RolloutReplay(plan: plan, templates: templates, start: recording.rolloutStart,
///       stableHash: "6d4b9c7f58", canaryHash: "7c9f8d6b54")
///     let result = replay.run(until: recording.end) { query, now in try evaluate(query, now) }
///     result.ending                                 // .rolledBack(at:, reason:)
///
/// The stable revision runs everywhere before `start`; then the image changes. Pods are simulated;
/// what the queries answer is recorded, and doesn't change with what the rollout decides.
package struct RolloutReplay: Sendable {
  /// The revision to be rolled out.
  package var plan: RolloutPlan
  package var templates: [AnalysisTemplate]
  /// When the update begins.
  package var start: Timestamp
  /// What the recording calls the two revisions, for queries that select by hash.
  package var stableHash: String
  package var canaryHash: String
  package var timing: PodTiming
  package var seed: UInt64

  package init(
    plan: RolloutPlan, templates: [AnalysisTemplate], start: Timestamp, stableHash: String,
    canaryHash: String, timing: PodTiming = PodTiming(), seed: UInt64 = 1
  ) {
    self.plan = plan
    self.templates = templates
    self.start = start
    self.stableHash = stableHash
    self.canaryHash = canaryHash
    self.timing = timing
    self.seed = seed
  }

  /// Plays until the rollout has ended and settled, or `end` has come.
  package func run(until end: Timestamp, query: @escaping QueryPort) -> ReplayResult {
    var stable = plan
    stable.podHash = stableHash
    stable.isPaused = false
    var canary = plan
    canary.podHash = canaryHash
    var timing = timing
    timing.minReady = plan.minReady
    var simulator = Simulator(
      plan: stable, cluster: SimulatedCluster(timing, seed: seed),
      analyses: TemplateAnalyses(templates, query: query),
      start: start.advanced(by: .hours(-1)), origin: start)
    simulator.deploy()
    simulator.schedule(.update(canary), at: start)
    simulator.run(until: end)
    return ReplayResult(
      trace: simulator.trace, state: simulator.state, ending: Self.ending(of: simulator, by: end))
  }

  private static func ending(
    of simulator: Simulator<TemplateAnalyses>, by end: Timestamp
  ) -> ReplayEnding {
    let state = simulator.state
    func time(_ reason: String) -> Timestamp {
      let entry = simulator.trace.entries.last {
        if case .told(let event) = $0.event { event.reason == reason } else { false }
      }
      return entry?.time ?? end
    }
    if state.isAborted {
      return .rolledBack(at: time("RolloutAborted"), reason: state.abortReason)
    }
    if state.isFullyPromoted { return .promoted(at: time("RolloutCompleted")) }
    if !state.pauses.isEmpty, nextWake(simulator.plan, state, simulator.observation) == nil {
      return .paused(at: time("RolloutPaused"), reason: state.message)
    }
    return .unfinished(state.message)
  }
}

/// How a replay ended.
package enum ReplayEnding: Equatable, Sendable {
  case promoted(at: Timestamp)
  case rolledBack(at: Timestamp, reason: String)
  /// Waits for a person.
  case paused(at: Timestamp, reason: String)
  /// The recording was over before the rollout.
  case unfinished(String)
}

/// What a replay gave.
package struct ReplayResult: Sendable {
  package var trace: Trace
  /// The rollout's state at the end.
  package var state: RolloutState
  package var ending: ReplayEnding
}
