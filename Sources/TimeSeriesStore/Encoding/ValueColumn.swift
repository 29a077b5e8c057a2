/// Bytes for a column of doubles, bit exact always, the cheapest of these shapes:
///
///     0  constant   8 bytes
///     1  decimals   exponent byte e, exceptions, integer column n: the value is n / 10^e
///     2  XOR        bits (see XORBitsColumn)
///     3  raw        8 bytes each
///     4  ordered    integer column of the bit patterns, mapped so that they sort as the doubles do
///     5  beside     offset of another column of shape 1; exponent byte (the same), exceptions,
///                   integer column of the differences to its integers; in blocks only
///
/// The buckets of a histogram count the same requests, and so do many counters of one target: what
/// one of them says the other needn't repeat.
///
/// Sums of measured times are "ordered": their steps, counted in units of the last place, vary
/// less than their digits do.
///
/// Counters are decimals with e = 0. Exceptions (staleness markers, other NaNs, infinities, -0, and
/// what isn't such a decimal) stand beside the column: their number, then for each the distance
/// to the one before and 8 bytes.
enum ValueColumn {
  /// The largest power of ten tried.
  private static let exponentMax = 12

  /// The shape of columns that lean on another one.
  static let besideShape: UInt8 = 5

  /// Appends the encoding of `values`, which must not be empty.
  ///
  /// - Returns: the values as decimals when that is the shape taken: others can lean on these.
  @discardableResult
  static func encode(_ values: [Double], into writer: inout ByteWriter) -> DecimalSplit? {
    precondition(!values.isEmpty, "a column has at least one row")
    let first = values[0].bitPattern
    if values.allSatisfy({ $0.bitPattern == first }) {
      writer.u8(0)
      writer.u64(first)
      return nil
    }
    var best = ByteWriter()
    let decimals = DecimalSplit(values, exponentMax: exponentMax)
    if let decimals {
      best.u8(1)
      decimals.encode(into: &best)
    }
    // Decimals below four bytes a value are never beaten by the others; these aren't tried.
    if best.bytes.isEmpty || best.bytes.count > 4 * values.count {
      var xor = ByteWriter()
      xor.u8(2)
      XORBitsColumn.encode(values, into: &xor)
      var ordered = ByteWriter()
      ordered.u8(4)
      IntegerColumn.encode(values.map { OrderedBits.number(of: $0) }, into: &ordered)
      for other in [ordered, xor]
      where best.bytes.isEmpty || other.bytes.count < best.bytes.count { best = other }
    }
    if best.bytes.count > 8 * values.count + 1 {
      best.bytes.removeAll()
      best.u8(3)
      for value in values { best.u64(value.bitPattern) }
    }
    writer.bytes.append(contentsOf: best.bytes)
    return best.bytes[0] == 1 ? decimals : nil
  }

  /// Where columns stand alone.
  static func noLeader(_ offset: Int, _ count: Int) throws(Damage) -> DecimalSplit.Leader {
    throw Damage(at: offset, "a column that leans on another, where none can be")
  }

  /// What a shape is called where people read of it.
  static func name(ofShape shape: UInt8) -> String {
    let names = ["constant", "decimals", "XOR", "raw", "ordered bits", "beside another"]
    return Int(shape) < names.count ? names[Int(shape)] : "unknown"
  }

  /// Appends all `count` values; takes the whole rest of the cursor.
  ///
  /// - Parameter leader: answers the numbers to lean on, by the offset of their column and their
  ///   count; columns that stand alone need none.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, into values: inout [Double],
    leader: (Int, Int) throws(Damage) -> DecimalSplit.Leader = noLeader
  ) throws(Damage) {
    try decode(&cursor, count: count, rows: 0..<count, into: &values, leader: leader)
  }

  /// Appends the values in `rows`; what only later ones need isn't read.
  ///
  /// - Precondition: `rows` lies in `0..<count`.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, rows: Range<Int>, into values: inout [Double],
    leader: (Int, Int) throws(Damage) -> DecimalSplit.Leader
  ) throws(Damage) {
    let place = cursor.position
    let shape = try cursor.u8()
    switch shape {
    case 0:
      let value = Double(bitPattern: try cursor.u64())
      values.append(contentsOf: repeatElement(value, count: rows.count))
    case 1:
      try DecimalSplit.decode(&cursor, count: count, rows: rows, into: &values)
    case 2:
      let start = values.count
      try XORBitsColumn.decode(&cursor, count: rows.upperBound, into: &values)
      values.removeSubrange(start..<start + rows.lowerBound)
    case 3:
      _ = try cursor.skip(8 * rows.lowerBound, "values")
      for _ in rows { values.append(Double(bitPattern: try cursor.u64())) }
    case 4:
      try IntegerColumn.decode(
        &cursor, count: count, rows: rows, as: .orderedBits, into: &values)
    case besideShape:
      guard let offset = Int(exactly: try cursor.varint()) else {
        throw Damage(at: place, "a column that leans on another at no offset")
      }
      try DecimalSplit.decode(
        &cursor, beside: try leader(offset, count), rows: rows, into: &values)
    default:
      throw Damage(at: place, "unknown shape \(shape) of a value column")
    }
  }
}

/// Bit patterns as integers in the order of the doubles; -0 comes before 0, and nothing is lost.
enum OrderedBits {
  /// Negative doubles have the sign bit and a magnitude that grows downwards: turn it around.
  @inline(__always)
  static func number(of value: Double) -> Int64 {
    let bits = Int64(bitPattern: value.bitPattern)
    return bits ^ ((bits &>> 63) & .max)
  }

  /// The inverse of `number`.
  @inline(__always)
  static func value(of number: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: number ^ ((number &>> 63) & .max)))
  }
}

/// Doubles as integers over one power of ten, with exceptions.
struct DecimalSplit {
  let exponent: Int
  /// The integers; where exceptions are, those of a row near by.
  private(set) var numbers: [Int64]
  private var exceptions: [(row: Int, bits: UInt64)]

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
  ]
  /// Beyond 2^53 not every integer is a double.
  private static let magnitudeMax = 9_007_199_254_740_992.0

  /// Nil when more than an eighth of the values (and more than two) would be exceptions.
  init?(_ values: [Double], exponentMax: Int) {
    let allowance = max(2, values.count / 8)
    var exponent = 0
    while exponent <= exponentMax {
      if let split = DecimalSplit(values, exponent: exponent, allowance: allowance) {
        self = split
        return
      }
      guard let next = Self.nextExponent(values, after: exponent, atMost: exponentMax) else {
        return nil
      }
      exponent = next
    }
    return nil
  }

  private init?(_ values: [Double], exponent: Int, allowance: Int) {
    self.exponent = exponent
    numbers = []
    exceptions = []
    numbers.reserveCapacity(values.count)
    var filler: Int64?
    for (row, value) in values.enumerated() {
      if let number = Self.number(value, exponent) {
        filler = number
        numbers.append(number)
      } else {
        exceptions.append((row, value.bitPattern))
        guard exceptions.count <= allowance else { return nil }
        numbers.append(filler ?? 0)
      }
    }
    // Exceptions at the start repeat the first number, so that they don't widen the column.
    guard let first = values.indices.first(where: { Self.number(values[$0], exponent) != nil })
    else { return nil }
    for row in 0..<first { numbers[row] = numbers[first] }
  }

  /// The integer n with exactly n / 10^exponent == value, nil when there is none.
  private static func number(_ value: Double, _ exponent: Int) -> Int64? {
    let scaled = (value * powers[exponent]).rounded()
    guard scaled.magnitude <= magnitudeMax else { return nil }
    let number = Int64(scaled)
    // Through the integer, as decoding goes: -0 has no integer of its own.
    guard (Double(number) / powers[exponent]).bitPattern == value.bitPattern else { return nil }
    return number
  }

  /// The least larger exponent that fits some of the first values that `exponent` doesn't fit, nil
  /// when none does: full mantissas are found out after few tries.
  private static func nextExponent(
    _ values: [Double], after exponent: Int, atMost maximum: Int
  ) -> Int? {
    guard exponent < maximum else { return nil }
    var tried = 0
    for value in values where value.isFinite && number(value, exponent) == nil {
      tried += 1
      if tried > 16 { return nil }
      for candidate in (exponent + 1)...maximum where number(value, candidate) != nil {
        return candidate
      }
    }
    return nil
  }

  /// Appends everything behind the shape.
  func encode(into writer: inout ByteWriter) { encode(numbers, into: &writer) }

  /// Appends everything behind the offset of another column, whose integers are `others`.
  func encode(beside others: [Int64], into writer: inout ByteWriter) {
    encode(zip(numbers, others).map { $0 &- $1 }, into: &writer)
  }

  private func encode(_ integers: [Int64], into writer: inout ByteWriter) {
    writer.u8(UInt8(exponent))
    writer.varint(exceptions.count)
    var previous = 0
    for (row, bits) in exceptions {
      writer.varint(row - previous)
      writer.u64(bits)
      previous = row
    }
    IntegerColumn.encode(integers, into: &writer)
  }

  static func decode(
    _ cursor: inout MappedCursor, count: Int, rows: Range<Int>, into values: inout [Double]
  ) throws(Damage) {
    let head = try Head(&cursor, count: count)
    try IntegerColumn.decode(
      &cursor, count: count, rows: rows, as: .decimals(divisor: powers[head.exponent]),
      into: &values)
    head.writeExceptions(in: rows, to: &values)
  }

  /// The numbers of a column that stands alone, for others to lean on.
  struct Leader: Sendable {
    let numbers: [Int64]
    fileprivate let exponent: Int
    fileprivate let place: Int

    init(_ cursor: inout MappedCursor, count: Int) throws(Damage) {
      place = cursor.position
      guard try cursor.u8() == 1 else { throw Damage(at: place, "no decimals to lean on") }
      exponent = try Head(&cursor, count: count).exponent
      var numbers: [Int64] = []
      try IntegerColumn.decode(&cursor, count: count, into: &numbers)
      self.numbers = numbers
    }
  }

  static func decode(
    _ cursor: inout MappedCursor, beside leader: Leader, rows: Range<Int>,
    into values: inout [Double]
  ) throws(Damage) {
    let count = leader.numbers.count
    let head = try Head(&cursor, count: count)
    guard leader.exponent == head.exponent, rows.upperBound <= count else {
      throw Damage(at: leader.place, "decimals of another exponent to lean on")
    }
    try IntegerColumn.decode(
      &cursor, count: count, rows: rows,
      as: .differences(to: leader.numbers, divisor: powers[head.exponent]), into: &values)
    head.writeExceptions(in: rows, to: &values)
  }

  /// What stands before the integers.
  private struct Head {
    var exponent: Int
    var exceptions: [(row: Int, bits: UInt64)] = []

    init(_ cursor: inout MappedCursor, count: Int) throws(Damage) {
      let place = cursor.position
      exponent = Int(try cursor.u8())
      guard exponent < powers.count else {
        throw Damage(at: place, "exponent \(exponent), at most \(powers.count - 1)")
      }
      var row = 0
      for _ in 0..<(try cursor.count("exceptions", atMost: count)) {
        row += try cursor.count("rows", atMost: count - 1 - row)
        exceptions.append((row, try cursor.u64()))
      }
    }

    /// Puts exceptions in the place of the last values, which are those in `rows`.
    func writeExceptions(in rows: Range<Int>, to values: inout [Double]) {
      let start = values.count - rows.count
      for (row, bits) in exceptions where rows.contains(row) {
        values[start + row - rows.lowerBound] = Double(bitPattern: bits)
      }
    }
  }
}
