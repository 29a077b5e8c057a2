import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite struct ColumnCacheTests {
  private func range(after start: Int64, through end: Int64) -> TimeRange {
    TimeRange(after: Timestamp(milliseconds: start), through: Timestamp(milliseconds: end))
  }

  @Test func `a column is decoded once, and its rows follow the range`() throws {
    let cache = ColumnCache()
    var decoded = 0
    func wanted(_ range: TimeRange) throws -> Range<Int> {
      try cache.times(.block(1, offset: 16), count: 4, in: range) { () throws(Damage) in
        decoded += 1
        return [10, 20, 30, 40]
      }.rows
    }
    #expect(try wanted(range(after: 10, through: 30)) == 1..<3)
    #expect(try wanted(range(after: 10, through: 30)) == 1..<3)
    #expect(try wanted(.all) == 0..<4)
    #expect(try wanted(range(after: 39, through: 40)) == 3..<4)
    #expect(try wanted(range(after: 40, through: 41)).isEmpty)
    #expect(decoded == 1)
  }

  @Test func `columns of heads with one checksum and other bytes aren't taken for each other`()
    throws
  {
    let cache = ColumnCache()
    let key = ColumnCache.Key.head(checksum: 7, sizeBytes: 2)
    func times(_ bytes: [UInt8], _ times: [Int64]) throws -> [Int64] {
      try cache.times(key, count: 2, in: .all, encoded: MappedBytes(bytes).cursor) {
        () throws(Damage) in times
      }.times
    }
    #expect(try times([1, 2], [1, 2]) == [1, 2])
    #expect(try times([1, 2], [9, 9]) == [1, 2])
    #expect(try times([3, 4], [3, 4]) == [3, 4])
  }

  @Test func `what was met long ago is forgotten, what is met again stays`() throws {
    let cache = ColumnCache()
    let column = [Int64](0..<4096)
    var decoded: [Int] = []
    func meet(_ offset: Int, in range: TimeRange) throws {
      _ = try cache.times(.block(1, offset: offset), count: column.count, in: range) {
        () throws(Damage) in
        decoded.append(offset)
        return column
      }
    }
    // Twice as many as there is room for; one of them is asked for all along.
    for offset in 1...1024 {
      try meet(offset, in: .all)
      try meet(0, in: .all)
    }
    #expect(decoded.filter { $0 == 0 }.count == 1)
    decoded = []
    try meet(1, in: .all)
    try meet(1024, in: .all)
    #expect(decoded == [1])
  }

  @Test func `what can't be decoded isn't kept`() {
    let cache = ColumnCache()
    for _ in 0..<2 {
      #expect(throws: Damage.self) {
        try cache.times(.block(1, offset: 0), count: 1, in: .all) { () throws(Damage) in
          throw Damage(at: 0, "broken")
        }
      }
    }
  }
}
