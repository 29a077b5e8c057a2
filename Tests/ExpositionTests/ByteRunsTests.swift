import Testing

@testable import Exposition

@Suite struct ByteRunsTests {
  @Test(arguments: 0..<20)
  func `numbers agree with a dictionary`(_ seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    var runs = ByteRuns()
    var plain: [[UInt8]: Int] = [:]
    for _ in 0..<2000 {
      let run = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        UInt8.random(in: 0...2, using: &generator)
      }
      let hash = byteRunHash(run.span)
      let number = runs.number(of: run.span, hash: hash)
      #expect(number == plain[run], "seed \(seed)")
      if number == nil {
        runs.insert(run[...], hash: hash)
        plain[run] = plain.count
      }
    }
    #expect(runs.count == plain.count)
  }

  @Test func `runs of one hash are told apart by their bytes`() {
    var runs = ByteRuns()
    for byte in UInt8(0)..<100 { runs.insert([byte], hash: 7) }
    for byte in UInt8(0)..<100 {
      #expect(runs.number(of: [byte].span, hash: 7) == Int(byte))
    }
    #expect(runs.number(of: [100].span, hash: 7) == nil)
  }
}
