import Analysis
import Manifest
import MetricModel
import Rollouts
import Simulation
import Statistics

/// A rollout and an hour of trouble, all drawn from one seed.
struct RandomRollout {
  static let hour = Timestamp(milliseconds: 3_600_000)
  static let day = Timestamp(milliseconds: 100 * 3_600_000)

  var simulator: Simulator<RandomAnalyses>
  let isKind: Bool

  /// - Parameter isKind: without broken revisions, bad verdicts and requests: it must end well.
  init(seed: UInt64, isKind: Bool = false) {
    var generator = SeededGenerator(seed: seed)
    self.isKind = isKind
    var plan = RolloutPlan(
      name: "model", replicas: Int.random(in: 0...12, using: &generator),
      template: Self.template(1), canary: Self.canary(using: &generator))
    plan.abortsOnDeadline = Bool.random(using: &generator)
    plan.progressDeadline = .seconds(Int64.random(in: 20...900, using: &generator))
    plan.rollbackWindow = Bool.random(using: &generator) ? 2 : nil
    plan.revisionHistoryLimit = Int.random(in: 0...3, using: &generator)
    let timing = PodTiming(
      readyAfter: .seconds(Int64.random(in: 0...20, using: &generator)), jitter: .seconds(15),
      minReady: .seconds(Bool.random(using: &generator) ? 0 : 5))
    simulator = Simulator(
      plan: plan, cluster: SimulatedCluster(timing, seed: seed &+ 1),
      analyses: RandomAnalyses(seed: seed &+ 2, isKind: isKind), start: Timestamp(milliseconds: 0),
      seed: seed &+ 3)
    simulator.deploy()
    if !isKind, Int.random(in: 0..<4, using: &generator) == 0 {
      simulator.breakRevision(Self.plan(plan, image: 3).podHash)
    }
    schedule(plan, using: &generator)
    simulator.killChance = Bool.random(using: &generator) ? 0.05 : 0
  }

  private mutating func schedule(_ first: RolloutPlan, using generator: inout SeededGenerator) {
    var plan = first
    var now = simulator.now
    for round in 0..<Int.random(in: 2...14, using: &generator) {
      now = now.advanced(by: Milliseconds(Int64.random(in: 0...400_000, using: &generator)))
      switch round == 0 ? 0 : Int.random(in: 0..<10, using: &generator) {
      case 0, 1:
        plan = Self.plan(plan, image: round == 0 ? 2 : Int.random(in: 1...4, using: &generator))
        simulator.schedule(.update(plan), at: now)
      case 2:
        plan.replicas = Int.random(in: 0...12, using: &generator)
        simulator.schedule(.update(plan), at: now)
      case 3, 4, 5:
        let hash = Self.plan(plan, image: Int.random(in: 1...4, using: &generator)).podHash
        simulator.schedule(
          .crash(podHash: hash, ordinal: Int.random(in: 0...9, using: &generator)), at: now)
      case 6:
        plan.canary = Self.canary(using: &generator)
        simulator.schedule(.update(plan), at: now)
      default:
        guard !isKind, let request = RolloutRequest.allCases.randomElement(using: &generator)
        else { continue }
        simulator.schedule(.request(request), at: now)
      }
    }
  }

  private static func template(_ image: Int) -> ManifestNode {
    ManifestNode(
      .map([ManifestEntry(key: "image", value: ManifestNode(.text("model:\(image)")))]))
  }

  private static func plan(_ plan: RolloutPlan, image: Int) -> RolloutPlan {
    var next = plan
    next.template = template(image)
    return next
  }

  private static func canary(using generator: inout SeededGenerator) -> CanaryPlan {
    let use = AnalysisUse(templates: [AnalysisSpec.TemplateReference(name: "compare")])
    var steps: [CanaryStep] = []
    for _ in 0..<Int.random(in: 0...7, using: &generator) {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: steps.append(.analysis(use))
      case 1: steps.append(.pause(.seconds(Int64.random(in: 0...300, using: &generator))))
      default: steps.append(.setWeight(Int.random(in: 0...100, using: &generator)))
      }
    }
    let sizes: [ReplicaQuantity] = [.count(0), .count(1), .count(3), .percent(25), .percent(100)]
    var plan = CanaryPlan(
      steps: steps, maxSurge: sizes.randomElement(using: &generator) ?? .count(1),
      maxUnavailable: sizes.randomElement(using: &generator) ?? .count(1))
    if Int.random(in: 0..<3, using: &generator) == 0 {
      plan.background = BackgroundAnalysis(
        use: use, startingStep: Int.random(in: 0...steps.count, using: &generator))
    }
    return plan
  }
}
