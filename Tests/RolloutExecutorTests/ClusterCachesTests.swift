import Analysis
import Exposition
import HTTPTransport
import KubernetesClient
import Manifest
import Rollouts
import Testing

@testable import RolloutExecutor

@Suite struct ClusterCachesTests {
  /// Never asks anybody: objects are put in by hand.
  private func caches(_ objects: [(ResourceKind, JSONValue)]) -> ClusterCaches {
    let client = ClusterClient(
      ClusterConfiguration(server: "http://localhost"), transport: HTTPTransport())
    let caches = ClusterCaches(client, namespace: nil, instance: nil)
    for (kind, object) in objects { caches.absorb(object, kind) }
    return caches
  }

  private func object(
    _ kind: String, _ name: String, _ spec: JSONValue = [:], status: JSONValue = [:],
    namespace: String = "shop"
  ) -> JSONValue {
    [
      "kind": .string(kind),
      "metadata": [
        "name": .string(name), "namespace": .string(namespace),
        "uid": .string("\(kind)/\(namespace)/\(name)"), "resourceVersion": "1",
      ], "spec": spec, "status": status,
    ]
  }

  @Test(
    arguments: [
      (["errors"], nil), (["errors", "latency"], nil),
      (["latency", "gone"], "gone: AnalysisTemplate 'gone' not found"),
      (
        ["errors", "unreadable"],
        "unreadable: AnalysisTemplate 'unreadable': spec.metrics: found a text, expected a list"
      ),
      (["empty"], "empty: no metrics specified"),
      (["errors", "again"], "errors, again: two metrics have the same name 'errors'"),
      (["outer"], "outer: AnalysisTemplate 'gone' not found, which 'outer' refers to"),
    ] as [([String], String?)])
  func `a run lacks no metric: templates that can't all be used are refused`(
    names: [String], refusal: String?
  ) {
    func template(_ name: String, _ spec: JSONValue) -> (ResourceKind, JSONValue) {
      var document = object("AnalysisTemplate", name, spec)
      document["apiVersion"] = "argoproj.io/v1alpha1"
      return (.analysisTemplates, document)
    }
    func metric(_ name: String) -> JSONValue {
      [
        "metrics": [
          [
            "name": .string(name), "successCondition": "result[0] < 1",
            "provider": ["prometheus": ["query": "up"]],
          ]
        ]
      ]
    }
    let caches = caches([
      template("errors", metric("errors")), template("latency", metric("latency")),
      template("again", metric("errors")), template("unreadable", ["metrics": "none"]),
      template("empty", ["metrics": []]),
      template("outer", ["templates": [["templateName": "gone"]]]),
    ])
    let use = AnalysisUse(
      templates: names.map { AnalysisSpec.TemplateReference(name: $0, isClusterScoped: false) })
    let found = caches.refusal(of: use, namespace: "shop").map { "\($0.name): \($0.reason)" }
    #expect(found == refusal)
  }

  @Test(arguments: [
    ("Deployment", "server", ["byWorkload"]), ("Service", "active", ["blueGreen"]),
    ("Service", "stable", ["canary"]), ("Service", "ping", ["pingPong"]), ("Service", "server", []),
    ("Pod", "server", []), ("AnalysisTemplate", "errors", ["analysed", "compare", "nested"]),
    ("AnalysisTemplate", "all", ["nested"]), ("AnalysisTemplate", "other", []),
    ("ClusterAnalysisTemplate", "errors", ["analysed", "far", "compare", "nested"]),
  ])
  func `a change reaches all who name the object`(
    kind: String, name: String, dependents: [String]
  ) {
    func analysed(_ name: String, by template: String, namespace: String = "shop") -> JSONValue {
      let step: JSONValue = ["analysis": ["templates": [["templateName": .string(template)]]]]
      return object(
        "Rollout", name, ["strategy": ["canary": ["steps": [["setWeight": 5], step]]]],
        namespace: namespace)
    }
    let experiment: JSONValue = ["analyses": [["name": "a", "templateName": "errors"]]]
    let all: [(ResourceKind, JSONValue)] = [
      (
        .analysisTemplates,
        object("AnalysisTemplate", "all", ["templates": [["templateName": "errors"]]])
      ),
      (.rollouts, analysed("analysed", by: "errors")), (.rollouts, analysed("nested", by: "all")),
      (.rollouts, analysed("far", by: "errors", namespace: "other")),
      (.experiments, object("Experiment", "compare", experiment)),
      (.rollouts, object("Rollout", "byWorkload", ["workloadRef": ["name": "server"]])),
      (
        .rollouts,
        object("Rollout", "blueGreen", ["strategy": ["blueGreen": ["activeService": "active"]]])
      ),
      (
        .rollouts,
        object("Rollout", "canary", ["strategy": ["canary": ["stableService": "stable"]]])
      ),
      (
        .rollouts,
        object(
          "Rollout", "pingPong",
          ["strategy": ["canary": ["pingPong": ["pingService": "ping", "pongService": "pong"]]]])
      ),
      (
        .rollouts,
        object("Rollout", "elsewhere", ["workloadRef": ["name": "server"]], namespace: "other")
      ),
    ]
    let namespace = kind == "ClusterAnalysisTemplate" ? "" : "shop"
    let found = caches(all).dependents(of: object(kind, name, namespace: namespace))
    #expect(found.map(\.name).sorted() == dependents.sorted())
  }

  @Test func `objects show as gauges under Argo's names`() {
    let routing: JSONValue = [
      "canary": [
        "trafficRouting": [
          "istio": [:], "plugins": ["argoproj-labs/gatewayAPI": [:]], "managedRoutes": [],
        ]
      ]
    ]
    let rollout = object(
      "Rollout", "model", ["replicas": 4, "strategy": routing],
      status: ["phase": "Paused", "replicas": 5, "availableReplicas": 4, "updatedReplicas": 1])
    let run = object(
      "AnalysisRun", "run",
      ["metrics": [["name": "accuracy", "provider": ["prometheus": [:]]]]],
      status: [
        "phase": "Running", "metricResults": [["name": "accuracy", "phase": "Successful"]],
      ])
    var text = MetricsText()
    caches([(.rollouts, rollout), (.analysisRuns, run)]).writeGauges(to: &text)
    let lines = Set(
      String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    let model = #"namespace="shop",name="model""#
    let accuracy = #"namespace="shop",name="run",metric="accuracy",type="prometheus""#
    for line in [
      "rollout_info{\(model),strategy=\"canary\","
        + "traffic_router=\"argoproj-labs/gatewayAPI,istio\",phase=\"Paused\"} 1",
      "rollout_info_replicas_desired{\(model)} 4", "rollout_info_replicas_available{\(model)} 4",
      "rollout_info_replicas_unavailable{\(model)} 1", "rollout_info_replicas_updated{\(model)} 1",
      "rollout_phase{\(model),strategy=\"canary\",phase=\"Paused\"} 1",
      "rollout_phase{\(model),strategy=\"canary\",phase=\"Healthy\"} 0",
      #"analysis_run_info{namespace="shop",name="run",phase="Running"} 1"#,
      "analysis_run_metric_type{\(accuracy)} 1",
      "analysis_run_metric_phase{\(accuracy),dry_run=\"false\",phase=\"Successful\"} 1",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
  }
}
