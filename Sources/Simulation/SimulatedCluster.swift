package import MetricModel
package import Rollouts
internal import Statistics

/// ReplicaSets with pods that need a while to become ready: as much of a cluster as a rollout sees.
///
///     var cluster = SimulatedCluster(PodTiming(readyAfter: .seconds(2)), seed: 1)
///     cluster.create(start, at: now)
///     let events = cluster.scale(podHash: "7c9f", to: 3, sizedFor: 10, at: now)  // three pods
package struct SimulatedCluster: Sendable {
  /// Something that happens to a pod later.
  package enum PodEvent: Hashable, Sendable {
    case isReady(pod: Int)
    /// Ready for `minReadySeconds`.
    case isAvailable(pod: Int)
  }

  private struct Pod: Sendable {
    var number: Int
    var isReady = false
    var isAvailable = false
    var created: Timestamp
    /// Counts restarts, so that events of an earlier life are no longer heeded.
    var readyAt: Timestamp
  }

  private struct ReplicaSet: Sendable {
    var podHash: String
    var revision: Int
    var created: Timestamp
    var desired = 0
    var sizedFor: Int?
    var scaleDownDeadline: Timestamp?
    var isRejected = false
    var metadata = PodMetadata()
    /// In the order of their creation.
    var pods: [Pod] = []
  }

  private var sets: [ReplicaSet] = []
  private var podCount = 0
  private let timing: PodTiming
  private var generator: SeededGenerator
  /// Revisions whose pods never become ready.
  package var brokenHashes: Set<String> = []

  package init(_ timing: PodTiming = PodTiming(), seed: UInt64 = 0) {
    self.timing = timing
    generator = SeededGenerator(seed: seed)
  }

  /// As the API shows them.
  package var replicaSets: [ObservedReplicaSet] {
    sets.map { set in
      var seen = ObservedReplicaSet(
        podHash: set.podHash, revision: set.revision, created: set.created, desired: set.desired,
        pods: set.pods.count, ready: set.pods.count { $0.isReady },
        available: set.pods.count { $0.isAvailable })
      seen.sizedFor = set.sizedFor
      seen.scaleDownDeadline = set.scaleDownDeadline
      seen.isRejected = set.isRejected
      seen.metadata = set.metadata
      seen.podList = set.pods.map {
        ObservedPod(name: "pod-\($0.number)", created: $0.created, isAvailable: $0.isAvailable)
      }
      return seen
    }
  }

  /// The numbers of all pods of a revision, oldest first.
  package func pods(of podHash: String) -> [Int] {
    sets.first { $0.podHash == podHash }?.pods.map(\.number) ?? []
  }

  /// Makes a ReplicaSet without pods, unless it exists.
  package mutating func create(_ start: ReplicaSetStart, at now: Timestamp) {
    guard !sets.contains(where: { $0.podHash == start.podHash }) else { return }
    sets.append(
      ReplicaSet(
        podHash: start.podHash, revision: start.revision, created: now, sizedFor: start.sizedFor,
        metadata: start.metadata))
  }

  package mutating func setRevision(podHash: String, to revision: Int) {
    change(podHash) { $0.revision = revision }
  }

  package mutating func setScaleDownDeadline(podHash: String, to time: Timestamp?) {
    change(podHash) { $0.scaleDownDeadline = time }
  }

  package mutating func setRejected(podHash: String, _ isRejected: Bool) {
    change(podHash) { $0.isRejected = isRejected }
  }

  package mutating func setMetadata(podHash: String, to metadata: PodMetadata) {
    change(podHash) { $0.metadata = metadata }
  }

  /// Takes a pod away, by its name; its ReplicaSet starts another.
  package mutating func evict(
    pod name: String, at now: Timestamp
  ) -> [(time: Timestamp, event: PodEvent)] {
    for index in sets.indices {
      guard let pod = sets[index].pods.firstIndex(where: { "pod-\($0.number)" == name }) else {
        continue
      }
      sets[index].pods.remove(at: pod)
      let set = sets[index]
      return scale(podHash: set.podHash, to: set.desired, sizedFor: set.sizedFor, at: now)
    }
    return []
  }

  package mutating func delete(podHash: String) {
    sets.removeAll { $0.podHash == podHash }
  }

  /// Starts missing pods, or takes surplus ones away: those not ready first, then the newest, as
  /// the ReplicaSet controller does.
  package mutating func scale(
    podHash: String, to replicas: Int, sizedFor: Int?, at now: Timestamp
  ) -> [(time: Timestamp, event: PodEvent)] {
    guard let index = sets.firstIndex(where: { $0.podHash == podHash }) else { return [] }
    sets[index].desired = replicas
    sets[index].sizedFor = sizedFor
    while sets[index].pods.count > replicas {
      let pods = sets[index].pods
      let victim =
        pods.lastIndex { !$0.isReady } ?? pods.lastIndex { !$0.isAvailable } ?? pods.count - 1
      sets[index].pods.remove(at: victim)
    }
    var events: [(time: Timestamp, event: PodEvent)] = []
    while sets[index].pods.count < replicas {
      podCount += 1
      let readyAt = readyTime(podHash, from: now)
      sets[index].pods.append(Pod(number: podCount, created: now, readyAt: readyAt))
      events.append((readyAt, .isReady(pod: podCount)))
    }
    return events.filter { $0.time != .latest }
  }

  /// A pod's container ends and is started again; unknown pods are left alone.
  package mutating func crash(
    pod number: Int, at now: Timestamp
  ) -> [(time: Timestamp, event: PodEvent)] {
    for set in sets.indices {
      guard let pod = sets[set].pods.firstIndex(where: { $0.number == number }) else { continue }
      let readyAt = readyTime(sets[set].podHash, from: now)
      let created = sets[set].pods[pod].created
      sets[set].pods[pod] = Pod(number: number, created: created, readyAt: readyAt)
      return readyAt == .latest ? [] : [(readyAt, .isReady(pod: number))]
    }
    return []
  }

  /// Lets an event happen; nothing when its pod is gone or was restarted since.
  package mutating func apply(
    _ event: PodEvent, at now: Timestamp
  ) -> [(time: Timestamp, event: PodEvent)] {
    let minReady = timing.minReady
    switch event {
    case .isReady(let number):
      let waits = minReady > .zero
      var isReady = false
      changePod(number) { pod in
        guard pod.readyAt == now else { return }
        pod.isReady = true
        pod.isAvailable = !waits
        isReady = true
      }
      guard isReady, waits else { return [] }
      return [(now.advanced(by: minReady), .isAvailable(pod: number))]
    case .isAvailable(let number):
      changePod(number) { pod in
        if pod.isReady, pod.readyAt.advanced(by: minReady) == now { pod.isAvailable = true }
      }
      return []
    }
  }

  private mutating func readyTime(_ podHash: String, from now: Timestamp) -> Timestamp {
    let jitter = Double(timing.jitter.count) * generator.nextUnit()
    if brokenHashes.contains(podHash) { return .latest }
    return now.advanced(by: Milliseconds(timing.readyAfter.count + Int64(jitter)))
  }

  private mutating func change(_ podHash: String, _ edit: (inout ReplicaSet) -> Void) {
    guard let index = sets.firstIndex(where: { $0.podHash == podHash }) else { return }
    edit(&sets[index])
  }

  private mutating func changePod(_ number: Int, _ edit: (inout Pod) -> Void) {
    for set in sets.indices {
      guard let pod = sets[set].pods.firstIndex(where: { $0.number == number }) else { continue }
      edit(&sets[set].pods[pod])
    }
  }
}

/// How long pods take.
package struct PodTiming: Hashable, Sendable {
  /// From the start to readiness, at least.
  package var readyAfter: Milliseconds
  /// Up to as much more, drawn for each pod.
  package var jitter: Milliseconds
  /// `minReadySeconds`: from readiness to availability.
  package var minReady: Milliseconds

  package init(
    readyAfter: Milliseconds = .seconds(2), jitter: Milliseconds = .seconds(2),
    minReady: Milliseconds = .zero
  ) {
    precondition(readyAfter.count >= 0 && jitter.count >= 0 && minReady.count >= 0)
    self.readyAfter = readyAfter
    self.jitter = jitter
    self.minReady = minReady
  }
}
