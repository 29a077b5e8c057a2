import Manifest
import Rollouts
import Testing
import TrafficRouting
import YAMLReader

/// Routers other than Gateway API, and what all of them refuse.
@Suite struct RouterTests {
  private func value(_ yaml: String) throws -> JSONValue {
    JSONValue(try #require(try YAMLReader.documents(in: yaml).first))
  }

  private func target(
    _ weight: Int, additional: [TrafficTarget.Destination] = [], headers: [HeaderRoute] = [],
    mirrors: [MirrorRoute] = []
  ) -> TrafficTarget {
    let lent = additional.reduce(0) { $0 + $1.weight }
    return TrafficTarget(
      canary: .init(service: "shop-canary", podHash: "nw7z", weight: weight),
      stable: .init(service: "shop-stable", podHash: "old8", weight: 100 - weight - lent),
      additional: additional, headerRoutes: headers, mirrorRoutes: mirrors)
  }

  private let context = RoutingContext(
    rollout: "shop", namespace: "web", rolloutUID: "u1", managedRoutes: ["copy", "beta"],
    otherDestinations: [])

  private func edited(
    _ router: RouterPlan, _ objects: [JSONValue], _ target: TrafficTarget,
    _ context: RoutingContext? = nil
  ) throws -> [RouterEdit] {
    let context = context ?? self.context
    let names = router.objects(context)
    var current: [RoutedObject: JSONValue] = [:]
    for (name, object) in zip(names, objects) { current[name] = object }
    let edits = try router.edits(to: target, context: context, current: current)
    for edit in edits { current[edit.object] = edit.after }
    let again = try router.edits(to: target, context: context, current: current)
    #expect(again.allSatisfy { !$0.isNeeded })
    return edits
  }

  private let hostSplit = """
    spec:
      http:
      - name: primary
        route:
        - destination: {host: shop-stable}
          weight: 100
        - destination: {host: shop-canary}
          weight: 0
      - name: other
        route: [{destination: {host: elsewhere}}]
      tls:
      - match: [{port: 3000, sniHosts: [shop.example]}]
        route:
        - destination: {host: shop-stable.web.svc.cluster.local}
          weight: 100
        - destination: {host: shop-canary.web.svc.cluster.local}
          weight: 0
      tcp:
      - match: [{port: 5432}]
        route: [{destination: {host: shop-stable}, weight: 100}]
    """

  @Test func `hosts get their weights in all routes the plan names`() throws {
    let router = RouterPlan.istio(
      IstioPlan(virtualServices: [
        .init(
          name: "shop", routes: ["primary"],
          tlsRoutes: [.init(port: 3000, sniHosts: ["shop.example"])], tcpRoutes: [.init(port: 5432)]
        )
      ]))
    let before = try value(hostSplit)
    let after = try #require(try edited(router, [before], target(10)).first?.after)
    #expect(after[path: "spec", "http", 0, "route", 0, "weight"] == 90)
    #expect(after[path: "spec", "http", 0, "route", 1, "weight"] == 10)
    #expect(after[path: "spec", "http", 1] == before[path: "spec", "http", 1])
    #expect(after[path: "spec", "tls", 0, "route", 1, "weight"] == 10)
    #expect(after[path: "spec", "tcp", 0, "route", 0, "weight"] == 90)
    #expect(
      after[path: "spec", "tcp", 0, "route", 1, "destination", "host"] == "shop-canary")
  }

  @Test func `several VirtualServices get the same split`() throws {
    let plan = IstioPlan(virtualServices: [
      .init(name: "a", routes: ["primary"]), .init(name: "b", namespace: "edge"),
    ])
    let single = try value(
      """
      spec:
        http:
        - route:
          - {destination: {host: shop-stable}, weight: 100}
          - {destination: {host: shop-canary}, weight: 0}
      """)
    let edits = try edited(.istio(plan), [try value(hostSplit), single], target(25))
    #expect(edits.map(\.object.name) == ["a", "b"])
    #expect(edits.map(\.object.namespace) == ["web", "edge"])
    #expect(edits[1].after[path: "spec", "http", 0, "route", 1, "weight"] == 25)
  }

  private let subsets = IstioPlan(
    virtualServices: [.init(name: "shop")],
    destinationRule: .init(name: "shop", canarySubset: "canary", stableSubset: "stable"))
  private let subsetSplit = """
    spec:
      http:
      - route:
        - {destination: {host: shop, subset: stable}, weight: 100}
        - {destination: {host: shop, subset: canary}, weight: 0}
    """

  @Test func `subsets follow the hashes, and an experiment has one for a while`() throws {
    let rule = try value(
      """
      spec:
        host: shop
        subsets:
        - {name: stable, labels: {app: shop}}
        - {name: canary, labels: {app: shop}}
        - {name: mine, labels: {tier: x}}
      """)
    let service = try value(subsetSplit)
    let guest = TrafficTarget.Destination(
      service: "shop-nw7z-2-1-baseline", podHash: "exp9", weight: 20)
    let during = try edited(.istio(subsets), [rule, service], target(10, additional: [guest]))
    #expect(during.map(\.object.kind) == [.destinationRule, .virtualService])
    let list = during[0].after[path: "spec", "subsets"]?.asArray ?? []
    #expect(list.map { $0["name"] } == ["stable", "canary", "mine", "shop-nw7z-2-1-baseline"])
    #expect(list[0][path: "labels", "rollouts-pod-template-hash"] == "old8")
    #expect(list[0][path: "labels", "app"] == "shop")
    #expect(list[1][path: "labels", "rollouts-pod-template-hash"] == "nw7z")
    let weights = (during[1].after[path: "spec", "http", 0, "route"]?.asArray ?? []).map {
      $0["weight"]
    }
    #expect(weights == [70, 10, 20])

    let after = try edited(.istio(subsets), during.map(\.after), target(0))
    #expect(after.map(\.object.kind) == [.virtualService, .destinationRule])
    #expect(after[1].after[path: "spec", "subsets"]?.asArray?.count == 3)
    #expect(after[0].after[path: "spec", "http", 0, "route"]?.asArray?.count == 2)
  }

  @Test func `managed routes stand first, in their order, and carry the split`() throws {
    let router = RouterPlan.istio(
      IstioPlan(virtualServices: [.init(name: "shop", routes: ["primary"])]))
    let mirror = MirrorRoute(
      name: "copy", matches: [.init(method: .exact("GET"), path: .prefix("/"))], percentage: 80)
    let header = HeaderRoute(name: "beta", matches: [.init(header: "x-beta", value: .exact("1"))])
    let edits = try edited(
      router, [try value(hostSplit)], target(20, headers: [header], mirrors: [mirror]))
    let routes = edits[0].after[path: "spec", "http"]?.asArray ?? []
    #expect(routes.map { $0["name"] } == ["copy", "beta", "primary", "other"])
    #expect(routes[0][path: "mirrorPercentage", "value"] == 80)
    #expect(routes[0][path: "mirror", "host"] == "shop-canary")
    #expect(routes[0][path: "match", 0, "uri", "prefix"] == "/")
    #expect(routes[0][path: "match", 0, "method", "exact"] == "GET")
    #expect(routes[0][path: "route", 0, "weight"] == 80)
    #expect(routes[1][path: "match", 0, "headers", "x-beta", "exact"] == "1")
    #expect(routes[1][path: "route", 0, "destination", "host"] == "shop-canary")
    let gone = try edited(router, [edits[0].after], target(20))
    #expect(
      gone[0].after[path: "spec", "http"]?.asArray?.map { $0["name"] } == ["primary", "other"])
  }

  @Test func `destinations of others are refused by name, or stay when listed`() throws {
    let router = RouterPlan.istio(IstioPlan(virtualServices: [.init(name: "shop")]))
    let object = try value(
      """
      spec:
        http:
        - route:
          - {destination: {host: shop-stable}, weight: 80}
          - {destination: {host: shop-legacy}, weight: 20}
      """)
    #expect(
      throws: RouterRefusal.otherDestination(
        RoutedObject(.virtualService, namespace: "web", name: "shop"), route: "http",
        destination: "shop-legacy")
    ) { try edited(router, [object], target(50)) }
    var listed = context
    listed.otherDestinations = ["shop-legacy"]
    let route =
      try edited(router, [object], target(50), listed)[0]
      .after[path: "spec", "http", 0, "route"]?.asArray ?? []
    #expect(route.map { $0["weight"] } == [40, 20, 40])
  }

  @Test(arguments: [
    ("spec: {http: []}", "found no route to split"),
    ("spec: {http: [{route: [{destination: {host: x}}]}]}", "also sends traffic to \"x\""),
    ("spec: {http: [{route: []}]}", "has no destination \"shop-stable\""),
    (
      "spec: {http: [{route: []}, {route: []}]}",
      "found 2 http routes, expected the plan to name those to split"
    ),
  ])
  func `a VirtualService that can't be split is refused`(yaml: String, message: String) throws {
    let router = RouterPlan.istio(IstioPlan(virtualServices: [.init(name: "shop")]))
    let object = try value(yaml)
    let error = #expect(throws: RouterRefusal.self) {
      try edited(router, [object], target(50))
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  private let ingress = """
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      annotations: {a: b, kubectl.kubernetes.io/last-applied-configuration: "{}"}
    spec:
      ingressClassName: nginx
      tls: [{secretName: cert}]
      rules:
      - host: shop.example
        http:
          paths:
          - {path: /, pathType: Prefix, backend: {service: {name: shop-stable, port: {number: 80}}}}
          - {path: /x, pathType: Prefix, backend: {service: {name: other, port: {number: 80}}}}
    """

  @Test func `NGINX gets a second Ingress with the weight`() throws {
    let router = RouterPlan.nginx(
      NGINXPlan(stableIngresses: ["web"], additionalAnnotations: ["canary-by-header": "x-canary"]))
    let edits = try edited(router, [try value(ingress)], target(30))
    #expect(edits.map(\.object.name) == ["shop-web-canary"])
    #expect(edits[0].before == nil)
    let canary = edits[0].after
    let annotations = canary[path: "metadata", "annotations"]
    #expect(annotations?["nginx.ingress.kubernetes.io/canary"] == "true")
    #expect(annotations?["nginx.ingress.kubernetes.io/canary-weight"] == "30")
    #expect(annotations?["nginx.ingress.kubernetes.io/canary-by-header"] == "x-canary")
    #expect(annotations?["a"] == "b")
    #expect(annotations?["kubectl.kubernetes.io/last-applied-configuration"] == nil)
    #expect(canary[path: "spec", "rules", 0, "http", "paths"]?.asArray?.count == 1)
    let path = canary[path: "spec", "rules", 0, "http", "paths", 0]
    #expect(path?[path: "backend", "service", "name"] == "shop-canary")
    #expect(canary[path: "spec", "tls"] == nil)
    #expect(canary[path: "metadata", "ownerReferences", 0, "uid"] == "u1")
  }

  @Test func `NGINX says what it can't do`() throws {
    let router = RouterPlan.nginx(NGINXPlan(stableIngresses: ["web"]))
    let header = HeaderRoute(name: "beta", matches: [.init(header: "x", value: .exact("1"))])
    #expect(throws: RouterRefusal.unable(router: "nginx", what: "setHeaderRoute")) {
      try edited(router, [try value(ingress)], target(30, headers: [header]))
    }
  }

  @Test func `a Gateway mirror is a filter of a rule before its source`() throws {
    let router = RouterPlan.gatewayAPI(GatewayPlan(routes: [.init(.http, "shop")]))
    let route = try value(
      """
      spec:
        rules:
        - matches: [{path: {type: PathPrefix, value: /api}}]
          backendRefs: [{name: shop-stable, port: 80}, {name: shop-canary, port: 80}]
      """)
    let mirror = MirrorRoute(
      name: "copy", matches: [.init(method: .exact("GET"))], percentage: 25)
    let edits = try edited(router, [route], target(20, mirrors: [mirror]))
    let rules = edits[0].after[path: "spec", "rules"]?.asArray ?? []
    #expect(rules.map { $0["name"] } == ["copy", nil])
    #expect(rules[0][path: "matches", 0, "method"] == "GET")
    #expect(rules[0][path: "matches", 0, "path", "value"] == "/api")
    let filter = rules[0][path: "filters", 0, "requestMirror"]
    #expect(filter?[path: "backendRef", "name"] == "shop-canary")
    #expect(filter?[path: "backendRef", "port"] == 80)
    #expect(filter?["percent"] == 25)
    #expect(rules[0][path: "backendRefs", 1, "weight"] == 20)
  }

  @Test func `where two Services take turns either marks a route as the rollout's`() throws {
    var turns = context
    turns.takesTurns = true
    let route = try value(
      "spec: {rules: [{backendRefs: [{name: shop-canary, port: 80, weight: 100}]}]}")
    let gateway = RouterPlan.gatewayAPI(GatewayPlan(routes: [.init(.http, "shop")]))
    #expect(throws: RouterRefusal.self) { try edited(gateway, [route], target(0)) }
    let after = try #require(try edited(gateway, [route], target(0), turns).first?.after)
    #expect(
      after[path: "spec", "rules", 0, "backendRefs"]
        == [
          ["name": "shop-canary", "port": 80, "weight": 0],
          ["name": "shop-stable", "port": 80, "weight": 100],
        ])
    let service = try value(
      "spec: {http: [{route: [{destination: {host: shop-canary}, weight: 100}]}]}")
    let istio = RouterPlan.istio(IstioPlan(virtualServices: [.init(name: "shop")]))
    #expect(throws: RouterRefusal.self) { try edited(istio, [service], target(0)) }
    let split = try #require(try edited(istio, [service], target(0), turns).first?.after)
    #expect(
      split[path: "spec", "http", 0, "route"]
        == [
          ["destination": ["host": "shop-canary"], "weight": 0],
          ["destination": ["host": "shop-stable"], "weight": 100],
        ])
  }

  @Test func `a Gateway route with backends of others is refused by name`() throws {
    let router = RouterPlan.gatewayAPI(GatewayPlan(routes: [.init(.http, "shop")]))
    let route = try value("spec: {rules: [{backendRefs: [{name: shop-stable}, {name: legacy}]}]}")
    let error = #expect(throws: RouterRefusal.self) { try edited(router, [route], target(20)) }
    #expect(error?.description.contains("also sends traffic to \"legacy\"") == true)
  }

  @Test func `a missing object is named`() {
    for router in [
      RouterPlan.istio(IstioPlan(virtualServices: [.init(name: "shop")])),
      .nginx(NGINXPlan(stableIngresses: ["shop"])),
      .gatewayAPI(GatewayPlan(routes: [.init(.grpc, "shop")])),
    ] {
      let error = #expect(throws: RouterRefusal.self) { try edited(router, [], target(20)) }
      #expect(error?.description.contains("\"shop\" not found") == true)
    }
  }

  @Test func `experiments are told from others by their names`() {
    var context = context
    context.experimentServices = ["lab"]
    for (name, isOurs) in [
      ("shop-7c9fbd-2-1-baseline", true), ("shop-7c9fbd-12-0.1-canary", true), ("lab", true),
      ("shop-legacy", false), ("shop-canary-2-1", false), ("other-7c9fbd-2-1-x", false),
    ] {
      let router = RouterPlan.gatewayAPI(GatewayPlan(routes: [.init(.http, "shop")]))
      let route: JSONValue = [
        "spec": ["rules": [["backendRefs": [["name": "shop-stable"], ["name": .string(name)]]]]]
      ]
      let edits = try? edited(router, [route], target(20), context)
      #expect((edits != nil) == isOurs, "\(name)")
    }
  }
}
