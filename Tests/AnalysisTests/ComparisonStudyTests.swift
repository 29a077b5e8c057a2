import Analysis
import MetricModel
import Testing

/// How often comparisons err, over many seeds: the guarantee that the error budget stands for.
@Suite struct ComparisonStudyTests {
  private struct Tally {
    var failed = 0
    var passed = 0
    var undecided = 0
  }

  private static func study(
    _ fields: String, seeds: Range<UInt64>, stable: ScrapedFleet.Version,
    canary: ScrapedFleet.Version
  ) throws -> Tally {
    let spec = try ComparisonTests.spec(fields)
    var tally = Tally()
    for seed in seeds {
      let fleet = ScrapedFleet(
        [stable, canary], until: 180, seed: seed, hasLatency: fields.contains("distribution"))
      let run = fleet.run(spec)
      switch run.phase {
      case .failed: tally.failed += 1
      case .successful: tally.passed += 1
      default: tally.undecided += 1
      }
    }
    return tally
  }

  @Test func `equal versions are stopped within the error budget, and mostly passed`() throws {
    let tally = try Self.study(
      "\(ComparisonTests.errors), margin: 0.02", seeds: 100..<220,
      stable: ComparisonTests.stable, canary: ComparisonTests.canary)
    // 5 % of 120 is 6, and the e-process stays below it.
    #expect(tally.failed <= 6, "\(tally)")
    #expect(tally.passed >= 90, "\(tally)")
  }

  @Test func `a resetting counter draws no false alarm`() throws {
    let tally = try Self.study(
      ComparisonTests.errors, seeds: 100..<160, stable: ComparisonTests.stable,
      canary: ComparisonTests.changed { ($0.pods, $0.resetAt) = (2, -100) })
    #expect(tally.failed <= 3, "\(tally)")
  }

  @Test func `pods that differ by nature draw few false alarms`() throws {
    // One canary pod, and pods whose latencies stray by 5 % and bad shares by 20 %. Without the
    // noise floor every other of these runs would be stopped; with it 5 % are expected, and the
    // bounds are those of a binomial count at 1 in 500.
    let latency = try Self.study(
      "\(ComparisonTests.latency), margin: 0.15", seeds: 100..<116,
      stable: ScrapedFleet.Version(name: "stable", pods: 9, podSpread: 0.05),
      canary: ComparisonTests.changed { $0.podSpread = 0.05 })
    #expect(latency.failed <= 3, "\(latency)")
    let errors = try Self.study(
      ComparisonTests.errors, seeds: 100..<160,
      stable: ScrapedFleet.Version(name: "stable", pods: 9, badSpread: 0.2),
      canary: ComparisonTests.changed { $0.badSpread = 0.2 })
    #expect(errors.failed <= 8, "\(errors)")
  }

  @Test func `doubled errors are seen nearly always`() throws {
    let tally = try Self.study(
      "\(ComparisonTests.errors), margin: 0.01", seeds: 100..<140,
      stable: ComparisonTests.stable, canary: ComparisonTests.changed { $0.badShare = 0.09 })
    #expect(tally.failed >= 39, "\(tally)")
    #expect(tally.passed == 0, "\(tally)")
  }

  @Test func `a canary that is worse by the margin passes within the error budget`() throws {
    let tally = try Self.study(
      "\(ComparisonTests.errors), margin: 0.01", seeds: 100..<180,
      stable: ComparisonTests.stable, canary: ComparisonTests.changed { $0.badShare = 0.06 })
    #expect(tally.passed <= 10, "\(tally)")
  }
}
