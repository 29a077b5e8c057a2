import Foundation
import QueryScripts
import Testing

/// Prometheus' own scripts. They aren't part of the project; where they stand beside it, they are
/// run, and the number of evaluations that pass must not fall.
@Suite struct UpstreamScriptTests {
  /// Which tier an evaluation belongs to, as `index.tsv` beside the scripts says: 1 floats, 2
  /// native histograms, 3 experimental features.
  private struct Place: Hashable {
    var file: String
    var line: Int
  }

  @Test(.enabled(if: !ScriptFile.upstream.isEmpty, "../shared/conformance/promql is not there"))
  func `as many evaluations of Prometheus' scripts pass as are recorded`() throws {
    let tiers = try Self.tiers()
    var passed: [Int: Int] = [:]
    var total: [Int: Int] = [:]
    for file in ScriptFile.upstream {
      for entry in file.run(try file.script()).entries {
        let tier = try #require(tiers[Place(file: file.name, line: entry.line)])
        total[tier, default: 0] += 1
        if entry.hasPassed { passed[tier, default: 0] += 1 }
      }
    }
    let sum = passed.values.reduce(0, +)
    print("conformance: \(sum) of \(total.values.reduce(0, +))")
    for tier in total.keys.sorted() {
      print("  tier \(tier): \(passed[tier, default: 0]) of \(total[tier, default: 0])")
    }
    let recorded = try Self.recordedScore()
    for tier in total.keys.sorted() {
      let got = passed[tier, default: 0]
      let wanted = try #require(recorded["tier\(tier)"])
      #expect(got >= wanted, "tier \(tier) has fallen")
      if got > wanted { print("score.txt can be raised: tier\(tier) \(got)") }
    }
    #expect(sum >= (try #require(recorded["total"])), "the total has fallen")
  }

  private static func tiers() throws -> [Place: Int] {
    let url = ScriptFile.upstreamFolder.appending(path: "index.tsv")
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst()
    var tiers: [Place: Int] = [:]
    for row in rows {
      let fields = row.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count > 3, let line = Int(fields[1]), let tier = Int(fields[3]) else { continue }
      tiers[Place(file: String(fields[0]), line: line)] = tier
    }
    return tiers
  }

  /// Lines of a name and a number.
  private static func recordedScore() throws -> [String: Int] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "score.txt")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    var score: [String: Int] = [:]
    for line in lines {
      let words = line.split(separator: " ")
      if words.count == 2 { score[String(words[0])] = Int(words[1]) }
    }
    return score
  }
}
