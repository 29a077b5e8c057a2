import MetricModel
import Scraping
import Testing

@testable import MetricTransfer

@Suite struct RemoteWriteTests {
  @Test(
    arguments: [
      (200, nil, false, .stored), (204, nil, false, .stored),
      (400, nil, false, .refused("status 400: no")), (429, nil, false, .refused("status 429: no")),
      (429, "7", true, .unavailable("status 429: no", retryAfter: .seconds(7))),
      (503, nil, false, .unavailable("status 503: no", retryAfter: nil)),
      (
        503, "Wed, 21 Oct 2015 07:28:00 GMT", false, .unavailable("status 503: no", retryAfter: nil)
      ),
      (302, nil, false, .refused("status 302: no")),
    ] as [(Int, String?, Bool, RemoteWriteAnswer)])
  func `what is worth another try`(
    status: Int, retryAfter: String?, retries429: Bool, expected: RemoteWriteAnswer
  ) {
    #expect(
      RemoteWriteAnswer(
        status: status, text: "no\nmore", retryAfter: retryAfter,
        retriesTooManyRequests: retries429) == expected)
  }

  @Test func `waits double up to the longest, and are as long as asked`() {
    var backoff = RemoteWriteBackoff(from: Milliseconds(30), to: Milliseconds(100))
    #expect(
      [nil, nil, .seconds(2), nil].map { backoff.wait($0).count } == [30, 60, 2000, 100])
  }

  private func rows(_ batch: SampleBatch) -> [String] {
    (0..<batch.count).map { row in
      "\(batch.labels[Int(batch.series[row])]) \(batch.values[row]) @\(batch.timestamps[row])"
    }
  }

  @Test func `rows get external labels, are relabelled and divided`() throws {
    var target = RemoteWriteTarget(name: "x", url: "http://x")
    target.queue.samplesPerSend = 2
    var drop = try RelabelRule()
    drop.action = .drop
    drop.sourceLabels = ["__name__"]
    drop.regex = try RegexMatcher("secret")
    target.relabelings = [drop]
    target.queue.sampleAgeMax = .seconds(10)
    var batches = OutgoingBatches(
      target, externalLabels: Labels([("cluster", "c"), ("own", "outer")]))
    var batch = SampleBatch()
    for name in ["a", "secret"] {
      let series = batch.addSeries(Labels([("__name__", name), ("own", "inner")]))
      for time in [Int64(1), 20_000, 21_000, 22_000] {
        batch.append(series: series, Timestamp(milliseconds: time), Double(time))
      }
    }
    let division = batches.division(batch, shards: 1, now: Timestamp(milliseconds: 22_000))
    #expect(division.dropped == 5)
    #expect(
      division.shards.map { $0.map(rows) } == [
        [
          [
            #"a{cluster="c", own="inner"} 20000.0 @20000"#,
            #"a{cluster="c", own="inner"} 21000.0 @21000"#,
          ],
          [#"a{cluster="c", own="inner"} 22000.0 @22000"#],
        ]
      ])
  }

  @Test func `rows of a series are in one shard, in their order`() throws {
    let target = RemoteWriteTarget(name: "x", url: "http://x")
    var batches = OutgoingBatches(target, externalLabels: .empty)
    var batch = SampleBatch()
    let series = (0..<10).map { batch.addSeries(Labels([("__name__", "m"), ("n", "\($0)")])) }
    for time in Int64(0)..<50 {
      for one in series { batch.append(series: one, Timestamp(milliseconds: time), 0) }
    }
    let shards = batches.division(batch, shards: 4, now: Timestamp(milliseconds: 0)).shards
    #expect(shards.count == 4)
    let names = shards.map { Set($0.flatMap(\.labels)) }
    #expect(names.reduce(0) { $0 + $1.count } == 10)
    for sent in shards.flatMap({ $0 }) {
      let times = (0..<sent.count).map { ($0, sent.timestamps[$0]) }
      for number in 0..<UInt32(sent.labels.count) {
        let own = times.filter { sent.series[$0.0] == number }.map(\.1)
        #expect(own == own.sorted() && own.count == 50)
      }
    }
  }

  @Test func `names of followers tell receivers apart`() {
    let names = ["http://a:1/w", "http://a/1/w", ""].map(RemoteWriteLoop.followerName)
    #expect(Set(names).count == 3)
    #expect(names.allSatisfy { !$0.contains("/") && !$0.contains(":") })
  }
}
