import MetricModel
import Testing

@testable import Exposition

@Suite struct XORChunkDecoderTests {
  private func decoded(_ bytes: [UInt8]) throws(BlockError) -> SampleColumns {
    var columns = SampleColumns()
    var decoder = XORChunkDecoder(BlockBytes(bytes, file: "test"))
    try decoder.decode(onto: &columns)
    return columns
  }

  private func randomColumns(_ generator: inout SplitMix64) -> SampleColumns {
    var columns = SampleColumns()
    var time = Int64.random(in: -1_000_000...2_000_000_000_000, using: &generator)
    var value = 0.0
    for _ in 0..<Int.random(in: 0...150, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: value = StaleMarker.value
      case 1: value = Double(bitPattern: generator.next())
      case 2, 3: value += Double(Int.random(in: 0...1000, using: &generator))
      case 4: value = -0.0
      default: break
      }
      columns.append(Timestamp(milliseconds: time), value)
      let jitter: [Int64] = [0, 1, 100, 9000, 70_000, 600_000, 90_000_000_000]
      time += 15_000 + (jitter.randomElement(using: &generator) ?? 0)
    }
    return columns
  }

  @Test(arguments: 0..<100)
  func `samples come back bit for bit`(_ seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let columns = randomColumns(&generator)
    #expect(try decoded(XORChunkEncoder.encode(columns)) == columns, "seed \(seed)")
  }

  @Test(arguments: [8192, 8193, -8191, -8192, 65536, -65535, -65536, 524_288, 524_289, -524_288])
  func `steps at the edge of a width come back`(_ change: Int64) throws {
    let times = [0, 1_000_000, 2_000_000 + change, 3_000_000 + 2 * change]
    let columns = SampleColumns(timestamps: times, values: [1, 2, 3, 4])
    #expect(try decoded(XORChunkEncoder.encode(columns)) == columns)
  }

  @Test(arguments: 0..<50)
  func `damaged samples are an error or samples in order, never a crash`(_ seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let bytes = XORChunkEncoder.encode(randomColumns(&generator))
    for _ in 0..<50 {
      if let columns = try? decoded(damaged(bytes, using: &generator)) {
        let times = columns.timestamps
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
      }
    }
  }

  @Test func `a chunk cut short says what is missing`() {
    let columns = SampleColumns(timestamps: [0, 1000], values: [1, 2])
    let error = #expect(throws: BlockError.self) {
      try decoded(Array(XORChunkEncoder.encode(columns).dropLast(2)))
    }
    #expect(error?.description == "test is damaged at byte 14: part of a sample is missing")
  }
}

@Suite struct CRC32CTests {
  @Test func `the check value of the polynomial is met`() {
    #expect(CRC32C.checksum(of: Array("123456789".utf8)[...]) == 0xe306_9283)
  }

  @Test func `32 zero bytes give the value of RFC 3720`() {
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)[...]) == 0x8a91_36aa)
  }

  @Test(arguments: 0..<40)
  func `any length and start agree with one byte at a time`(_ length: Int) {
    var generator = SplitMix64(seed: UInt64(length))
    let bytes = (0..<(length + 3)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var state = ~UInt32(0)
    for byte in bytes[3...] {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0x82f6_3b78 : state >> 1 }
    }
    #expect(CRC32C.checksum(of: bytes[3...]) == ~state)
  }
}
