import MetricModel
import Testing
import TimeSeriesStore

@Suite struct CompactionPlannerTests {
  @Test(
    arguments: [
      ([], nil), ([10, 10, 10], nil), ([10, 10, 10, 10], [0, 1, 2, 3]),
      ([100, 10, 10, 10, 10], [1, 2, 3, 4]), ([1000, 10, 10, 10], nil),
      ([40, 40, 40, 10], [0, 1, 2, 3]), ([900, 900, 900, 900], nil),
    ] as [([Int], [UInt64]?)])
  func `blocks of similar size are merged`(sizes: [Int], expected: [UInt64]?) {
    var policy = CompactionPolicy()
    policy.samplesMax = 2000
    let blocks = sizes.enumerated().map {
      BlockShape(number: UInt64($0.offset), sampleCount: $0.element)
    }
    #expect(CompactionPlanner.nextMerge(blocks, policy) == expected)
  }

  @Test func `every sample is rewritten seldom, and blocks stay few`() {
    let policy = CompactionPolicy()
    var blocks: [BlockShape] = []
    var rewritten = 0
    let seals = 256
    for number in 0..<UInt64(seals) {
      blocks.append(BlockShape(number: number, sampleCount: 1000))
      while let run = CompactionPlanner.nextMerge(blocks, policy) {
        let merged = blocks.filter { run.contains($0.number) }.reduce(0) { $0 + $1.sampleCount }
        rewritten += merged
        let place = blocks.firstIndex { run.contains($0.number) } ?? 0
        blocks.removeAll { run.contains($0.number) }
        blocks.insert(
          BlockShape(number: 1000 + number * 10 + UInt64(place), sampleCount: merged), at: place)
      }
      #expect(blocks.count <= 16)
    }
    #expect(rewritten <= 5 * seals * 1000)
  }

  @Test func `old blocks are compressed once no merge is due, each once`() {
    func shape(_ number: UInt64, hour: Int64, samples: Int = 1000, isCold: Bool = false)
      -> BlockShape
    {
      BlockShape(
        number: number, sampleCount: samples, latest: Timestamp(milliseconds: hour * 3_600_000),
        isCold: isCold)
    }
    var policy = CompactionPolicy()
    let blocks = [shape(1, hour: 1), shape(2, hour: 5), shape(3, hour: 9)]
    #expect(CompactionPlanner.nextMerge(blocks, policy) == nil)
    policy.coldAfter = .hours(4)
    #expect(CompactionPlanner.nextMerge(blocks, policy) == [1])
    let next = [shape(4, hour: 1, isCold: true), shape(2, hour: 5), shape(3, hour: 9)]
    #expect(CompactionPlanner.nextMerge(next, policy) == [2])
    #expect(CompactionPlanner.isCold([next[0], next[1]], among: next, policy))
    #expect(!CompactionPlanner.isCold([next[1], next[2]], among: next, policy))
    let last = [
      shape(4, hour: 1, isCold: true), shape(5, hour: 5, isCold: true), shape(3, hour: 9),
    ]
    #expect(CompactionPlanner.nextMerge(last, policy) == nil)
    #expect(CompactionPlanner.nextMerge(last + [shape(6, hour: 9)], policy) == [4, 5, 3, 6])
    policy.coldAfter = Milliseconds(0)
    #expect(CompactionPlanner.nextMerge(last, policy) == [3])
    // A block that only says which logs are gone has no samples, and nothing to compress.
    #expect(CompactionPlanner.nextMerge([shape(7, hour: 0, samples: 0)], policy) == nil)
  }

  @Test(
    arguments: [
      (0, 0, 1 << 40, 0, false), (1, 1, 0, 0, false), (1, 1, 0, 7_200_000, true),
      (4_000_000, 1000, 0, 0, true), (40, 1, 64 << 20, 0, true), (0, 0, 0, 7_200_000, false),
      // A million series: the first samples of each don't make a block.
      (4_000_000, 1_000_000, 200 << 20, 0, false), (32_000_000, 1_000_000, 300 << 20, 0, true),
      (4_000_000, 1_000_000, 2 << 30, 0, true),
    ] as [(Int, Int, Int, Int64, Bool)])
  func `heads are sealed by size, log and age`(
    samples: Int, series: Int, logBytes: Int, age: Int64, isDue: Bool
  ) {
    let shape = HeadShape(
      sampleCount: samples, seriesCount: series, logSizeBytes: logBytes,
      nonEmptySince: Timestamp(milliseconds: 1000))
    #expect(
      SealingPolicy().isDue(shape, now: Timestamp(milliseconds: 1000 + age)) == isDue)
  }
}
