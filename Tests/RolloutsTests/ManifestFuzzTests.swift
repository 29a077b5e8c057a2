import Foundation
import Manifest
import MetricModel
import Rollouts
import Testing
import YAMLReader

@Suite struct ManifestFuzzTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "queries/rollouts")

  /// What a hand slips on: other kinds, extremes, nothing, and fields of elsewhere.
  private static let odd: [ManifestNode.Content] = [
    .null, .bool(true), .integer(.max), .integer(.min), .integer(-1), .number(.nan),
    .number(1e300), .text(""), .text("25%"), .text("99999999999999999999%"), .text("5m"),
    .text("-1h"), .text("9999999999h"), .text("1e400s"), .list([]), .map([]),
    .text("metadata.labels['"), .list([ManifestNode(.null)]),
  ]

  /// xorshift, so that this target needs no other.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  @Test(arguments: 1..<21) func `a damaged manifest is a plan or problems`(seed: UInt64) throws {
    let names = ["model-rollout.yaml", "model-rollout-analysis.as-written.yaml"]
    var dice = Dice(state: seed &* 0x9E37_79B9_7F4A_7C15)
    for name in names {
      let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
      let documents = try YAMLReader.documents(in: text)
      for _ in 0..<60 {
        let damaged = documents.map { document in
          (0..<Int.random(in: 1...3, using: &dice)).reduce(document) { node, _ in
            Self.damaged(node, using: &dice)
          }
        }
        _ = ManifestReview.notes(on: damaged)
        let reading = RolloutPlan.read(damaged[0])
        #expect((reading.plan == nil) == (reading.invalidSpecMessage != nil))
        guard let plan = reading.plan else { continue }
        let (state, _) = decide(plan, RolloutState(), RolloutObservation(now: .latest))
        #expect(state.currentHash == plan.podHash)
      }
    }
  }

  /// One value somewhere below is replaced, renamed or taken out.
  private static func damaged(
    _ node: ManifestNode, using dice: inout Dice
  ) -> ManifestNode {
    var result = node
    switch node.content {
    case .map(var entries) where !entries.isEmpty && Int.random(in: 0..<5, using: &dice) > 0:
      let index = Int.random(in: 0..<entries.count, using: &dice)
      switch Int.random(in: 0..<12, using: &dice) {
      case 0: entries.remove(at: index)
      case 1: entries[index].key += "s"
      default: entries[index].value = damaged(entries[index].value, using: &dice)
      }
      result.content = .map(entries)
    case .list(var elements) where !elements.isEmpty && Int.random(in: 0..<5, using: &dice) > 0:
      let index = Int.random(in: 0..<elements.count, using: &dice)
      elements[index] = damaged(elements[index], using: &dice)
      result.content = .list(elements)
    default: result.content = odd.randomElement(using: &dice) ?? .null
    }
    return result
  }
}
