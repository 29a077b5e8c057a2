import Analysis
import Foundation
import Manifest
import MetricModel
import Rollouts
import Testing
import YAMLReader

@Suite struct RolloutPlanTests {
  private func read(_ canary: String, spec: String = "") throws -> PlanReading {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Rollout
      metadata: {name: model, namespace: ml, labels: {env: prod}}
      spec:
        replicas: 4
        selector: {matchLabels: {app: model}}
        template:
          metadata: {labels: {app: model}}
          spec: {containers: [{name: server, image: "model:1"}]}
        strategy:
          canary:
      \(canary.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
      \(spec)
      """
    return RolloutPlan.read(try #require(YAMLReader.documents(in: text).first))
  }

  @Test func `a whole canary is read`() throws {
    let reading = try read(
      """
      maxSurge: 2
      maxUnavailable: "20%"
      analysis:
        startingStep: 1
        templates: [{templateName: watch, clusterScope: true}]
      steps:
      - setWeight: 10
      - pause: {duration: 1h30m}
      - pause: {duration: 90}
      - pause: {}
      - analysis:
          templates: [{templateName: compare}]
          args:
          - {name: canary, valueFrom: {podTemplateHashValue: Latest}}
          - {name: stable, valueFrom: {podTemplateHashValue: Stable}}
          - {name: env, valueFrom: {fieldRef: {fieldPath: "metadata.labels['env']"}}}
          - {name: limit, value: "0.9"}
          dryRun: [{metricName: slow}]
          measurementRetention: [{metricName: fast, limit: 3}]
      """, spec: "  minReadySeconds: 5\n  rollbackWindow: {revisions: 3}\n")
    #expect(reading.problems.isEmpty)
    let plan = try #require(reading.plan)
    #expect(plan.name == "model")
    #expect(plan.namespace == "ml")
    #expect(plan.images == ["model:1"])
    #expect(
      plan.limits == ReplicaLimits(replicas: 4, maxSurge: .count(2), maxUnavailable: .count(0)))
    #expect(plan.rollbackWindow == 3)
    #expect(plan.canary.background?.startingStep == 1)
    #expect(plan.canary.background?.use.templates.first?.isClusterScoped == true)
    #expect(plan.canary.steps.count == 5)
    #expect(plan.canary.steps[1] == .pause(.minutes(90)))
    #expect(plan.canary.steps[2] == .pause(.seconds(90)))
    #expect(plan.canary.steps[3] == .pause(nil))
    #expect(plan.canary.steps[4].description == "analysis: compare")
    guard case .analysis(let use) = plan.canary.steps[4] else {
      Issue.record("\(plan.canary.steps[4])")
      return
    }
    #expect(
      use.arguments.map(\.description)
        == ["canary=Latest", "stable=Stable", "env=prod", "limit=0.9"])
    #expect(use.retention == [MeasurementLimit(metricName: "fast", limit: 3)])
  }

  @Test(arguments: [
    (
      "autoPromotionEnabled: false",
      "12:7: spec.strategy.canary.autoPromotionEnabled: belongs to blueGreen"
    ),
    (
      "steps: [{setWeight: 101}]",
      "spec.strategy.canary.steps[0].setWeight: found 101, expected a weight from 0 to 100"
    ),
    ("steps: [{setWeight: '10'}]", "setWeight: found a text, expected an integer"),
    (
      "steps: [{pause: {duration: 5d}}]",
      "duration: found \"5d\", expected a length of time such as 90s"
    ),
    ("steps: [{pause: {duration: -5}}]", "duration: found \"-5\", expected a length of time"),
    ("steps: [{pause: }]", "steps[0].pause: found nothing; write \"pause: {}\""),
    (
      "steps: [{setWeight: 1, pause: {}}]",
      "found setWeight and pause in one step, expected exactly one"
    ),
    ("steps: [{}]", "found nothing in one step"),
    ("steps: [{setWait: 1}]", "steps[0].setWait: unknown field, known here: analysis, experiment"),
    ("steps: [{analysis: {}}]", "steps[0].analysis.templates: found no templates"),
    ("steps: [{experiment: {}}]", "steps[0].experiment.templates: found no templates"),
    ("steps: [{setHeaderRoute: {name: x}}]", "setHeaderRoute needs trafficRouting"),
    ("steps: [{setMirrorRoute: {name: x}}]", "setMirrorRoute needs trafficRouting"),
    ("steps: [{setCanaryScale: {weight: 1}}]", "setCanaryScale needs trafficRouting"),
    ("steps: [{plugin: {name: x}}]", "step plugins are not carried out"),
    ("trafficRouting: {istio: {}}", "istio: found no virtualService"),
    ("trafficRouting: {alb: {ingress: x}}", "alb is not carried out, expected istio, nginx"),
    ("trafficRouting: {plugins: {x/y: {}}}", "this plugin is not carried out"),
    (
      "trafficRouting: {nginx: {stableIngress: web}}",
      "canaryService: found no canaryService, which trafficRouting needs"
    ),
    (
      """
      canaryService: a
      stableService: b
      trafficRouting: {managedRoutes: [{name: r}], nginx: {stableIngress: web}}
      steps: [{setMirrorRoute: {name: r}}]
      """, "nginx can't do setMirrorRoute; remove the step or use another router"
    ),
    (
      """
      canaryService: a
      stableService: b
      trafficRouting: {istio: {virtualService: {name: web}}}
      steps: [{setHeaderRoute: {name: r}}]
      """, "found route \"r\", which trafficRouting.managedRoutes doesn't name"
    ),
    (
      """
      canaryService: a
      stableService: b
      trafficRouting: {maxTrafficWeight: 1000, istio: {virtualService: {name: web}}}
      """, "found 1000, but the weights of istio are parts of 100"
    ),
    ("dynamicStableScale: true", "dynamicStableScale: needs trafficRouting"),
    ("canaryService: a\nstableService: a", "found \"a\" for both roles"),
    ("replicaProgressThreshold: {type: Pods, value: 3}", "expected Pod or Percent"),
    ("maxSurge: 0\nmaxUnavailable: 0", "found maxSurge and maxUnavailable both 0"),
    ("maxSurge: 25", ""),
    (
      "maxUnavailable: 25 percent", "expected a number of pods such as 2 or a share such as \"25%\""
    ),
    ("maxUnavailable: 150%", "found \"150%\", expected a number of pods"),
    (
      "analysis: {startingStep: 3, templates: [{templateName: x}]}\nsteps: [{setWeight: 5}]",
      "startingStep: found 3, expected at most 1"
    ),
    (
      "steps: [{analysis: {templates: [{templateName: x}], args: [{name: a}]}}]",
      "args[0]: found no value, expected \"value\" or \"valueFrom\""
    ),
    (
      """
      steps:
      - analysis:
          templates: [{templateName: x}]
          args: [{name: a, valueFrom: {fieldRef: {fieldPath: metadata.nowhere}}}]
      """,
      "fieldPath: found no text at \"metadata.nowhere\" of this Rollout"
    ),
  ])
  func `a fault is told with its place and remedy`(canary: String, message: String) throws {
    let reading = try read(canary)
    if message.isEmpty {
      #expect(reading.problems.isEmpty)
      return
    }
    #expect(reading.plan == nil)
    let texts = reading.problems.map(\.error.description)
    #expect(texts.contains { $0.contains(message) }, "\(texts)")
  }

  @Test func `fields without effect are advised against, not refused`() throws {
    let reading = try read("abortScaleDownDelaySeconds: 30")
    #expect(reading.plan != nil)
    #expect(
      reading.problems.first?.description.hasPrefix(
        "advice: 12:35: spec.strategy.canary.abortScaleDownDelaySeconds: has no effect") == true)
  }

  @Test(arguments: [
    (
      "  minReadySeconds: 700\n",
      "progressDeadlineSeconds: found 10m, expected more than minReadySeconds (11m40s)"
    ),
    ("  workloadRef: {kind: Deployment, name: x}\n", "found template and workloadRef"),
    ("  restartAt: tomorrow\n", "restartAt: found \"tomorrow\", expected a time such as"),
    ("  paused: 1\n", "spec.paused: found an integer, expected true or false"),
    ("  revisionHistoryLimit: -1\n", "found -1, expected a number from 0"),
    ("  replica: 3\n", "spec.replica: unknown field"),
  ])
  func `faults of the spec are told`(spec: String, message: String) throws {
    let texts = try read("steps: []", spec: spec).problems.map(\.error.description)
    #expect(texts.contains { $0.contains(message) }, "\(texts)")
  }

  @Test func `identity of a revision ignores layout but not content`() throws {
    let first = try #require(
      YAMLReader.documents(in: "metadata: {labels: {a: b}}\nspec: {n: 1}").first)
    let same = try #require(
      YAMLReader.documents(in: "spec:\n  n: 1\nmetadata:\n  labels:\n    a: b\n").first)
    let other = try #require(
      YAMLReader.documents(in: "metadata: {labels: {a: b}}\nspec: {n: '1'}").first)
    let hashes = [first, same, other].map { RolloutPlan(name: "x", template: $0).podHash }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] != hashes[2])
  }

  @Test func `other kinds are refused by name`() throws {
    let node = try #require(
      YAMLReader.documents(in: "apiVersion: apps/v1\nkind: Deployment\n").first)
    let reading = RolloutPlan.read(node)
    #expect(
      reading.invalidSpecMessage
        == "The Rollout is invalid: 1:1: kind: found apps/v1 Deployment, "
        + "expected a Rollout of argoproj.io/v1alpha1")
  }

  /// Manifests of all kinds, good and bad: each a plan or problems, never a trap.
  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `every example of the conformance data is read or refused`() throws {
    let root = ConformanceTable.folder.appending(path: "argo-rollouts")
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var counts = (plans: 0, refusals: 0)
    for case let file as URL in files
    where ["yaml", "yml", "json"].contains(file.pathExtension) {
      guard let text = try? String(contentsOf: file, encoding: .utf8),
        let documents = try? YAMLReader.documents(in: text)
      else { continue }
      for document in documents where document["kind"]?.asText == "Rollout" {
        let reading = RolloutPlan.read(document)
        if reading.plan != nil { counts.plans += 1 } else { counts.refusals += 1 }
        #expect((reading.plan == nil) == (reading.invalidSpecMessage != nil), "\(file)")
      }
    }
    print("examples: \(counts.plans) plans, \(counts.refusals) refused")
    #expect(counts.plans + counts.refusals > 0)
  }
}
