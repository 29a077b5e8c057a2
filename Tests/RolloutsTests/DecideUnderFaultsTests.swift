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
}
