import Analysis
import Foundation
import Manifest
import MetricModel
import RolloutExecutor
import Rollouts
import Testing
import YAMLReader

@Suite struct RolloutStatusTests {
  /// Argo's own status objects, read and written back: what decides anything must survive.
  @Test(.enabled(if: snapshots != nil, "../shared isn't here"))
  func `Argo's snapshots keep what decides`() throws {
    let folder = try #require(Self.snapshots)
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.contains("rollout") && $0.hasSuffix(".yaml") }.sorted()
    #expect(!files.isEmpty)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for node in try YAMLReader.documents(in: text) {
        let object = JSONValue(node)
        guard object["kind"] == "Rollout" else { continue }
        let status = object["status"] ?? [:]
        let written = RolloutState(rollout: object).status
        for field in [
          "currentPodHash", "stableRS", "currentStepHash", "abort", "replicas", "phase",
          "updatedReplicas", "availableReplicas", "readyReplicas", "pauseConditions",
        ] where status[field] != nil {
          // Two of the snapshots bear words that no controller writes as a Rollout's phase.
          if field == "phase", ["Failed", "Running"].contains(status[field]) { continue }
          #expect(written[field] == status[field], "\(file): \(field)")
        }
        if status["currentStepHash"] != nil, status["currentStepIndex"] != nil {
          #expect(written["currentStepIndex"] == status["currentStepIndex"], "\(file)")
        }
      }
    }
  }

  static let snapshots: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "../shared/conformance/rollouts/argo-rollouts/cli-get")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  @Test func `a state survives its status`() {
    var state = RolloutState()
    let time = Timestamp(milliseconds: 1_795_427_195_915)
    state.currentHash = "new"
    state.stableHash = "old"
    state.stepHash = "steps"
    state.stepIndex = 2
    state.isAborted = true
    state.abortedAt = time
    state.promotesFully = true
    state.pauses = [RolloutPause(reason: .canaryPauseStep, start: time)]
    state.isControllerPaused = true
    state.restartedAt = time
    state.traffic = RoutedTraffic(
      canary: .init(service: "c", podHash: "new", weight: 20),
      stable: .init(service: "s", podHash: "old", weight: 70),
      additional: [.init(service: "e", podHash: "x", weight: 10)])
    state.weight = 20
    state.stepRun = RunStatus(name: "r", phase: .running, message: "m")
    state.experiment = "e"
    state.stablePingPong = .pong
    var blueGreen = BlueGreenStatus()
    blueGreen.activeSelector = "old"
    blueGreen.isPreviewScaledUp = true
    blueGreen.postPromotion = RunStatus(name: "p", phase: .failed)
    state.blueGreen = blueGreen
    state.replicas.pods = 5
    state.replicas.scaled = 4
    state.selector = "app=m"
    state.observedGeneration = "7"
    var duration = RolloutDuration(started: time)
    duration.manualPauseTotal = .seconds(3)
    duration.completion = .aborted
    state.duration = duration
    state.conditions = [
      RolloutCondition(
        kind: .progressing, status: .unknown, reason: "RolloutPaused", message: "x",
        updated: time, changed: Timestamp(milliseconds: 1000))
    ]
    state.phase = .paused
    state.message = "why"
    #expect(RolloutState(rollout: ["status": state.status]) == state)
  }

  @Test func `an empty object is a new rollout`() {
    #expect(RolloutState(rollout: [:]) == RolloutState())
    #expect(RolloutState(rollout: ["status": "nonsense"]) == RolloutState())
    #expect(
      RolloutState(rollout: ["status": ["conditions": [1, [:]], "pauseConditions": "x"]])
        == RolloutState())
  }
}
