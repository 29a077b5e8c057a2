import Statistics
import Study
import Testing

@Suite struct InformationLimitTests {
  /// From an independent program (Python, its own formulas), rounded to whole requests.
  @Test(arguments: [
    (1.2, 22_166.0), (1.5, 3_107), (2, 875), (5, 88),
  ])
  func `errors need as many requests as elsewhere`(ratio: Double, requests: Double) {
    var world = World("errors", .badShare(0.01))
    world.effect = .ratio(ratio)
    #expect(InformationLimit(world).canaryRequests.rounded() == requests)
  }

  @Test(arguments: [(0.09, 5_534.0), (0.10, 1_323), (0.15, 126)])
  func `accuracy needs as many requests as elsewhere`(share: Double, requests: Double) {
    var world = World("accuracy", .badShare(0.08))
    world.effect = .ratio(share / 0.08)
    #expect(InformationLimit(world).canaryRequests.rounded() == requests)
  }

  @Test(arguments: [
    (Change.slower(1.05), Metric.BucketBounds.byDefault, 1_027.0), (.slower(1.05), .native, 905),
    (.slower(1.10), .byDefault, 269), (.slower(1.10), .native, 237),
    (.slower(1.25), .byDefault, 49), (.slower(1.25), .native, 44),
    (.slowerTail(1.25), .native, 89),
  ])
  func `latency needs as many requests as elsewhere`(
    effect: Change, bounds: Metric.BucketBounds, requests: Double
  ) {
    var world = World("latency", .latency(bounds))
    world.effect = effect
    #expect(InformationLimit(world).canaryRequests.rounded() == requests)
  }

  @Test func `nothing can be known of no change`() {
    #expect(InformationLimit(World("errors", .badShare(0.01))).canaryRequests == .infinity)
    #expect(InformationLimit(World("latency", .latency(.native))).canaryRequests == .infinity)
  }
}
