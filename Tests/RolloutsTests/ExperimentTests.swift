import Analysis
import Manifest
import MetricModel
import Rollouts
import Testing
import YAMLReader

@Suite struct ExperimentTests {
  private let start = Timestamp(milliseconds: 1_800_000_000_000)

  private func plan(_ spec: String) throws -> ExperimentPlan {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Experiment
      metadata: {name: lab}
      spec:
        templates:
        - name: baseline
          replicas: 2
          service: {}
          selector: {matchLabels: {app: lab}}
          template: {metadata: {labels: {app: lab}}, spec: {containers: [{name: a, image: v1}]}}
      \(spec)
      """
    let (plan, problems) = ExperimentPlan.read(try #require(YAMLReader.documents(in: text).first))
    return try #require(plan, "\(problems)")
  }

  @Test func `an Experiment may leave its name to the server`() throws {
    let text = """
      metadata: {generateName: lab-}
      spec: {templates: [{name: a, selector: {matchLabels: {app: lab}}, template: {spec: {}}}]}
      """
    let document = try #require(YAMLReader.documents(in: text).first)
    #expect(ExperimentPlan.read(document).plan?.name == "lab-")
  }

  /// An Experiment in a cluster whose pods come when they are let.
  private struct Walk {
    var plan: ExperimentPlan
    var state = ExperimentState()
    var seen: ExperimentObservation
    var log: [ExperimentAction] = []

    init(_ plan: ExperimentPlan, at now: Timestamp) {
      self.plan = plan
      seen = ExperimentObservation(now: now)
    }

    mutating func settle() {
      for _ in 0..<50 {
        let (next, actions) = decide(plan, state, seen)
        let isSame = next == state
        state = next
        log += actions
        for action in actions { perform(action) }
        if actions.isEmpty, isSame { return }
      }
      Issue.record("doesn't come to rest")
    }

    mutating func perform(_ action: ExperimentAction) {
      switch action {
      case .createReplicaSet(let template, let podHash):
        seen.replicaSets[template] = ObservedReplicaSet(
          podHash: podHash, revision: 0, created: seen.now, desired: 0, pods: 0, ready: 0,
          available: 0)
      case .scale(let template, let replicas):
        seen.replicaSets[template]?.desired = replicas
        seen.replicaSets[template]?.pods = replicas
        seen.replicaSets[template]?.available = 0
      case .setScaleDownDeadline(let template, let time):
        seen.replicaSets[template]?.scaleDownDeadline = time
      case .createService(_, let name, _): seen.services.insert(name)
      case .deleteService(let name): seen.services.remove(name)
      case .startAnalysis(let start): seen.runs[start.name] = ObservedRun(phase: .running)
      case .terminateAnalysis(let name):
        seen.runs[name] = ObservedRun(phase: .successful, isTerminating: true)
      case .record: break
      }
    }

    mutating func letPodsCome() {
      seen.replicaSets = seen.replicaSets.mapValues { set in
        var set = set
        set.available = set.desired
        return set
      }
      settle()
    }

    mutating func wait(_ length: Milliseconds) {
      seen.now = seen.now.advanced(by: length)
      settle()
    }
  }

  private func walk(_ spec: String) throws -> Walk {
    var walk = Walk(try plan(spec), at: start)
    walk.settle()
    return walk
  }

  @Test func `it runs from all pods being there for its duration, then goes`() throws {
    var walk = try walk("  duration: 5m")
    #expect(walk.state.phase == .pending)
    #expect(walk.seen.replicaSets["baseline"]?.desired == 2)
    #expect(walk.seen.services == ["lab-baseline"])
    walk.letPodsCome()
    #expect(walk.state.phase == .running)
    #expect(walk.state.availableAt == start)
    #expect(nextWake(walk.plan, walk.state, walk.seen) == start.advanced(by: .minutes(5)))
    walk.wait(.minutes(5))
    #expect(walk.state.phase == .successful)
    #expect(walk.state.templates.map(\.phase) == [.successful])
    #expect(walk.seen.replicaSets["baseline"]?.desired == 2)
    walk.wait(.seconds(30))
    #expect(walk.seen.replicaSets["baseline"]?.desired == 0)
    #expect(walk.seen.services.isEmpty)
  }

  @Test func `pods that never come fail it`() throws {
    var walk = try walk("  duration: 5m\n  progressDeadlineSeconds: 60")
    walk.wait(.seconds(60))
    #expect(walk.state.phase == .failed)
    #expect(walk.state.message == "ReplicaSet \"lab-baseline\" has timed out progressing.")
  }

  @Test func `required analyses end it early, with the hashes they asked for`() throws {
    var walk = try walk(
      """
        analyses:
        - name: compare
          templateName: compare
          requiredForCompletion: true
          args: [{name: hash, value: "{{templates.baseline.podTemplateHash}}"}]
      """)
    #expect(walk.seen.runs.isEmpty)
    walk.letPodsCome()
    let starts = walk.log.compactMap {
      if case .startAnalysis(let start) = $0 { start } else { nil }
    }
    #expect(starts.map(\.name) == ["lab-compare"])
    #expect(starts.first?.arguments.first?.value == walk.plan.templates[0].podHash)
    walk.seen.runs["lab-compare"]?.phase = .successful
    walk.settle()
    #expect(walk.state.phase == .successful)
  }

  @Test(arguments: [AnalysisPhase.failed, .error, .inconclusive])
  func `a bad run ends it with its phase`(phase: AnalysisPhase) throws {
    var walk = try walk("  duration: 5m\n  analyses: [{name: a, templateName: a}]")
    walk.letPodsCome()
    walk.seen.runs["lab-a"] = ObservedRun(phase: phase, message: "why")
    walk.settle()
    #expect(walk.state.phase == phase)
    #expect(walk.state.message == "why")
  }

  @Test func `a missing template is an error and an end by a person a success`() throws {
    var missing = try walk("  duration: 5m")
    missing.seen.refusal = "AnalysisTemplate a not found"
    missing.settle()
    #expect(missing.state.phase == .error)
    var ended = try walk("  duration: 5m\n  analyses: [{name: a, templateName: a}]")
    ended.letPodsCome()
    ended.plan.isTerminated = true
    ended.settle()
    #expect(ended.state.phase == .successful)
    #expect(ended.seen.runs["lab-a"]?.isTerminating == true)
  }

  @Test func `a step's pods stay out of the rollout's Services`() throws {
    let source = try #require(
      YAMLReader.documents(
        in: """
          metadata:
            labels: {app: shop, tier: web, rollouts-pod-template-hash: abc}
          spec: {containers: [{name: a}]}
          """
      ).first)
    let step = ExperimentStart(
      name: "shop-7c9f-2-1", step: 1, use: ExperimentUse(templates: []), stableHash: "a",
      latestHash: "b")
    let template = ExperimentUse.Template(name: "baseline", source: .stable)
    let (pods, selector) = step.podTemplate(of: template, from: source, selector: ["app": "shop"])
    #expect(selector == ["app": "shop-baseline-1"])
    #expect(pods[path: "metadata", "labels", "app"]?.asText == "shop-baseline-1")
    #expect(pods[path: "metadata", "labels", "tier"]?.asText == "web")
    #expect(pods[path: "metadata", "labels", "rollouts-pod-template-hash"] == nil)
    var named = template
    named.metadata.labels = ["app": "shop"]
    let kept = step.podTemplate(of: named, from: source, selector: ["app": "shop"])
    #expect(kept.selector == ["app": "shop"])
  }
}
