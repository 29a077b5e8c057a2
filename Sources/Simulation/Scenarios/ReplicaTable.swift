internal import Manifest
internal import Rollouts

/// A table of sizes for weights, such as the conformance data's `canary-replica-counts.json`: each
/// row is a case of its own.
struct ReplicaTable {
  private let table: JSONValue

  static func isTable(_ document: ManifestNode) -> Bool {
    document["grid"] != nil && document["approximate"] != nil && document["scenario"] == nil
  }

  init(_ document: ManifestNode) { table = JSONValue(document) }

  func check(_ report: inout ScenarioRunner.Report) {
    for row in rows("cases") { report.add(title("case", row), pass(row)) }
    for row in rows("approximate") { report.add(title("approximate", row), approximate(row)) }
    for row in rows("dynamicStableScale") { report.add(title("dynamic", row), dynamic(row)) }
    for row in rows("trafficWeightToReplicas") { report.add(title("routed", row), routed(row)) }
    for row in rows("grid") { report.add(title("grid", row), grid(row)) }
    for row in rows("traces") { report.add(title("trace", row), trace(row)) }
  }

  private func rows(_ name: String) -> [JSONValue] { table[name]?.asArray ?? [] }

  private func title(_ kind: String, _ row: JSONValue) -> String {
    row["name"]?.asString ?? "\(kind) \(row.spelled.prefix(100))"
  }

  private func number(_ row: JSONValue, _ field: String) -> Int {
    Int(clamping: row[field]?.asInteger ?? 0)
  }

  private func quantity(_ value: JSONValue?) -> ReplicaQuantity {
    if let text = value?.asString, text.hasSuffix("%"), let percent = Int(text.dropLast()) {
      return .percent(percent)
    }
    return .count(Int(clamping: value?.asInteger ?? 0))
  }

  private func limits(_ row: JSONValue, replicas: String = "replicas") -> ReplicaLimits {
    ReplicaLimits(
      replicas: number(row, replicas), maxSurge: quantity(row["maxSurge"]),
      maxUnavailable: quantity(row["maxUnavailable"]))
  }

  private func compare(_ found: ReplicaSplit, canary: Int, stable: Int) -> [String] {
    found == ReplicaSplit(canary: canary, stable: stable)
      ? [] : ["\(found.canary)/\(found.stable), expected \(canary)/\(stable)"]
  }

  /// One pass: the sizes to ask for now.
  private func pass(_ row: JSONValue) -> [String] {
    let isAborted = row["abort"]?.asBool == true
    let promotesFully = row["promoteFull"]?.asBool == true
    let weight = isAborted ? 0 : promotesFully ? 100 : number(row, "setWeight")
    let canary = (number(row, "expectedCanaryReplicaCount"))
    let stable = (number(row, "expectedStableReplicaCount"))
    if row["trafficRouting"]?.asBool == true {
      var counts = RoutedReplicaCounts(
        replicas: number(row, "rolloutSpecReplicas"), weight: weight,
        podsMin: number(row, "minPodsPerReplicaSet"), isAborted: isAborted,
        keepsAbortedCanary: row["abortScaleDownDelaySeconds"]?.asInteger == 0)
      if let scale = row["setCanaryScale"], !scale.isNull, !promotesFully {
        counts.canaryScale = canaryScale(scale)
      }
      return compare(counts.split, canary: canary, stable: stable)
    }
    let hasStable = row["stableSpecReplica"].map { !$0.isNull } ?? false
    let older = row["olderRS"].map { olderPods($0) } ?? 0
    let found = limits(row, replicas: "rolloutSpecReplicas").next(
      toward: weight,
      canary: ReplicaSetCounts(
        desired: number(row, "canarySpecReplica"),
        available: number(row, "canaryAvailableReplica")),
      stable: hasStable
        ? ReplicaSetCounts(
          desired: number(row, "stableSpecReplica"),
          available: number(row, "stableAvailableReplica")) : nil, older: older)
    return compare(found, canary: canary, stable: hasStable ? stable : 0)
  }

  private func canaryScale(_ value: JSONValue) -> RoutedReplicaCounts.CanaryScale {
    if value["matchTrafficWeight"]?.asBool == true { return .matchTrafficWeight }
    if let replicas = value["replicas"]?.asInteger { return .replicas(Int(clamping: replicas)) }
    if let weight = value["weight"]?.asInteger { return .weight(Int(clamping: weight)) }
    return .matchTrafficWeight
  }

  /// `[asked for, available]` of the one older ReplicaSet.
  private func olderPods(_ value: JSONValue) -> Int {
    Int(clamping: value[0]?.asInteger ?? 0)
  }

  private func approximate(_ row: JSONValue) -> [String] {
    let limits = ReplicaLimits(
      replicas: number(row, "replicas"), maxSurge: quantity(row["maxSurge"]),
      maxUnavailable: .count(0))
    return compare(
      limits.split(weight: number(row, "weight"), maxWeight: number(row, "maxWeight")),
      canary: number(row, "canary"), stable: number(row, "stable"))
  }

  private func dynamic(_ row: JSONValue) -> [String] {
    let isAborted = row["abort"]?.asBool == true
    let steps = (row["setWeightSteps"]?.asArray ?? []).compactMap(\.asInteger).map(Int.init)
    let counts = RoutedReplicaCounts(
      replicas: number(row, "rolloutReplicas"), weight: isAborted ? 0 : steps.first ?? 0,
      isAborted: isAborted)
    let available =
      number(row, "availableCanaryReplicas") + number(row, "availableStableReplicas")
    return compare(
      counts.dynamicSplit(
        now: .init(canary: number(row, "canaryWeight"), stable: number(row, "stableWeight")),
        stepWeights: steps, isAnyPodAvailable: available > 0),
      canary: number(row, "expectedCanaryReplicas"), stable: number(row, "expectedStableReplicas"))
  }

  private func routed(_ row: JSONValue) -> [String] {
    let found = RoutedReplicaCounts.pods(
      for: number(row, "weight"), of: number(row, "replicas"), maxWeight: number(row, "maxWeight"))
    return found == number(row, "expect") ? [] : ["\(found), expected \(number(row, "expect"))"]
  }

  private func grid(_ row: JSONValue) -> [String] {
    let limits = limits(row)
    return (row["weightCanaryStable"]?.asArray ?? []).flatMap { triple in
      let numbers = (triple.asArray ?? []).compactMap(\.asInteger).map(Int.init)
      guard numbers.count == 3 else { return ["not three numbers: \(triple.spelled)"] }
      return compare(limits.split(weight: numbers[0]), canary: numbers[1], stable: numbers[2])
        .map { "weight \(numbers[0]): \($0)" }
    }
  }

  /// One write per pass, stable before canary, every pod available before the next.
  private func trace(_ row: JSONValue) -> [String] {
    let limits = limits(row)
    var current = ReplicaSplit(canary: 0, stable: limits.replicas)
    var faults: [String] = []
    for step in row["steps"]?.asArray ?? [] {
      var writes: [JSONValue] = []
      while writes.count < 100 {
        let next = limits.next(
          toward: number(step, "setWeight"),
          canary: ReplicaSetCounts(desired: current.canary, available: current.canary),
          stable: ReplicaSetCounts(desired: current.stable, available: current.stable), older: 0)
        if next == current { break }
        if next.stable != current.stable {
          current.stable = next.stable
        } else {
          current.canary = next.canary
        }
        writes.append([.integer(Int64(current.canary)), .integer(Int64(current.stable))])
      }
      if JSONValue.array(writes) != step["writes"] {
        faults.append("weight \(number(step, "setWeight")): \(JSONValue.array(writes).spelled)")
      }
      faults += compare(
        current, canary: number(step, "settledCanary"), stable: number(step, "settledStable"))
    }
    return faults
  }
}
