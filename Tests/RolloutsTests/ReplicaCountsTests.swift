import Manifest
import Rollouts
import Testing

@Suite struct ReplicaCountsTests {
  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `each asserted pass gives the asserted sizes`() throws {
    let table = try ConformanceTable.read("derived/canary-replica-counts.json")
    let rows = try #require(table["cases"]?.asList)
    #expect(rows.count == 40)
    for row in rows { try check(row) }
  }

  private func check(_ row: ManifestNode) throws {
    let number: (String) throws -> Int = { try #require(row[$0]?.asInteger) }
    let isAborted = row["abort"]?.asBool == true
    var weight = isAborted ? 0 : try number("setWeight")
    if row["promoteFull"]?.asBool == true { weight = 100 }
    let replicas = try number("rolloutSpecReplicas")
    let split: ReplicaSplit
    if row["trafficRouting"]?.asBool == true {
      var routed = RoutedReplicaCounts(replicas: replicas, weight: weight, isAborted: isAborted)
      routed.keepsAbortedCanary = row["abortScaleDownDelaySeconds"]?.asInteger == 0
      routed.podsMin = row["minPodsPerReplicaSet"]?.asInteger ?? 0
      if let scale = row["setCanaryScale"], scale["matchTrafficWeight"]?.asBool == false {
        if let share = scale["weight"]?.asInteger { routed.canaryScale = .weight(share) }
        if let count = scale["replicas"]?.asInteger { routed.canaryScale = .replicas(count) }
      }
      split = routed.split
    } else {
      let limits = ReplicaLimits(
        replicas: replicas, maxSurge: try #require(quantity(row["maxSurge"])),
        maxUnavailable: try #require(quantity(row["maxUnavailable"])))
      let older = row["olderRS"]?.asList?.first?.asInteger ?? 0
      split = limits.next(
        toward: weight,
        canary: ReplicaSetCounts(
          desired: try number("canarySpecReplica"),
          available: try number("canaryAvailableReplica")),
        stable: ReplicaSetCounts(
          desired: try number("stableSpecReplica"),
          available: try number("stableAvailableReplica")),
        older: older)
    }
    let expected = ReplicaSplit(
      canary: try number("expectedCanaryReplicaCount"),
      stable: try number("expectedStableReplicaCount"))
    #expect(split == expected, "\(row["name"]?.asText ?? "")")
  }

  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `a weight becomes the nearest split`() throws {
    let table = try ConformanceTable.read("derived/canary-replica-counts.json")
    let rows = try #require(table["approximate"]?.asList)
    #expect(rows.count == 57)
    for row in rows {
      let limits = ReplicaLimits(
        replicas: try #require(row["replicas"]?.asInteger),
        maxSurge: .count(try #require(row["maxSurge"]?.asInteger)), maxUnavailable: .count(0))
      let split = limits.split(
        weight: try #require(row["weight"]?.asInteger),
        maxWeight: try #require(row["maxWeight"]?.asInteger))
      let expected = ReplicaSplit(
        canary: try #require(row["canary"]?.asInteger),
        stable: try #require(row["stable"]?.asInteger))
      #expect(split == expected, "\(row.content)")
    }
  }

  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `the grid of replicas, limits and weights holds`() throws {
    let table = try ConformanceTable.read("derived/canary-replica-counts.json")
    let rows = try #require(table["grid"]?.asList)
    #expect(rows.count == 24)
    for row in rows {
      let limits = try limits(of: row)
      #expect(limits.surge == row["resolvedSurge"]?.asInteger)
      #expect(limits.unavailable == row["resolvedUnavailable"]?.asInteger)
      for triple in try #require(row["weightCanaryStable"]?.asList) {
        let numbers = try #require(triple.asList).compactMap(\.asInteger)
        #expect(
          limits.split(weight: numbers[0]) == ReplicaSplit(canary: numbers[1], stable: numbers[2]),
          "replicas \(limits.replicas), surge \(limits.surge), weight \(numbers[0])")
      }
    }
  }

  /// One write per pass, stable before canary, every pod available before the next pass.
  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `passes write the recorded sizes in the recorded order`() throws {
    let table = try ConformanceTable.read("derived/canary-replica-counts.json")
    let rows = try #require(table["traces"]?.asList)
    #expect(rows.count == 8)
    for row in rows {
      let limits = try limits(of: row)
      var current = ReplicaSplit(canary: 0, stable: limits.replicas)
      for step in try #require(row["steps"]?.asList) {
        var writes: [[Int]] = []
        while writes.count < 100 {
          let next = limits.next(
            toward: try #require(step["setWeight"]?.asInteger),
            canary: ReplicaSetCounts(desired: current.canary, available: current.canary),
            stable: ReplicaSetCounts(desired: current.stable, available: current.stable), older: 0)
          if next == current { break }
          if next.stable != current.stable {
            current.stable = next.stable
          } else {
            current.canary = next.canary
          }
          writes.append([current.canary, current.stable])
        }
        let expected = try #require(step["writes"]?.asList).map {
          $0.asList?.compactMap(\.asInteger) ?? []
        }
        #expect(writes == expected)
        #expect(current.canary == step["settledCanary"]?.asInteger)
        #expect(current.stable == step["settledStable"]?.asInteger)
      }
    }
  }

  @Test(.enabled(if: ConformanceTable.isThere, ConformanceTable.skipReason))
  func `routed weights become pods`() throws {
    let table = try ConformanceTable.read("derived/canary-replica-counts.json")
    for row in try #require(table["trafficWeightToReplicas"]?.asList) {
      let pods = RoutedReplicaCounts.pods(
        for: try #require(row["weight"]?.asInteger), of: try #require(row["replicas"]?.asInteger),
        maxWeight: try #require(row["maxWeight"]?.asInteger))
      #expect(pods == row["expect"]?.asInteger)
    }
    let rows = try #require(table["dynamicStableScale"]?.asList)
    #expect(rows.count == 8)
    for row in rows {
      let isAborted = row["abort"]?.asBool == true
      let steps = try #require(row["setWeightSteps"]?.asList).compactMap(\.asInteger)
      let routed = RoutedReplicaCounts(
        replicas: try #require(row["rolloutReplicas"]?.asInteger),
        weight: isAborted ? 0 : steps.first ?? 0, isAborted: isAborted)
      let available =
        (row["availableCanaryReplicas"]?.asInteger ?? 0)
        + (row["availableStableReplicas"]?.asInteger ?? 0)
      let split = routed.dynamicSplit(
        now: .init(
          canary: try #require(row["canaryWeight"]?.asInteger),
          stable: try #require(row["stableWeight"]?.asInteger)),
        stepWeights: steps, isAnyPodAvailable: available > 0)
      let expected = ReplicaSplit(
        canary: try #require(row["expectedCanaryReplicas"]?.asInteger),
        stable: try #require(row["expectedStableReplicas"]?.asInteger))
      #expect(split == expected, "\(row["name"]?.asText ?? "")")
    }
  }

  @Test func `pods that serve don't make room for pods that don't`() {
    let limits = ReplicaLimits(replicas: 5, maxSurge: .count(1), maxUnavailable: .count(0))
    let split = limits.next(
      toward: 41, canary: ReplicaSetCounts(desired: 5, available: 2),
      stable: ReplicaSetCounts(desired: 5, available: 1), older: 0)
    #expect(split.canary == 2)
  }

  @Test func `huge counts and weights do not trap`() {
    let limits = ReplicaLimits(replicas: Int(Int32.max), maxSurge: .percent(100))
    #expect(limits.split(weight: 99_999_999, maxWeight: 100_000_000).stable >= 1)
    #expect(ReplicaLimits(replicas: 0).split(weight: 50) == ReplicaSplit(canary: 0, stable: 0))
  }

  private func limits(of row: ManifestNode) throws -> ReplicaLimits {
    ReplicaLimits(
      replicas: try #require(row["replicas"]?.asInteger),
      maxSurge: try #require(quantity(row["maxSurge"])),
      maxUnavailable: try #require(quantity(row["maxUnavailable"])))
  }

  private func quantity(_ node: ManifestNode?) -> ReplicaQuantity? {
    if let count = node?.asInteger { return .count(count) }
    guard let text = node?.asText, text.hasSuffix("%") else { return nil }
    return Int(text.dropLast()).map { .percent($0) }
  }
}
