import Foundation
import Manifest
import Rollouts
import Testing
import TrafficRouting
import YAMLReader

/// The Gateway API plugin's own end-to-end assertions: every stage of every folder.
@Suite struct GatewayConformanceTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/conformance/rollouts/gatewayapi-plugin/e2e").standardizedFileURL
  private static var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []
  }

  private func documents(_ path: String) throws -> [ManifestNode] {
    let text = try String(contentsOf: Self.folder.appending(path: path), encoding: .utf8)
    return try YAMLReader.documents(in: text)
  }

  @Test(
    .enabled(if: !names.isEmpty, "../shared/conformance/rollouts/gatewayapi-plugin is not there"),
    arguments: names)
  func `every asserted stage is reached`(name: String) throws {
    let rollout = try #require(try documents("\(name)/resources/rollout.yaml").first)
    let reading = RolloutPlan.read(rollout)
    let plan = try #require(reading.plan, "\(reading.problems)")
    let router = try #require(plan.canary.routing?.routers.first)
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.appending(path: "\(name)/resources").path)
    let routeFile = try #require(files.first { $0.hasSuffix("route.yaml") })
    let route = JSONValue(try #require(try documents("\(name)/resources/\(routeFile)").first))
    let others = name.contains("extra") ? extraBackends(route, plan) : ""
    let context = RoutingContext(plan: plan, annotation: others)
    let object = try #require(router.objects(context).first)

    var stages: [JSONValue] = []
    var current = route
    for target in targets(plan) {
      let edits = try router.edits(to: target, context: context, current: [object: current])
      current = try #require(edits.first?.after)
      stages.append(current)
      let again = try router.edits(to: target, context: context, current: [object: current])
      #expect(again.allSatisfy { !$0.isNeeded }, "an edit repeated changes nothing")
    }
    let assertions = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.appending(path: "\(name)/assertions").path
    ).filter { $0.contains("route") }
    #expect(!assertions.isEmpty)
    for file in assertions.sorted() {
      let expected = JSONValue(try #require(try documents("\(name)/assertions/\(file)").first))
      let candidates =
        file.contains("initial")
        ? [stages[0]]
        : file.contains("cleanup") || file.contains("no-label")
          ? [stages[stages.count - 1]] : stages
      let holds = candidates.contains { isMatch($0, expected) }
      #expect(holds, "\(file): \(stages.map(\.spelled))")
    }
  }

  private func extraBackends(_ route: JSONValue, _ plan: RolloutPlan) -> String {
    let backends = route[path: "spec", "rules", 0, "backendRefs"]?.asArray ?? []
    return backends.compactMap { $0["name"]?.asString }
      .filter { $0 != plan.canary.canaryService && $0 != plan.canary.stableService }
      .joined(separator: ",")
  }

  /// Before the update, at each pause, after it.
  private func targets(_ plan: RolloutPlan) -> [TrafficTarget] {
    var weight = 0
    var headers: [HeaderRoute] = []
    var targets = [target(plan, 0, [])]
    for step in plan.canary.steps {
      switch step {
      case .setWeight(let next): weight = next
      case .setHeaderRoute(let route): headers.append(route)
      case .pause: targets.append(target(plan, weight, headers))
      default: break
      }
    }
    return targets + [target(plan, 0, [])]
  }

  private func target(
    _ plan: RolloutPlan, _ weight: Int, _ headers: [HeaderRoute]
  ) -> TrafficTarget {
    TrafficTarget(
      canary: .init(
        service: plan.canary.canaryService ?? "", podHash: weight > 0 ? "new" : "old",
        weight: weight),
      stable: .init(service: plan.canary.stableService ?? "", podHash: "old", weight: 100 - weight),
      headerRoutes: headers)
  }

  /// Chainsaw's way: what is asserted must be there; `(length(x))`, `(weight)` and the one test for
  /// an absent label are the only expressions in use.
  private func isMatch(_ value: JSONValue, _ expected: JSONValue) -> Bool {
    switch expected {
    case .object(let fields):
      return fields.allSatisfy { key, wanted in
        if key.hasPrefix("(length("), let field = key.dropFirst(8).split(separator: ")").first {
          return value[String(field)]?.asArray.map { Int64($0.count) } == wanted.asInteger
        }
        if key.hasPrefix("(contains(keys(labels") {
          let label = key.split(separator: "'").dropFirst().first.map(String.init) ?? ""
          return (value["labels"]?[label] != nil) == wanted.asBool
        }
        let plain = key.hasPrefix("(") ? String(key.dropFirst().dropLast()) : key
        return value[plain].map { isMatch($0, wanted) } ?? false
      }
    case .array(let elements):
      guard let actual = value.asArray, actual.count >= elements.count else { return false }
      return zip(actual, elements).allSatisfy(isMatch)
    default: return value == expected
    }
  }
}
