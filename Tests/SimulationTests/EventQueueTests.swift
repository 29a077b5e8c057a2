import MetricModel
import Rollouts
import Simulation
import Statistics
import Testing

@Suite struct EventQueueTests {
  @Test func `events come by time, then by insertion`() {
    var queue = EventQueue<Int>()
    var generator = SeededGenerator(seed: 7)
    var expected: [(Int64, Int)] = []
    for index in 0..<500 {
      let time = Int64.random(in: 0..<20, using: &generator)
      queue.schedule(index, at: Timestamp(milliseconds: time))
      expected.append((time, index))
    }
    expected.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    var taken: [Int] = []
    while let (_, event) = queue.next() { taken.append(event) }
    #expect(taken == expected.map(\.1))
    #expect(queue.isEmpty)
  }
}

@Suite struct SimulatedClusterTests {
  private let now = Timestamp(milliseconds: 0)

  @Test func `pods become ready, then available`() {
    let timing = PodTiming(readyAfter: .seconds(2), jitter: .zero, minReady: .seconds(5))
    var cluster = SimulatedCluster(timing)
    cluster.create(ReplicaSetStart(podHash: "a", revision: 1, sizedFor: 3), at: now)
    let started = cluster.scale(podHash: "a", to: 2, sizedFor: 3, at: now)
    #expect(started.map(\.time.milliseconds) == [2000, 2000])
    let ready = cluster.apply(started[0].event, at: started[0].time)
    #expect(ready.map(\.time.milliseconds) == [7000])
    #expect(cluster.replicaSets[0].ready == 1)
    #expect(cluster.replicaSets[0].available == 0)
    _ = cluster.apply(ready[0].event, at: ready[0].time)
    #expect(cluster.replicaSets[0].available == 1)
  }

  @Test func `pods that aren't ready go first`() {
    var cluster = SimulatedCluster(PodTiming(readyAfter: .seconds(1), jitter: .zero))
    cluster.create(ReplicaSetStart(podHash: "a", revision: 1, sizedFor: 3), at: now)
    let started = cluster.scale(podHash: "a", to: 3, sizedFor: 3, at: now)
    _ = cluster.apply(started[0].event, at: started[0].time)
    _ = cluster.scale(podHash: "a", to: 1, sizedFor: 3, at: now)
    #expect(cluster.replicaSets[0].available == 1)
    #expect(cluster.pods(of: "a") == [1])
  }

  @Test func `a crash takes a pod out until it is ready again`() {
    var cluster = SimulatedCluster(PodTiming(readyAfter: .seconds(1), jitter: .zero))
    cluster.create(ReplicaSetStart(podHash: "a", revision: 1, sizedFor: 3), at: now)
    let started = cluster.scale(podHash: "a", to: 1, sizedFor: 3, at: now)
    _ = cluster.apply(started[0].event, at: started[0].time)
    let later = Timestamp(milliseconds: 5000)
    let again = cluster.crash(pod: 1, at: later)
    #expect(cluster.replicaSets[0].available == 0)
    _ = cluster.apply(started[0].event, at: later)
    #expect(cluster.replicaSets[0].available == 0)
    _ = cluster.apply(again[0].event, at: again[0].time)
    #expect(cluster.replicaSets[0].available == 1)
  }

  @Test func `broken revisions never become ready`() {
    var cluster = SimulatedCluster()
    cluster.brokenHashes = ["a"]
    cluster.create(ReplicaSetStart(podHash: "a", revision: 1, sizedFor: 3), at: now)
    #expect(cluster.scale(podHash: "a", to: 4, sizedFor: 3, at: now).isEmpty)
    #expect(cluster.replicaSets[0].pods == 4)
  }
}
