internal import Analysis
package import MetricModel
package import Rollouts
internal import Statistics

/// A rollout in virtual time: the loop of the real executor (observe, decide, store, perform) with
/// a queue instead of a clock and a simulated cluster instead of an API server.
///
///     var simulator = Simulator(plan: plan, cluster: cluster, analyses: runs, start: start)
///     simulator.deploy()                                // the first revision, everywhere
///     simulator.schedule(.update(next), at: start)
///     simulator.run(until: end)
///     print(simulator.trace.text)
package struct Simulator<Analyses: SimulatedAnalyses> {
  /// What is put into the queue.
  package enum Happening: Sendable {
    /// Look at the cluster and decide.
    case look
    case pod(SimulatedCluster.PodEvent)
    case wakeRun(String)
    /// The plan is edited: another image, other steps, more replicas.
    indirect case update(RolloutPlan)
    case request(RolloutRequest)
    /// The n-th pod of a revision crashes, counted modulo their number.
    case crash(podHash: String, ordinal: Int)
  }

  package private(set) var plan: RolloutPlan
  package private(set) var state = RolloutState()
  package private(set) var cluster: SimulatedCluster
  package private(set) var analyses: Analyses
  package private(set) var runs: [String: ObservedRun] = [:]
  package private(set) var experiments: [String: ObservedExperiment] = [:]
  /// The hash each Service selects.
  package private(set) var services: [String: String] = [:]
  /// What the routers were last told.
  package private(set) var routed: TrafficTarget?
  package private(set) var now: Timestamp
  package private(set) var trace: Trace
  /// Passes so far, and actions performed in them.
  package private(set) var passCount = 0
  package private(set) var actionCount = 0
  /// Whether the last pass changed nothing and asked for nothing.
  package private(set) var isSettled = false

  /// How likely the controller is killed before each of its writes; it starts again at once.
  package var killChance = 0.0
  private var killer: SeededGenerator
  private var queue = EventQueue<Happening>()
  private var shown: Situation?
  private var nextLook: Timestamp?

  /// - Parameters:
  ///   - origin: what the trace's times count from; `start` when nil.
  ///   - seed: of the moments at which the controller is killed.
  package init(
    plan: RolloutPlan, cluster: SimulatedCluster, analyses: Analyses, start: Timestamp,
    origin: Timestamp? = nil, seed: UInt64 = 0
  ) {
    killer = SeededGenerator(seed: seed)
    self.plan = plan
    self.cluster = cluster
    self.analyses = analyses
    now = start
    trace = Trace(start: origin ?? start)
  }

  /// What a decision sees.
  package var observation: RolloutObservation {
    RolloutObservation(
      now: now, replicaSets: cluster.replicaSets, runs: runs, experiments: experiments,
      services: services, routed: routed)
  }

  package mutating func schedule(_ happening: Happening, at time: Timestamp) {
    queue.schedule(happening, at: max(time, now))
  }

  /// Puts the plan's revision everywhere, which takes the pods' time but leaves no trace.
  package mutating func deploy() {
    look(at: now)
    while !(isSettled && state.isFullyPromoted), step(until: .latest) {}
    trace.entries = []
    shown = situation
  }

  /// The pods of a revision will never become ready.
  package mutating func breakRevision(_ podHash: String) {
    cluster.brokenHashes.insert(podHash)
  }

  /// Lets everything happen that is due by `end`.
  ///
  /// - Parameter inspect: called after each pass.
  package mutating func run(
    until end: Timestamp, inspect: (Simulator, SimulatedPass) -> Void = { _, _ in }
  ) {
    while step(until: end, inspect: inspect) {}
    now = max(now, end)
  }

  /// One event; false when none is due by `end`.
  private mutating func step(
    until end: Timestamp, inspect: (Simulator, SimulatedPass) -> Void = { _, _ in }
  ) -> Bool {
    guard let time = queue.nextTime, time <= end, let (_, happening) = queue.next() else {
      return false
    }
    now = time
    switch happening {
    case .look:
      guard nextLook == time else { return true }
      nextLook = nil
      decideOnce(inspect)
      return true
    case .pod(let event):
      put(cluster.apply(event, at: now))
      note(.pods)
    case .wakeRun(let name): take(analyses.wake(name, at: now))
    case .update(let next):
      plan = next
      note(.update(podHash: plan.podHash, images: plan.images))
    case .request(let request):
      request.apply(to: &plan, &state)
      note(.request(request))
    case .crash(let hash, let ordinal):
      let pods = cluster.pods(of: hash)
      guard !pods.isEmpty else { return true }
      put(cluster.crash(pod: pods[ordinal % pods.count], at: now))
      note(.podCrashed(podHash: hash))
    }
    look(at: now)
    return true
  }

  /// Schedules a decision, unless one is due as early.
  private mutating func look(at time: Timestamp) {
    if let nextLook, nextLook <= time { return }
    nextLook = time
    queue.schedule(.look, at: time)
  }

  private mutating func decideOnce(_ inspect: (Simulator, SimulatedPass) -> Void) {
    let before = state
    let seen = observation
    let (next, actions) = decide(plan, before, seen)
    state = next
    passCount += 1
    actionCount += actions.count
    if before.weight != state.weight { note(.weight(state.weight)) }
    var isKilled = false
    for action in actions {
      isKilled = killChance > 0 && killer.nextUnit() < killChance
      if isKilled { break }
      perform(action)
    }
    if before.phase != state.phase || before.message != state.message {
      note(.phase(state.phase, message: state.message))
    }
    isSettled = actions.isEmpty && next == before && !isKilled
    inspect(self, SimulatedPass(before: before, seen: seen, actions: actions))
    if !isSettled {
      look(at: now)
    } else if let wake = nextWake(plan, state, seen), wake > now {
      look(at: wake)
    }
  }

  private mutating func perform(_ action: RolloutAction) {
    switch action {
    case .createReplicaSet(let start): cluster.create(start, at: now)
    case .setRevision(let hash, let revision): cluster.setRevision(podHash: hash, to: revision)
    case .scale(let hash, let replicas, let sizedFor):
      put(cluster.scale(podHash: hash, to: replicas, sizedFor: sizedFor, at: now))
    case .setScaleDownDeadline(let hash, let time):
      cluster.setScaleDownDeadline(podHash: hash, to: time)
    case .setRejected(let hash, let isRejected): cluster.setRejected(podHash: hash, isRejected)
    case .setMetadata(let hash, let metadata): cluster.setMetadata(podHash: hash, to: metadata)
    case .deleteReplicaSet(let hash): cluster.delete(podHash: hash)
    case .select(let service, let hash): services[service] = hash
    case .route(let target): routed = target
    case .startAnalysis(let start):
      if runs[start.name] == nil {
        runs[start.name] = ObservedRun(phase: .pending, created: now)
        note(.runStarted(name: start.name, step: start.step))
      }
      take(analyses.start(start, at: now))
    case .terminateAnalysis(let name):
      runs[name]?.isTerminating = true
      take(analyses.terminate(name, at: now))
    case .deleteAnalysis(let name): runs[name] = nil
    case .startExperiment(let start):
      if experiments[start.name] == nil {
        experiments[start.name] = ObservedExperiment(phase: .running, created: now)
      }
    case .terminateExperiment(let name):
      experiments[name]?.isTerminating = true
      experiments[name]?.phase = .successful
    case .deleteExperiment(let name): experiments[name] = nil
    case .evict(let pod): put(cluster.evict(pod: pod, at: now))
    case .scaleWorkload, .copyConfig, .deleteConfig: break
    case .record(let event): note(.told(event))
    }
  }

  private mutating func put(_ events: [(time: Timestamp, event: SimulatedCluster.PodEvent)]) {
    for (time, event) in events { queue.schedule(.pod(event), at: time) }
  }

  private mutating func take(_ outcomes: [AnalysisOutcome]) {
    for outcome in outcomes {
      switch outcome {
      case .wake(let run, let time): queue.schedule(.wakeRun(run), at: max(time, now))
      case .measured(let measurement): note(.measured(measurement))
      case .phase(let run, var observed):
        observed.created = runs[run]?.created ?? now
        let known = runs[run]
        observed.isTerminating = observed.isTerminating || known?.isTerminating == true
        runs[run] = observed
        if observed.isCompleted, known?.isCompleted != true {
          note(.runEnded(name: run, phase: observed.phase, message: observed.message))
        }
      }
    }
  }

  /// How the rollout stands now.
  package var situation: Situation {
    var result = Situation()
    let isTakenUp = state.currentHash == plan.podHash
    let isPromoted = state.stableHash == plan.podHash
    result.weight = isPromoted ? 100 : isTakenUp ? state.weight : 0
    result.step = isTakenUp ? state.stepIndex : 0
    result.steps = plan.canary.steps.count
    result.phase = isTakenUp ? state.phase : .progressing
    for set in cluster.replicaSets {
      let size = SetSize(available: set.available, desired: set.desired)
      if set.podHash == plan.podHash {
        result.canary = size
      } else if set.podHash == state.stableHash {
        result.stable = size
      }
    }
    return result
  }

  private mutating func note(_ event: TraceEvent) {
    let current = situation
    if event == .pods, current == shown { return }
    shown = current
    trace.entries.append(TraceEntry(time: now, event: event, situation: current))
  }
}

/// One decision of a simulated controller.
package struct SimulatedPass: Sendable {
  package var before: RolloutState
  package var seen: RolloutObservation
  package var actions: [RolloutAction]
}
