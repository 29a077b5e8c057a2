import KubernetesClient
import Manifest
import MetricModel
import RolloutExecutor
import Testing

@Suite struct LeaseTermTests {
  private let time = Timestamp(milliseconds: 1_795_427_195_915)

  private func lease(holder: String, renewed: String = "a", transitions: Int64 = 3) -> JSONValue {
    [
      "spec": [
        "holderIdentity": .string(holder), "leaseDurationSeconds": 15,
        "renewTime": .string(renewed), "acquireTime": "then",
        "leaseTransitions": .integer(transitions),
      ]
    ]
  }

  @Test func `a lease that isn't there is made`() throws {
    var term = LeaseTerm(identity: "me")
    guard case .create(let spec) = term.next(after: nil, now: .zero, time: time) else {
      Issue.record("no lease is made")
      return
    }
    #expect(spec["holderIdentity"] == "me")
    #expect(spec["renewTime"] == "2026-11-23T09:46:35.915000Z")
    #expect(spec["leaseTransitions"] == 0)
    // Nobody leads before the write went through.
    #expect(term.grant(at: .zero) == .refused)
    term.wrote(sent: .seconds(1))
    #expect(term.grant(at: .seconds(3)) == .grantedFor(.seconds(8)))
    #expect(term.grant(at: .seconds(11)) == .refused)
  }

  @Test func `another's lease is left alone until it stood still for its length`() {
    var term = LeaseTerm(identity: "me")
    #expect(term.next(after: lease(holder: "you"), now: .seconds(100), time: time) == .wait)
    #expect(
      term.next(after: lease(holder: "you"), now: .seconds(114.9), time: time) == .wait)
    // It was renewed: the wait begins anew, whatever times stand in it.
    #expect(
      term.next(after: lease(holder: "you", renewed: "b"), now: .seconds(115), time: time)
        == .wait)
    #expect(
      term.next(after: lease(holder: "you", renewed: "b"), now: .seconds(129), time: time)
        == .wait)
    let step = term.next(
      after: lease(holder: "you", renewed: "b"), now: .seconds(130), time: time)
    guard case .replace(let spec) = step else {
      Issue.record("the lease is not taken: \(step)")
      return
    }
    #expect(spec["leaseTransitions"] == 4)
    #expect(spec["acquireTime"] == spec["renewTime"])
  }

  @Test func `our own lease is renewed and counts no transition`() {
    var term = LeaseTerm(identity: "me")
    guard
      case .replace(let spec) = term.next(after: lease(holder: "me"), now: .zero, time: time)
    else {
      Issue.record("not renewed")
      return
    }
    #expect(spec["leaseTransitions"] == 3)
    #expect(spec["acquireTime"] == "then")
  }

  @Test func `a lease given back is taken at once`() {
    var term = LeaseTerm(identity: "me")
    guard case .replace = term.next(after: lease(holder: ""), now: .zero, time: time) else {
      Issue.record("not taken")
      return
    }
  }

  @Test func `who sees another hold the lease leads no more`() {
    var term = LeaseTerm(identity: "me")
    term.wrote(sent: .zero)
    #expect(term.next(after: lease(holder: "you"), now: .seconds(1), time: time) == .wait)
    #expect(term.grant(at: .seconds(1)) == .refused)
  }

  /// Our term is counted from before the renewal was sent and is shorter than what others wait
  /// after they saw it: never do two lead at once.
  @Test(arguments: 0..<200) func `two never lead at once`(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ bound: UInt64) -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state % bound
    }
    var terms = [LeaseTerm(identity: "a"), LeaseTerm(identity: "b")]
    var stored: JSONValue?
    var version: UInt64 = 0
    var now = Duration.zero
    for step in 0..<400 {
      now += .milliseconds(Int64(random(3000)))
      let index = Int(random(2))
      let read = (stored, version)
      let begun = now
      let decision = terms[index].next(
        after: read.0, now: begun, time: Timestamp(milliseconds: Int64(step)))
      // The write arrives late, or after another's.
      now += .milliseconds(Int64(random(4000)))
      if random(4) == 0 { continue }
      switch decision {
      case .wait: continue
      case .create(let spec), .replace(let spec):
        guard version == read.1 else { continue }
        stored = ["spec": spec]
        version += 1
        terms[index].wrote(sent: begun)
      }
      let leaders = terms.count { $0.grant(at: now) != .refused }
      #expect(leaders <= 1, "seed \(seed), step \(step)")
    }
  }
}
