import Testing

@testable import RolloutExecutor

@Suite struct JobSourceTests {
  private let uid = "5e41722b-4f75-47f9-a735-f201ffb3cb37"

  @Test func `A Job is named as Argo names it`() {
    #expect(JobSource.name(ofRun: uid, metric: "smoke-test", number: 2) == "\(uid).smoke-test.2")
  }

  @Test(arguments: [
    "Smoke_test", "smoke test", "-smoke", "smoke-", "ümlaut", "___",
    "a-metric-whose-name-is-longer-than-the-label-of-a-pod-may-be",
  ])
  func `A metric that can't be part of a name is spelled otherwise`(metric: String) {
    for number in [1, 10, 12_345] {
      let name = JobSource.name(ofRun: uid, metric: metric, number: number)
      #expect(name.utf8.count <= 63)
      for part in name.split(separator: ".", omittingEmptySubsequences: false) {
        let isFine = part.utf8.allSatisfy {
          (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
        }
        #expect(isFine && !part.isEmpty && part.first != "-" && part.last != "-", "\(name)")
      }
    }
  }

  @Test func `Metrics alike in their beginning have Jobs of their own`() {
    let long = "accuracy-of-the-model-in-the-region"
    let names = ["\(long)-a", "\(long)-b", "Accuracy", "accuracy", "ACCURACY"].map {
      JobSource.name(ofRun: uid, metric: $0, number: 1)
    }
    #expect(Set(names).count == names.count)
  }
}
