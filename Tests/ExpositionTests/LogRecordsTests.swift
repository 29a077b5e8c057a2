import MetricModel
import Testing

@testable import Exposition

/// Logs and chunks that Debian's Prometheus is too old to write, written plainly after their notes.
@Suite struct LogRecordsTests {
  private let up = Labels([("__name__", "up"), ("job", "é")])

  private func seriesRecord(_ number: UInt64, _ labels: Labels) -> [UInt8] {
    var record: [UInt8] = [1]
    record.appendBigEndian(number, 8)
    record.appendVarint(UInt64(labels.count))
    labels.forEach { name, value in
      record.appendCounted(name)
      record.appendCounted(value)
    }
    return record
  }

  /// Records of numbers: kind 2, relative to the first.
  private func samplesRecord(_ samples: [(UInt64, Int64, Double)]) -> [UInt8] {
    var record: [UInt8] = [2]
    record.appendBigEndian(samples[0].0, 8)
    record.appendBigEndian(UInt64(bitPattern: samples[0].1), 8)
    for (number, time, value) in samples {
      record.appendVarint(Int64(bitPattern: number &- samples[0].0).zigZagEncoded)
      record.appendVarint((time - samples[0].1).zigZagEncoded)
      record.appendBigEndian(value.bitPattern, 8)
    }
    return record
  }

  /// A segment in pages of 32 KiB, records cut where a page ends.
  private func segment(_ records: [[UInt8]], compressed: Bool = false) -> [UInt8] {
    let page = 32 << 10
    var bytes: [UInt8] = []
    for record in records {
      var rest = (compressed ? Snappy.compress(record) : record)[...]
      var isFirst = true
      repeat {
        if page - bytes.count % page < 8 {
          bytes += [UInt8](repeating: 0, count: page - bytes.count % page)
        }
        let part = rest.prefix(page - bytes.count % page - 7)
        rest = rest.dropFirst(part.count)
        let kind: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
        bytes.append(kind | (compressed ? 8 : 0))
        bytes.appendBigEndian(UInt64(part.count), 2)
        bytes.appendBigEndian(UInt64(CRC32C.checksum(of: part)), 4)
        bytes += part
        isFirst = false
      } while !rest.isEmpty
    }
    return bytes
  }

  private func head(_ log: [[UInt8]]) throws -> PrometheusHead {
    try PrometheusHead(checkpoint: [], log: log, chunks: [], lateLog: [])
  }

  @Test(arguments: [false, true])
  func `records over many pages and segments are read`(compressed: Bool) throws {
    let samples = (0..<9000).map { (UInt64(7), Int64($0) * 1000, Double($0) * 1.1) }
    let log = [
      segment(
        [seriesRecord(7, up), samplesRecord(Array(samples[..<5000]))], compressed: compressed),
      segment([samplesRecord(Array(samples[5000...]))], compressed: compressed),
    ]
    let read = try head(log).series(at: 0)
    #expect(read.labels == up)
    #expect(read.samples.values == samples.map(\.2))
    #expect(
      try head(log).series(at: 0, since: Timestamp(milliseconds: 8_000_000)).samples.count == 1000)
  }

  @Test func `a log may end within a record, but not before its end`() throws {
    let whole = segment([
      seriesRecord(7, up), samplesRecord([(7, 1, 1)]), samplesRecord([(7, 2, 2)]),
    ])
    let torn = Array(whole.dropLast(3))
    #expect(try head([torn]).series(at: 0).samples.values == [1])
    let error = #expect(throws: BlockError.self) { try head([torn, whole]) }
    #expect(error?.description.contains("wal, segment 1 of 2 is damaged") == true)
  }

  @Test func `deleted stretches are gone, whichever record comes first`() throws {
    var tombstone: [UInt8] = [3]
    tombstone.appendBigEndian(7, 8)
    tombstone.appendVarint(Int64(2).zigZagEncoded)
    tombstone.appendVarint(Int64(3).zigZagEncoded)
    let log = segment([
      seriesRecord(7, up), tombstone, samplesRecord([(7, 1, 1), (7, 2, 2), (7, 3, 3), (7, 4, 4)]),
    ])
    #expect(try head([log]).series(at: 0).samples.timestamps == [1, 4])
  }

  @Test func `samples with start times are read`() throws {
    var record: [UInt8] = [11]
    // Number 7 at 1000 since 500; then the same start; then none; then one of its own.
    for number in [Int64(7), 1000, 500] { record.appendVarint(number.zigZagEncoded) }
    record.appendBigEndian(1.0.bitPattern, 8)
    for (marker, start) in [(UInt8(1), nil), (0, nil), (2, Int64(-100))] as [(UInt8, Int64?)] {
      record.appendVarint(Int64(0).zigZagEncoded)
      record.appendVarint(Int64(Int(marker) + 10).zigZagEncoded)
      record.append(marker)
      if let start { record.appendVarint(start.zigZagEncoded) }
      record.appendBigEndian(Double(marker).bitPattern, 8)
    }
    let samples = try head([segment([seriesRecord(7, up), record])]).series(at: 0).samples
    #expect(samples.timestamps == [1000, 1010, 1011, 1012])
    #expect(samples.startTimes == [500, 0, 500, 400])
  }

  @Test(arguments: 0..<20)
  func `damaged logs are an error or series, never a crash`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    var histogram: [UInt8] = [8]
    histogram.appendBigEndian(7, 8)
    histogram.appendBigEndian(5, 8)
    histogram += [0, 0, 0, 2]
    for number in [0.001, 1, 3, 2.5] { histogram.appendBigEndian(number.bitPattern, 8) }
    histogram += [1, 0, 2, 0, 2]
    for number in [1.0, 1] { histogram.appendBigEndian(number.bitPattern, 8) }
    histogram.append(0)
    let records = [seriesRecord(7, up), samplesRecord([(7, 1, 1), (7, 2, 2)]), histogram]
    for _ in 0..<200 {
      // Behind right checksums, and before.
      let inner = segment(records.map { damaged($0, using: &generator) })
      for log in [inner, damaged(segment(records), using: &generator)] {
        let read = try? head([log])
        #expect((read?.seriesCount ?? 0) < 100, "seed \(seed)")
        for index in 0..<(read?.seriesCount ?? 0) { _ = read?.series(at: index) }
      }
    }
  }

  /// XOR2 after `tsdb/docs/format/chunks.md`: no start times, and values in new windows only.
  private func xor2(_ samples: [(Int64, Double)]) -> [UInt8] {
    var writer = ChunkBitWriter()
    writer.bits(UInt64(samples.count), 16)
    writer.byte(0)
    writer.varint(samples[0].0)
    writer.bits(samples[0].1.bitPattern, 64)
    var last = samples[0].1.isStaleMarker ? 0 : samples[0].1.bitPattern
    var step: Int64 = 0
    func window(_ difference: UInt64) {
      let leading = min(difference.leadingZeroBitCount, 31)
      let trailing = difference.trailingZeroBitCount
      writer.bits(UInt64(leading), 5)
      writer.bits(UInt64(64 - leading - trailing) & 63, 6)
      writer.bits(difference >> UInt64(trailing), 64 - leading - trailing)
    }
    func value(_ value: Double) {
      let difference = value.bitPattern ^ last
      if value.isStaleMarker { return writer.bits(0b111, 3) }
      if difference == 0 { return writer.bits(0, 1) }
      writer.bits(0b110, 3)
      window(difference)
      last = value.bitPattern
    }
    for index in samples.indices.dropFirst() {
      let next = samples[index].0 - samples[index - 1].0
      let growth = next - step
      step = next
      let sample = samples[index].1
      if index == 1 {
        writer.unsignedVarint(UInt64(next))
        value(sample)
      } else if growth == 0 {
        if sample.isStaleMarker {
          writer.bits(0b11111, 5)
        } else if sample.bitPattern == last {
          writer.bits(0, 1)
        } else {
          writer.bits(0b10, 2)
          writer.bits(1, 1)
          window(sample.bitPattern ^ last)
          last = sample.bitPattern
        }
      } else {
        if (-4096...4095).contains(growth) {
          writer.bits(0b110, 3)
          writer.bits(UInt64(bitPattern: growth), 13)
        } else if (-524_288...524_287).contains(growth) {
          writer.bits(0b1110, 4)
          writer.bits(UInt64(bitPattern: growth), 20)
        } else {
          writer.bits(0b11110, 5)
          writer.bits(UInt64(bitPattern: growth), 64)
        }
        value(sample)
      }
    }
    return writer.finished
  }

  @Test(arguments: 0..<20)
  func `XOR2 chunks are read`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    var (time, level): (Int64, Double) = (1_700_000_000_000, 0)
    let steps: [Int64] = [15_000, 15_000, 15_001, 19_096, 10_905, 600_000, 5_000_000_000]
    let samples = (0..<200).map { _ in
      time += steps.randomElement(using: &generator) ?? 1
      level += Double(Int.random(in: 0...2, using: &generator))
      let odd = Int.random(in: 0..<10, using: &generator) == 0
      return (time, odd ? StaleMarker.value : level * 1.1)
    }
    var columns = SampleColumns()
    let place = BlockBytes(xor2(samples), file: "f")
    try ChunkEncoding.xor2.decode(place, of: "s", onto: &columns)
    #expect(columns.timestamps == samples.map(\.0), "seed \(seed)")
    #expect(columns.values.map(\.bitPattern) == samples.map(\.1.bitPattern), "seed \(seed)")
  }

  @Test func `start times in chunks are read`() throws {
    // The first start is known, the third sample's differs, later ones by differences.
    var writer = ChunkBitWriter()
    writer.bits(4, 16)
    writer.byte(0x80 | 2)
    writer.varint(1000)
    writer.bits(1.0.bitPattern, 64)
    writer.varint(900)
    writer.unsignedVarint(1000)
    writer.bits(0, 1)
    for difference in [Int64(5), 1000] {
      writer.bits(0, 1)
      writer.varbit(difference)
    }
    var columns = SampleColumns()
    try ChunkEncoding.xor2.decode(
      BlockBytes(writer.finished, file: "f"), of: "s", onto: &columns)
    #expect(columns.timestamps == [1000, 2000, 3000, 4000])
    #expect(columns.startTimes == [100, 100, 1995, 1995])
  }
}
