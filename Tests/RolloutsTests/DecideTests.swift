import Analysis
import MetricModel
import Rollouts
import Testing

@Suite struct DecideTests {
  /// A rollout whose first revision, `model:1`, runs everywhere.
  private func deployed(
    steps: [CanaryStep], replicas: Int = 10
  ) -> RolloutWalk {
    var walk = RolloutWalk(RolloutWalk.plan(replicas: replicas, steps: steps))
    walk.settle()
    walk.log = []
    return walk
  }

  private let analysis = AnalysisUse(
    templates: [AnalysisSpec.TemplateReference(name: "compare")],
    arguments: [
      AnalysisArgument(name: "canary", source: .latestPodHash),
      AnalysisArgument(name: "stable", source: .stablePodHash),
      AnalysisArgument(name: "limit", source: .value("0.9")),
    ])

  @Test func `the first deployment skips all steps`() {
    var walk = RolloutWalk(RolloutWalk.plan(steps: [.setWeight(10), .pause(nil)]))
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.state.stepIndex == 2)
    #expect(walk.size("model:1") == 10)
    #expect(walk.state.stableHash == walk.plan.podHash)
    #expect(walk.state.condition(.completed)?.status == .isTrue)
  }

  @Test func `a settled rollout writes nothing`() {
    var walk = deployed(steps: [.setWeight(10), .pause(nil)])
    let passes = walk.settle()
    #expect(passes == 1)
    walk.update(image: "model:2")
    walk.settle()
    let actions = walk.pass()
    #expect(actions.isEmpty)
    #expect(!walk.isReplaced)
  }

  @Test func `steps go forward one at a time`() {
    var walk = deployed(
      steps: [.setWeight(10), .pause(.minutes(5)), .setWeight(50), .pause(.minutes(5))])
    walk.update(image: "model:2")
    walk.settle()
    #expect(walk.state.phase == .paused)
    #expect(walk.state.message == "CanaryPauseStep")
    #expect(walk.state.stepIndex == 1)
    #expect(walk.state.weight == 10)
    #expect(walk.size("model:2") == 1)
    #expect(walk.size("model:1") == 9)
    #expect(nextWake(walk.plan, walk.state, walk.seen) == Timestamp(milliseconds: 300_000))
    walk.wait(.seconds(299))
    #expect(walk.state.stepIndex == 1)
    walk.wait(.seconds(1))
    #expect(walk.state.stepIndex == 3)
    #expect(walk.state.weight == 50)
    #expect(walk.size("model:2") == 5)
    walk.wait(.minutes(5))
    #expect(walk.state.phase == .healthy)
    #expect(walk.size("model:1") == 0)
    #expect(walk.size("model:2") == 10)
    #expect(walk.state.revision == 2)
    #expect(walk.events.filter { $0 == "RolloutStepCompleted" }.count == 4)
    #expect(walk.events.last { $0.hasPrefix("Rollout") } == "RolloutCompleted")
  }

  @Test func `a pause without length waits for a person`() {
    var walk = deployed(steps: [.setWeight(20), .pause(nil)])
    walk.update(image: "model:2")
    walk.settle()
    walk.wait(.hours(100))
    #expect(walk.state.phase == .paused)
    #expect(nextWake(walk.plan, walk.state, walk.seen) == nil)
    walk.request(.promote)
    walk.settle()
    #expect(walk.state.phase == .healthy)
  }

  @Test func `sizes follow the replicas during a pause`() {
    var walk = deployed(steps: [.setWeight(25), .pause(nil)], replicas: 1)
    walk.update(image: "model:2")
    walk.settle()
    #expect([walk.size("model:2"), walk.size("model:1")] == [1, 1])
    walk.plan.replicas = 8
    walk.settle()
    #expect([walk.size("model:2"), walk.size("model:1")] == [2, 6])
    walk.plan.replicas = 4
    walk.settle()
    #expect([walk.size("model:2"), walk.size("model:1")] == [1, 3])
    #expect(walk.state.phase == .paused)
  }

  @Test func `a new revision in a pause starts over`() throws {
    var walk = deployed(steps: [.setWeight(25), .pause(nil)], replicas: 4)
    walk.update(image: "model:2")
    walk.settle()
    walk.update(image: "model:3")
    walk.settle()
    #expect(walk.size("model:1") == 3)
    #expect(walk.size("model:2") == 0)
    #expect(walk.size("model:3") == 1)
    #expect(walk.state.revision == 3)
    #expect(walk.state.stepIndex == 1)
  }

  @Test func `going back to stable skips the steps`() {
    var walk = deployed(steps: [.setWeight(25), .pause(nil)], replicas: 4)
    walk.update(image: "model:2")
    walk.settle()
    walk.update(image: "model:1")
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.size("model:1") == 4)
    #expect(walk.size("model:2") == 0)
    #expect(walk.state.revision == 3)
    #expect(walk.events.contains("SkipSteps"))
  }

  @Test func `an analysis step starts one run with the hashes`() throws {
    var walk = deployed(steps: [.setWeight(10), .analysis(analysis), .setWeight(100)])
    let stable = walk.plan.podHash
    walk.update(image: "model:2")
    walk.settle()
    let starts = walk.log.compactMap {
      if case .startAnalysis(let start) = $0 { start } else { nil }
    }
    let start = try #require(starts.first)
    #expect(starts.count == 1)
    #expect(start.name == "model-\(walk.plan.podHash)-2-1")
    #expect(start.arguments.map(\.value) == [walk.plan.podHash, stable, "0.9"])
    #expect(walk.state.stepIndex == 1)
    #expect(walk.state.message == "more replicas need to be updated")
    walk.seen.runs[start.name] = ObservedRun(phase: .successful)
    walk.settle()
    #expect(walk.state.phase == .healthy)
  }

  @Test(arguments: [AnalysisPhase.failed, .error])
  func `a failed run sends everything back`(phase: AnalysisPhase) {
    var walk = deployed(steps: [.setWeight(50), .analysis(analysis), .setWeight(100)])
    walk.update(image: "model:2")
    let name = "model-\(walk.plan.podHash)-2-1"
    walk.outcomes[name] = ObservedRun(
      phase: phase,
      message: "Metric \"accuracy\" assessed Failed due to failed (1) > failureLimit (0)")
    walk.settle()
    #expect(walk.state.isAborted)
    #expect(walk.state.phase == .degraded)
    #expect(
      walk.state.message
        == "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase "
        + "error/failed: Metric \"accuracy\" assessed Failed due to failed (1) > failureLimit (0)")
    #expect(walk.state.stepIndex == 0)
    #expect(walk.state.weight == 0)
    #expect(walk.size("model:1") == 10)
    #expect(walk.size("model:2") == 0)
    let passes = walk.settle()
    #expect(passes == 1)
  }

  @Test func `a retry begins again with new runs`() {
    var walk = deployed(steps: [.setWeight(50), .analysis(analysis)])
    walk.update(image: "model:2")
    let name = "model-\(walk.plan.podHash)-2-1"
    walk.outcomes[name] = ObservedRun(phase: .failed)
    walk.settle()
    walk.request(.retry)
    walk.settle()
    #expect(walk.seen.runs["\(name).1"]?.phase == .running)
    #expect(walk.state.stepIndex == 1)
    #expect(walk.seen.replicaSet(walk.plan.podHash)?.isRejected == true)
    walk.seen.runs["\(name).1"] = ObservedRun(phase: .successful)
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.seen.replicaSet(walk.plan.podHash)?.isRejected == false)
  }

  @Test func `an inconclusive run waits for a person`() {
    var walk = deployed(steps: [.setWeight(50), .analysis(analysis), .pause(nil)])
    walk.update(image: "model:2")
    walk.outcomes["model-\(walk.plan.podHash)-2-1"] = ObservedRun(phase: .inconclusive)
    walk.settle()
    #expect(walk.state.phase == .paused)
    #expect(walk.state.message == "InconclusiveAnalysisRun")
    #expect(walk.state.stepIndex == 1)
    walk.request(.promote)
    walk.settle()
    #expect(walk.state.stepIndex == 2)
    #expect(walk.state.message == "CanaryPauseStep")
  }

  @Test func `lifting the pause of an inconclusive run measures again`() {
    var walk = deployed(steps: [.setWeight(50), .analysis(analysis)])
    walk.update(image: "model:2")
    let name = "model-\(walk.plan.podHash)-2-1"
    walk.outcomes[name] = ObservedRun(phase: .inconclusive)
    walk.settle()
    walk.state.pauses = []
    walk.settle()
    #expect(walk.seen.runs["\(name).1"]?.phase == .running)
  }

  @Test func `background analysis runs from its step to the promotion`() {
    var walk = deployed(steps: [.setWeight(20), .pause(nil), .setWeight(60), .pause(nil)])
    walk.plan.canary.background = BackgroundAnalysis(use: analysis, startingStep: 2)
    walk.update(image: "model:2")
    let name = "model-\(walk.plan.podHash)-2"
    walk.settle()
    #expect(walk.seen.runs.isEmpty)
    walk.request(.promote)
    walk.settle()
    #expect(walk.seen.runs[name]?.phase == .running)
    walk.request(.promote)
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.seen.runs[name]?.isTerminating == true)
    #expect(walk.log.contains(.terminateAnalysis(name: name)))
  }

  @Test func `a failing background run ends a pause`() {
    var walk = deployed(steps: [.setWeight(20), .pause(nil)])
    walk.plan.canary.background = BackgroundAnalysis(use: analysis)
    walk.update(image: "model:2")
    walk.settle()
    let name = "model-\(walk.plan.podHash)-2"
    walk.seen.runs[name] = ObservedRun(phase: .failed, message: "bad")
    walk.settle()
    #expect(walk.state.abortReason == "Background analysis phase error/failed: bad")
    #expect(walk.size("model:2") == 0)
  }

  @Test func `an abort ends the runs and returns the pods`() {
    var walk = deployed(steps: [.setWeight(50), .analysis(analysis)])
    walk.update(image: "model:2")
    walk.settle()
    walk.request(.abort)
    walk.settle()
    #expect(walk.state.message == "RolloutAborted: Rollout aborted update to revision 2")
    #expect(walk.size("model:1") == 10)
    let areEnded = walk.seen.runs.values.allSatisfy { $0.isCompleted }
    #expect(areEnded)
    #expect(walk.seen.replicaSets.allSatisfy { !$0.isRejected })
  }

  @Test func `an abort of what is promoted is dropped`() {
    var walk = deployed(steps: [.setWeight(50)])
    walk.request(.abort)
    walk.settle()
    #expect(!walk.state.isAborted)
    #expect(walk.state.phase == .healthy)
  }

  @Test func `promote full skips steps but not pods`() {
    var walk = deployed(steps: [.setWeight(10), .pause(nil), .analysis(analysis)])
    walk.update(image: "model:2")
    walk.settle()
    walk.request(.promoteFull)
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.seen.runs.isEmpty)
    #expect(!walk.state.promotesFully)
  }

  @Test func `a person's pause holds everything but an abort`() {
    var walk = deployed(steps: [.setWeight(50), .pause(nil)])
    walk.update(image: "model:2")
    walk.request(.pause)
    walk.settle()
    #expect(walk.state.message == "manually paused")
    #expect(walk.size("model:1") == 10)
    walk.request(.promote)
    walk.settle()
    #expect(walk.size("model:2") == 5)
    walk.request(.pause)
    walk.request(.abort)
    walk.settle()
    #expect(walk.size("model:2") == 0)
  }

  @Test func `pods that never come degrade the rollout at the deadline`() {
    var walk = deployed(steps: [.setWeight(50)])
    walk.update(image: "model:2")
    walk.broken = [walk.plan.podHash]
    walk.settle()
    #expect(walk.state.message == "more replicas need to be updated")
    #expect(walk.state.weight == 0)
    #expect(nextWake(walk.plan, walk.state, walk.seen) == Timestamp(milliseconds: 600_000))
    walk.wait(.minutes(10))
    #expect(
      walk.state.message == "ProgressDeadlineExceeded: "
        + "ReplicaSet \"model-\(walk.plan.podHash)\" has timed out progressing.")
    #expect(!walk.state.isAborted)
  }

  @Test func `the deadline may abort`() {
    var walk = deployed(steps: [.setWeight(50)])
    walk.plan.abortsOnDeadline = true
    walk.update(image: "model:2")
    walk.broken = [walk.plan.podHash]
    walk.settle()
    walk.wait(.minutes(10))
    #expect(walk.state.isAborted)
    #expect(walk.size("model:2") == 0)
    #expect(walk.size("model:1") == 10)
  }

  @Test func `the rollback window is short unless the revision was rejected`() {
    let steps: [CanaryStep] = [.setWeight(50), .analysis(analysis)]
    var walk = deployed(steps: steps)
    walk.plan.rollbackWindow = 2
    let second = RolloutWalk.plan(image: "model:2").podHash
    let third = RolloutWalk.plan(image: "model:3").podHash
    walk.outcomes["model-\(second)-2-1"] = ObservedRun(phase: .successful)
    walk.outcomes["model-\(third)-3-1"] = ObservedRun(phase: .successful)
    walk.seen.now = Timestamp(milliseconds: 1000)
    walk.update(image: "model:2")
    walk.settle()
    walk.seen.now = Timestamp(milliseconds: 2000)
    walk.update(image: "model:3")
    walk.settle()
    #expect(walk.state.phase == .healthy)
    walk.update(image: "model:1")
    walk.settle()
    #expect(walk.state.phase == .healthy)
    #expect(walk.seen.runs.count == 2)

    walk.update(image: "model:3")
    for index in walk.seen.replicaSets.indices {
      walk.seen.replicaSets[index].isRejected = walk.seen.replicaSets[index].podHash == second
    }
    walk.outcomes["model-\(third)-5-1"] = ObservedRun(phase: .successful)
    walk.settle()
    walk.update(image: "model:2")
    walk.settle()
    #expect(walk.state.stepIndex == 1)
  }

  @Test func `history keeps as many empty ReplicaSets as asked`() {
    var walk = deployed(steps: [])
    walk.plan.revisionHistoryLimit = 2
    for image in 2...6 {
      walk.update(image: "model:\(image)")
      walk.settle()
    }
    #expect(walk.seen.replicaSets.count == 3)
    #expect(walk.size("model:6") == 10)
    #expect(walk.size("model:3") == nil)
  }
}
