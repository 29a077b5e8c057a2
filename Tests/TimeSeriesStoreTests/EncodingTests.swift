import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct EncodingTests {
  @Test func `the checksum is CRC-32C`() {
    #expect(Checksum.of(Array("123456789".utf8)) == 0xe306_9283)
    #expect(Checksum.of([]) == 0)
    #expect(Checksum.of([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
  }

  @Test func `the checksum doesn't depend on how bytes are grouped`() {
    var random = SeededNumbers(1)
    for length in 0..<70 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var plain: UInt32 = ~0
      for byte in bytes {
        plain ^= UInt32(byte)
        for _ in 0..<8 { plain = plain & 1 == 1 ? (plain >> 1) ^ 0x82f6_3b78 : plain >> 1 }
      }
      #expect(Checksum.of(bytes) == ~plain)
      #expect(Checksum.byTables(bytes) == ~plain)
    }
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, UInt64.max >> 1, UInt64.max])
  func `varints come back and have the length foretold`(number: UInt64) throws {
    var writer = ByteWriter()
    writer.varint(number)
    #expect(writer.bytes.count == ByteWriter.varintLength(number))
    var cursor = MappedBytes(writer.bytes).cursor
    #expect(try cursor.varint() == number)
    #expect(ByteWriter.folded(ByteWriter.unfolded(number)) == number)
  }

  @Test(arguments: 0...64)
  func `packed numbers of any width come back`(width: Int) throws {
    var random = SeededNumbers(UInt64(width))
    let mask = width == 0 ? 0 : UInt64.max >> UInt64(64 - width)
    for count in [1, 2, 7, 8, 9, 63, 127, 128] {
      var numbers = (0..<count).map { _ in Int64(bitPattern: random.next() & mask) }
      numbers[count / 2] = Int64(bitPattern: mask)
      numbers[0] = 0
      try expectRoundTrip(numbers)
    }
  }

  @Test func `integers come back, whatever they are`() throws {
    var random = SeededNumbers(7)
    for round in 0..<400 {
      let count = 1 + Int(random.next() % 400)
      var value = Int64(bitPattern: random.next())
      let scale = random.next() % 63
      let numbers = (0..<count).map { index -> Int64 in
        switch round % 5 {
        case 0: value &+= 15_000
        case 1: value &+= Int64(random.next() % (1 << (scale / 2)))
        case 2: value = Int64(bitPattern: random.next()) >> Int64(scale)
        case 3: value &+= Int64(index) &* 3
        default: value = [Int64.min, .max, 0, -1][Int(random.next() % 4)]
        }
        return value
      }
      try expectRoundTrip(numbers)
    }
  }

  @Test func `values come back bit for bit, whatever they are`() throws {
    var random = SeededNumbers(11)
    for round in 0..<600 {
      let count = 1 + Int(random.next() % 300)
      var counter = 0.0
      let values = (0..<count).map { _ -> Double in
        switch round % 7 {
        case 0: return random.value()
        case 1:
          counter += Double(random.next() % 50)
          if random.next() % 60 == 0 { counter = 0 }
          return random.next() % 40 == 0 ? StaleMarker.value : counter
        case 2: return Double(Int64(random.next() % 100_000)) / 1000
        case 3: return Double(bitPattern: random.next())
        case 4: return Double(Int64(random.next() % 20)) / 10 - 1
        case 5: return random.next() % 3 == 0 ? -0.0 : 0
        default: return Double(bitPattern: 0x7ff0_0000_0000_0002 ^ (random.next() % 3))
        }
      }
      let bytes = SampleChunk.encodeValues(values)
      var cursor = MappedBytes(bytes).cursor
      var decoded: [Double] = [42]
      try ValueColumn.decode(&cursor, count: count, into: &decoded)
      #expect(decoded.dropFirst().map(\.bitPattern) == values.map(\.bitPattern))
      #expect(cursor.isAtEnd)
      #expect(bytes.count <= 8 * count + 1, "never larger than the values themselves")
      for _ in 0..<4 {
        let first = Int(random.next() % UInt64(count))
        let rows = first..<first + Int(random.next() % UInt64(count - first + 1))
        #expect(try some(rows, of: bytes, count: count) == values[rows].map(\.bitPattern))
      }
    }
  }

  /// The bits of the values in some rows of a column, behind one that stays.
  private func some(_ rows: Range<Int>, of bytes: [UInt8], count: Int) throws -> [UInt64] {
    var cursor = MappedBytes(bytes).cursor
    var values: [Double] = [42]
    do {
      try ValueColumn.decode(
        &cursor, count: count, rows: rows, into: &values, leader: ValueColumn.noLeader)
    } catch {
      #expect(values.first == 42)
      throw error
    }
    #expect(values.count == 1 + rows.count)
    return values.dropFirst().map(\.bitPattern)
  }

  @Test func `some rows of long columns of every shape are those of the whole`() throws {
    var random = SeededNumbers(5)
    var shapes: Set<UInt8> = []
    for round in 0..<60 {
      let count = 600 + Int(random.next() % 900)
      var (number, step) = (1e6, 3.0)
      let values = (0..<count).map { row -> Double in
        switch round % 6 {
        case 0: number += Double(random.next() % 1000)
        case 1:
          step += Double(random.next() % 3) - 1
          number += 1000 + step
        case 2: return Double(random.next() % 4096) / 10
        case 3: return 1 / (Double(row) + 1)
        case 4: number += 1 / Double(1 + random.next() % 1_000_003)
        default: return Double(bitPattern: random.next())
        }
        return number
      }
      let bytes = SampleChunk.encodeValues(values)
      shapes.insert(bytes[0])
      for _ in 0..<20 {
        let first = Int(random.next() % UInt64(count))
        let rows = first..<first + Int(random.next() % UInt64(count - first + 1))
        #expect(try some(rows, of: bytes, count: count) == values[rows].map(\.bitPattern))
      }
    }
    #expect(shapes.count >= 3, "\(shapes)")
  }

  private static let commonColumns: [(String, Int, [Double])] = [
    ("constant", 9, (0..<240).map { _ in 3.5 }),
    ("staleness marker only", 9, (0..<240).map { _ in StaleMarker.value }),
    ("counter of equal steps", 10, (0..<240).map { Double($0 * 5) }),
    ("counter of steps below 16", 130, (0..<240).map { Double($0 * 7 + $0 % 8) }),
    ("two decimals", 460, (0..<240).map { Double(($0 * 7919) % 9973) / 100 }),
  ]

  @Test(arguments: commonColumns)
  func `common columns are small`(name: String, bytesMax: Int, values: [Double]) {
    let bytes = SampleChunk.encodeValues(values)
    #expect(bytes.count <= bytesMax, "\(name)")
  }

  @Test func `damaged columns are refused or read as other values, never a crash`() {
    var random = SeededNumbers(23)
    var refused = 0
    for round in 0..<4000 {
      let count = 1 + Int(random.next() % 200)
      var bytes: [UInt8]
      if round % 4 == 0 {
        bytes = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      } else {
        bytes = SampleChunk.encodeValues((0..<count).map { _ in random.value() })
        for _ in 0...(random.next() % 3) {
          bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
        }
        bytes.removeLast(Int(random.next() % 2) * Int(random.next() % UInt64(bytes.count)))
      }
      let held = MappedBytes(bytes)
      var values: [Double] = []
      var integers: [Int64] = []
      do {
        var cursor = held.cursor
        try ValueColumn.decode(&cursor, count: count, into: &values)
        #expect(values.count == count)
      } catch { refused += 1 }
      let first = Int(random.next() % UInt64(count))
      do { _ = try some(first..<min(count, first + 20), of: bytes, count: count) } catch {
        refused += 1
      }
      do {
        var cursor = held.cursor
        try IntegerColumn.decode(&cursor, count: count, into: &integers)
        #expect(integers.count == count)
      } catch { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func `rows of a log come back`() throws {
    var random = SeededNumbers(3)
    var written: [UInt64] = []
    var read: [UInt64] = []
    for round in 0..<200 {
      var rows = LogRows()
      for number in 0..<Int(random.next() % 3) {
        rows.newSeries.append(Labels([("__name__", "m"), ("n", "\(round).\(number)")]))
      }
      let known = written.count + rows.newSeries.count
      if known > 0 {
        for _ in 0..<Int(random.next() % 30) {
          rows.series.append(UInt32(random.next() % UInt64(known)))
          rows.timestamps.append(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
          rows.values.append(random.value())
        }
      }
      var writer = ByteWriter()
      _ = rows.encode(into: &writer, previous: &written)
      var cursor = MappedBytes(writer.bytes).cursor
      let again = try LogRows(&cursor, previous: &read)
      #expect(again.newSeries == rows.newSeries)
      #expect(again.series == rows.series)
      #expect(again.timestamps == rows.timestamps)
      #expect(again.values.map(\.bitPattern) == rows.values.map(\.bitPattern))
    }
  }

  @Test func `damaged rows of a log are refused or read as other rows, never a crash`() {
    var random = SeededNumbers(29)
    var rows = LogRows()
    rows.newSeries = (0..<5).map { Labels([("__name__", "m"), ("n", "\($0)")]) }
    for row in 0..<60 {
      rows.series.append(UInt32(row % 5))
      rows.timestamps.append(Int64(row) * 1000)
      rows.values.append(random.value())
    }
    var writer = ByteWriter()
    var previous: [UInt64] = []
    _ = rows.encode(into: &writer, previous: &previous)
    var refused = 0
    for _ in 0..<4000 {
      var bytes = writer.bytes
      for _ in 0...(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      var cursor = MappedBytes(bytes).cursor
      var state: [UInt64] = []
      do { _ = try LogRows(&cursor, previous: &state) } catch { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func `chunks of a series are cut at common times`() {
    let first = ChunkCut.ranges(of: (0..<5000).map { 1_000_000 + Int64($0) * 15_000 })
    let times = (0..<5000).map { 1_000_000 + Int64($0) * 15_000 }
    let later = Array(times.dropFirst(777))
    let laterRanges = ChunkCut.ranges(of: later)
    #expect(first.map(\.count).reduce(0, +) == 5000)
    let starts = Set(first.map { times[$0.lowerBound] })
    #expect(laterRanges.dropFirst().allSatisfy { starts.contains(later[$0.lowerBound]) })
    #expect(ChunkCut.ranges(of: []) == [])
    #expect(ChunkCut.ranges(of: [5]) == [0..<1])
    #expect(ChunkCut.ranges(of: [.min, .max]).map(\.count).reduce(0, +) == 2)
  }

  private func expectRoundTrip(_ numbers: [Int64]) throws {
    var writer = ByteWriter()
    IntegerColumn.encode(numbers, into: &writer)
    // Once with bytes behind the column, once at the very end of memory.
    for padding in [0, 20] {
      let bytes = writer.bytes + [UInt8](repeating: 0xff, count: padding)
      var cursor = MappedBytes(bytes).cursor
      var decoded: [Int64] = [42]
      try IntegerColumn.decode(&cursor, count: numbers.count, into: &decoded)
      #expect(decoded.dropFirst() == numbers[...])
      #expect(cursor.position == writer.bytes.count)
    }
  }
}
