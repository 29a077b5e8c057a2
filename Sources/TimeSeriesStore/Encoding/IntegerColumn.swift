/// Bytes for a column of 64-bit integers, the cheapest of five shapes; used for times and for
/// values that are whole numbers or decimals.
///
/// Arithmetic wraps, so that any integers survive. The number of integers is stored elsewhere.
///
///     0  constant        first
///     1  arithmetic      first, difference
///     2  packed          miniblocks of the numbers
///     3  differences     first, miniblocks of differences
///     4  second diffs    first, difference, miniblocks of differences of differences
///
/// The numbers of shapes 2 to 4 follow in miniblocks of up to 128 (see `Miniblock`).
enum IntegerColumn {
  static let miniblock = 128

  /// Appends the encoding of `numbers`, which must not be empty.
  static func encode(_ numbers: [Int64], into writer: inout ByteWriter) {
    precondition(!numbers.isEmpty, "a column has at least one row")
    let first = numbers[0]
    let step = numbers.count > 1 ? numbers[1] &- first : 0
    let isArithmetic = zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 == step }
    if isArithmetic {
      writer.u8(step == 0 ? 0 : 1)
      writer.signedVarint(first)
      if step != 0 { writer.signedVarint(step) }
      return
    }
    let differences = Self.differences(numbers)
    let seconds = Self.differences(differences)
    let candidates = [numbers, differences, seconds]
    let costs = [
      packedSize(numbers[...]),
      packedSize(differences.dropFirst()) + signedLength(first),
      packedSize(seconds.dropFirst(2)) + signedLength(first) + signedLength(step),
    ]
    let order = costs[1] < costs[0] ? (costs[2] < costs[1] ? 2 : 1) : (costs[2] < costs[0] ? 2 : 0)
    writer.u8(UInt8(2 + order))
    for index in 0..<order { writer.signedVarint(candidates[index][index]) }
    appendPacked(candidates[order].dropFirst(order), into: &writer)
  }

  /// The first number, then the difference of each to the one before.
  private static func differences(_ numbers: [Int64]) -> [Int64] {
    var result = numbers
    var previous: Int64 = 0
    for index in result.indices {
      let number = result[index]
      result[index] = number &- previous
      previous = number
    }
    return result
  }

  private static func signedLength(_ value: Int64) -> Int {
    ByteWriter.varintLength(ByteWriter.folded(value))
  }

  /// The bytes of miniblocks without a look at outliers: close enough to choose a shape by.
  private static func packedSize(_ numbers: ArraySlice<Int64>) -> Int {
    blocks(of: numbers).reduce(0) { $0 + Miniblock.plainSize($1) }
  }

  private static func appendPacked(_ numbers: ArraySlice<Int64>, into writer: inout ByteWriter) {
    for block in blocks(of: numbers) { Miniblock(block).encode(into: &writer) }
  }

  private static func blocks(of numbers: ArraySlice<Int64>) -> [ArraySlice<Int64>] {
    stride(from: numbers.startIndex, to: numbers.endIndex, by: miniblock).map { start in
      numbers[start..<min(start + miniblock, numbers.endIndex)]
    }
  }
}
