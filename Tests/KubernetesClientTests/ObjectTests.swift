import KubernetesClient
import Manifest
import Testing

@Suite struct ObjectTests {
  // The API server answers these paths in Kubernetes 1.20 and later; a typing error here would be
  // seen by no compiler.
  @Test(
    arguments: [
      (
        ResourceKind.rollouts, "shop", "m", "status",
        "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/m/status"
      ),
      (.pods, "shop", "p", "eviction", "/api/v1/namespaces/shop/pods/p/eviction"),
      (.replicaSets, nil, nil, nil, "/apis/apps/v1/replicasets"),
      (.leases, "a", "l", nil, "/apis/coordination.k8s.io/v1/namespaces/a/leases/l"),
      (
        .clusterAnalysisTemplates, "ignored", "t", nil,
        "/apis/argoproj.io/v1alpha1/clusteranalysistemplates/t"
      ),
      (.services, "s", "../x", nil, "/api/v1/namespaces/s/services/..%2Fx"),
    ] as [(ResourceKind, String?, String?, String?, String)])
  func `paths are those of the API`(
    kind: ResourceKind, namespace: String?, name: String?, subresource: String?, path: String
  ) {
    #expect(kind.path(namespace: namespace, name: name, subresource: subresource) == path)
  }

  @Test(
    arguments: [
      ("{}", "{}", nil),
      (#"{"a":1}"#, #"{"a":2}"#, #"{"a":2}"#),
      (#"{"a":{"b":1,"c":2}}"#, #"{"a":{"b":1,"c":3}}"#, #"{"a":{"c":3}}"#),
      (#"{"a":{"b":1}}"#, "{}", #"{"a":null}"#),
      (#"{"a":[1,2]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
      (#"{"a":1}"#, #"{"a":{"b":1}}"#, #"{"a":{"b":1}}"#),
      ("{}", #"{"a":{"b":{}}}"#, #"{"a":{"b":{}}}"#),
    ] as [(String, String, String?)])
  func `a merge patch says what differs`(old: String, new: String, patch: String?) throws {
    let found = MergePatch.changing(
      try JSONValue(parsing: old), to: try JSONValue(parsing: new))
    #expect(found?.spelled == patch)
  }

  private func object(_ name: String, version: Int, uid: String = "u") -> JSONValue {
    [
      "metadata": [
        "name": .string(name), "namespace": "n", "uid": .string(uid),
        "resourceVersion": .string(String(version)),
      ]
    ]
  }

  @Test func `a cache keeps the newest state, whoever brings it`() {
    let cache = ObjectCache(.rollouts)
    #expect(cache.absorb(object("a", version: 5)))
    // The answer to a write arrives before the watch tells of states before it.
    #expect(!cache.absorb(object("a", version: 4)))
    #expect(!cache.absorb(object("a", version: 5)))
    #expect(cache.absorb(object("a", version: 12)))
    #expect(cache.object("n", "a")?.resourceVersion == "12")
  }

  @Test func `an object that took a name is not removed with the one before`() {
    let cache = ObjectCache(.rollouts)
    cache.absorb(object("a", version: 9, uid: "new"))
    cache.remove(object("a", version: 8, uid: "old"))
    #expect(cache.object("n", "a")?.uid == "new")
    cache.remove(object("a", version: 10, uid: "new"))
    #expect(cache.object("n", "a") == nil)
  }

  @Test func `an answer that comes after the news of a deletion brings nothing back`() {
    let cache = ObjectCache(.rollouts)
    cache.absorb(object("a", version: 5))
    cache.remove(object("a", version: 7))
    #expect(!cache.absorb(object("a", version: 6)))
    #expect(cache.object("n", "a") == nil)
    #expect(cache.absorb(object("a", version: 8, uid: "another")))
  }

  @Test func `a cache knows what an object manages`() {
    func owned(_ name: String, version: Int, by owner: String?) -> JSONValue {
      var object = object(name, version: version, uid: name)
      object[path: "metadata", "ownerReferences"] = owner.map {
        [["kind": "Rollout", "name": "m", "uid": .string($0), "controller": true]]
      }
      return object
    }
    let cache = ObjectCache(.replicaSets)
    let (mine, other) = (object("m", version: 1, uid: "1"), object("o", version: 1, uid: "2"))
    for (name, owner) in [("b", "1"), ("a", "1"), ("c", "2"), ("d", nil)] {
      cache.absorb(owned(name, version: 5, by: owner))
    }
    #expect(cache.objects(ownedBy: mine).map(\.name) == ["a", "b"])
    cache.absorb(owned("b", version: 6, by: "2"))
    cache.absorb(owned("a", version: 6, by: "1"))
    #expect(cache.objects(ownedBy: mine).map(\.resourceVersion) == ["6"])
    #expect(cache.objects(ownedBy: other).map(\.name) == ["b", "c"])
    cache.remove(owned("c", version: 7, by: "2"))
    cache.absorb(owned("b", version: 7, by: nil))
    #expect(cache.objects(ownedBy: other).isEmpty)
    #expect(cache.objects(in: "n").map(\.name) == ["a", "b", "d"])
  }

  @Test func `the owner that manages an object is found among others`() {
    let owned: JSONValue = [
      "metadata": [
        "ownerReferences": [
          ["kind": "Node", "name": "x", "uid": "1"],
          ["kind": "Rollout", "name": "m", "uid": "2", "controller": true],
        ]
      ]
    ]
    #expect(owned.controllerOwner?.uid == "2")
    #expect(JSONValue.null.controllerOwner == nil)
  }
}
