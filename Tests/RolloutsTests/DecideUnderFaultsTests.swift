import Analysis
import MetricModel
import Rollouts
import Testing

/// What a decision makes of a cluster that a killed controller, a hand or two things at once left
/// behind. Each was found by the study and is kept as it was found.
@Suite struct DecideUnderFaultsTests {
  private let use = AnalysisUse(templates: [AnalysisSpec.TemplateReference(name: "compare")])

  private func deployed(_ strategy: RolloutPlan.Strategy, replicas: Int = 4) -> RolloutWalk {
    var plan = RolloutWalk.plan(replicas: replicas)
    plan.strategy = strategy
    var walk = RolloutWalk(plan)
    for name in ["active", "shop-canary", "shop-stable"] { walk.seen.services[name] = "" }
    walk.settle()
    walk.seen.now = walk.seen.now.advanced(by: .minutes(1))
    return walk
  }

  private func routed(_ steps: [CanaryStep]) -> CanaryPlan {
    var canary = CanaryPlan(steps: steps)
    canary.canaryService = "shop-canary"
    canary.stableService = "shop-stable"
    canary.routing = TrafficPlan(routers: [.nginx(NGINXPlan(stableIngresses: ["web"]))])
    return canary
  }

  /// The state is stored, then the controller is killed.
  private func isKilled(_ walk: inout RolloutWalk) -> [RolloutAction] {
    let (next, actions) = decide(walk.plan, walk.state, walk.seen)
    walk.state = next
    return actions
  }

  private func starts(_ actions: [RolloutAction]) -> [String] {
    actions.compactMap { if case .startAnalysis(let start) = $0 { start.name } else { nil } }
  }

  @Test func `a verdict against the update starts no further run`() {
    var canary = CanaryPlan(steps: [.analysis(use), .analysis(use)])
    canary.background = BackgroundAnalysis(use: use)
    var walk = deployed(.canary(canary))
    walk.update(image: "model:2")
    walk.settle()
    let base = "model-\(walk.plan.podHash)-2"
    walk.seen.runs["\(base)-0"]?.phase = .successful
    walk.pass()
    #expect(walk.state.stepIndex == 1)
    walk.seen.runs[base]?.phase = .failed
    let actions = walk.pass()
    #expect(walk.state.isAborted)
    #expect(starts(actions).isEmpty)
  }

  @Test func `an experiment's verdict starts no run that a killed controller left out`() {
    let experiment = ExperimentUse(
      templates: [.init(name: "a", source: .canary)], duration: .minutes(5))
    var canary = CanaryPlan(steps: [.experiment(experiment)])
    canary.background = BackgroundAnalysis(use: use)
    var walk = deployed(.canary(canary))
    walk.update(image: "model:2")
    walk.settle()
    let background = "model-\(walk.plan.podHash)-2"
    #expect(walk.seen.runs[background]?.phase == .running)
    walk.seen.runs[background] = nil
    walk.seen.experiments["\(background)-0"]?.phase = .failed
    let actions = walk.pass()
    #expect(walk.state.isAborted)
    #expect(starts(actions).isEmpty)
  }

  @Test func `weight isn't taken from pods that serve because the status says it was`() {
    var walk = deployed(.canary(routed([.setWeight(25), .pause(nil)])))
    let stable = walk.plan.podHash
    walk.update(image: "model:2")
    walk.settle()
    #expect(walk.seen.routed?.canary.weight == 25)
    walk.plan.isPaused = true
    walk.plan.canary = routed([.pause(nil), .setWeight(25)])
    walk.pass()
    _ = isKilled(&walk)
    #expect(walk.state.traffic?.canary.weight == 0)
    let index = walk.seen.replicaSets.firstIndex { $0.podHash == stable } ?? 0
    walk.seen.replicaSets[index].available = 0
    walk.settle()
    #expect(walk.seen.routed?.canary.weight == 25)
    #expect(walk.state.traffic?.canary.weight == 25)
  }

  @Test func `nothing is judged after a switch that wasn't made`() {
    var blueGreen = BlueGreenPlan(activeService: "active")
    blueGreen.postPromotion = use
    var walk = deployed(.blueGreen(blueGreen))
    walk.update(image: "model:2")
    let new = walk.plan.podHash
    var hasAsked = false
    for _ in 0..<20 where !hasAsked {
      let (_, actions) = decide(walk.plan, walk.state, walk.seen)
      hasAsked = actions.contains(.select(service: "active", podHash: new))
      if hasAsked { _ = isKilled(&walk) } else { walk.pass() }
    }
    #expect(hasAsked)
    #expect(walk.state.blueGreen?.activeSelector == new)
    let actions = walk.pass()
    #expect(starts(actions).isEmpty)
    #expect(actions.contains(.select(service: "active", podHash: new)))
    walk.settle()
    #expect(walk.seen.runs["model-\(new)-2-post"]?.phase == .running)
  }

  @Test func `a verdict counts wherever a hand has put the active Service`() {
    var blueGreen = BlueGreenPlan(activeService: "active")
    blueGreen.postPromotion = use
    var walk = deployed(.blueGreen(blueGreen))
    let stable = walk.plan.podHash
    walk.update(image: "model:2")
    walk.settle()
    let run = "model-\(walk.plan.podHash)-2-post"
    #expect(walk.seen.runs[run]?.phase == .running)
    walk.seen.services["active"] = stable
    walk.seen.runs[run]?.phase = .failed
    walk.settle()
    #expect(walk.state.isAborted)
    #expect(walk.seen.services["active"] == stable)
  }

  @Test func `the stable Service waits for the pods of what was promoted without any`() {
    var walk = deployed(.canary(routed([])), replicas: 0)
    let old = walk.plan.podHash
    walk.update(image: "model:2")
    let new = walk.plan.podHash
    for _ in 0..<20 where walk.state.stableHash == old { walk.pass() }
    walk.seen.services["shop-stable"] = old
    walk.seen.routed?.stable.podHash = old
    let index = walk.seen.replicaSets.firstIndex { $0.podHash == old } ?? 0
    walk.seen.replicaSets[index].desired = 5
    walk.seen.replicaSets[index].available = 5
    walk.plan.replicas = 6
    let actions = walk.pass()
    #expect(!actions.contains(.select(service: "shop-stable", podHash: new)))
    walk.settle()
    #expect(walk.seen.services["shop-stable"] == new)
    #expect(walk.seen.routed?.stable.podHash == new)
    #expect(walk.state.phase == .healthy)
  }

  private func routes(_ actions: [RolloutAction]) -> [TrafficTarget] {
    actions.compactMap { if case .route(let target) = $0 { target } else { nil } }
  }

  /// Passes until the routers are asked for this weight; then the controller is killed.
  private func killBeforeRouting(_ weight: Int, _ walk: inout RolloutWalk) {
    for _ in 0..<20 {
      let (_, actions) = decide(walk.plan, walk.state, walk.seen)
      if routes(actions).contains(where: { $0.canary.weight == weight }) {
        _ = isKilled(&walk)
        return
      }
      walk.pass()
    }
    Issue.record("no pass asked for weight \(weight)")
  }

  @Test func `a pass that misses the deadline moves no weight`() {
    var walk = deployed(.canary(routed([])))
    let stable = walk.plan.podHash
    walk.plan.abortsOnDeadline = true
    walk.plan.progressDeadline = .seconds(60)
    walk.update(image: "model:2")
    killBeforeRouting(100, &walk)
    walk.seen.now = walk.seen.now.advanced(by: .seconds(61))
    let actions = walk.pass()
    #expect(walk.state.isAborted)
    #expect(routes(actions).isEmpty)
    #expect(walk.state.traffic?.canary.weight == 0)
    walk.settle()
    #expect(walk.seen.routed?.stable.podHash == stable)
    #expect(walk.seen.routed?.stable.weight == 100)
  }

  @Test func `the status of an update that starts over tells no weight that wasn't routed`() {
    var walk = deployed(.canary(routed([.setWeight(25), .pause(nil)])))
    walk.update(image: "model:2")
    killBeforeRouting(25, &walk)
    #expect(walk.state.weight == 25)
    walk.update(image: "model:3")
    walk.pass()
    #expect(walk.state.weight == 0)
    #expect(walk.state.traffic?.canary.weight == 0)
  }

  @Test(arguments: [true, false])
  func `of no replicas pods go before their traffic does`(aborts: Bool) {
    var walk = deployed(.canary(routed([.setWeight(50), .pause(nil)])))
    let stable = walk.plan.podHash
    walk.update(image: "model:2")
    let new = walk.plan.podHash
    walk.settle()
    walk.plan.replicas = 0
    walk.pass()
    #expect(walk.seen.replicaSet(stable)?.available == 0)
    #expect(walk.seen.replicaSet(new)?.available == 2)
    if aborts { walk.request(.abort) } else { walk.update(image: "model:1") }
    for _ in 0..<20 {
      let serves = (walk.seen.replicaSet(new)?.available ?? 0) > 0
      let targets = routes(walk.pass())
      #expect(!serves || targets.allSatisfy { $0.canary.weight == 50 })
    }
    #expect(walk.seen.replicaSet(new)?.desired == 0)
    #expect(walk.seen.routed?.stable.weight == 100)
  }

  @Test(arguments: [RolloutRequest.promote, .promoteFull])
  func `a promotion out of a long analysis isn't late`(request: RolloutRequest) {
    var walk = deployed(.canary(routed([.setWeight(50), .analysis(use), .setWeight(80)])))
    walk.plan.abortsOnDeadline = true
    walk.plan.progressDeadline = .seconds(60)
    walk.update(image: "model:2")
    walk.settle()
    #expect(walk.state.stepIndex == 1)
    walk.wait(.minutes(10))
    walk.request(request)
    walk.settle()
    #expect(!walk.state.isAborted)
    #expect(walk.state.phase == .healthy)
  }
}
