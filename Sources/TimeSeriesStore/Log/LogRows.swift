internal import MetricModel

/// The rows of a frame: series that appear for the first time in this log, numbered on from
/// those before, then rows of (series, time, value).
struct LogRows {
  var newSeries: [Labels] = []
  /// Numbers of series, in order of their first appearance in the log.
  var series: [UInt32] = []
  var timestamps: [Int64] = []
  var values: [Double] = []

  var count: Int { values.count }
  var isEmpty: Bool { values.isEmpty && newSeries.isEmpty }

  /// Appends the encoded rows.
  ///
  /// - Parameter previous: for each series of the log the bits of its value before this frame; 0
  ///   at first. Is brought up to date.
  /// - Returns: for each row what it replaced in `previous`.
  func encode(into writer: inout ByteWriter, previous: inout [UInt64]) -> [UInt64] {
    var replaced: [UInt64] = []
    replaced.reserveCapacity(count)
    writer.varint(newSeries.count)
    for labels in newSeries {
      LabelsCode.encode(labels, into: &writer)
      previous.append(0)
    }
    writer.varint(count)
    var lastSeries: Int64 = 0
    var lastTime: Int64 = 0
    for row in series.indices {
      let number = series[row]
      writer.signedVarint(Int64(number) - lastSeries)
      lastSeries = Int64(number)
      writer.signedVarint(timestamps[row] &- lastTime)
      lastTime = timestamps[row]
      let bits = values[row].bitPattern
      ValueStep.encode(bits, after: previous[Int(number)], into: &writer)
      replaced.append(previous[Int(number)])
      previous[Int(number)] = bits
    }
    return replaced
  }

  /// The counterpart of `encode`.
  init(_ cursor: inout MappedCursor, previous: inout [UInt64]) throws(Damage) {
    let newCount = try cursor.count("series", atMost: cursor.remaining)
    for _ in 0..<newCount {
      newSeries.append(try LabelsCode.decode(&cursor))
      previous.append(0)
    }
    // A row takes at least three bytes.
    let rowCount = try cursor.count("rows", atMost: cursor.remaining / 3)
    series.reserveCapacity(rowCount)
    timestamps.reserveCapacity(rowCount)
    values.reserveCapacity(rowCount)
    var number: Int64 = 0
    var time: Int64 = 0
    for _ in 0..<rowCount {
      let place = cursor.position
      number &+= try cursor.signedVarint()
      guard number >= 0, number < Int64(previous.count) else {
        throw Damage(at: place, "row of series \(number), \(previous.count) are known")
      }
      time &+= try cursor.signedVarint()
      let bits = try ValueStep.decode(&cursor, after: previous[Int(number)])
      previous[Int(number)] = bits
      series.append(UInt32(number))
      timestamps.append(time)
      values.append(Double(bitPattern: bits))
    }
  }

  init() {}
}

/// Labels as bytes: their number, then length and bytes of each name and value.
enum LabelsCode {
  static func encode(_ labels: Labels, into writer: inout ByteWriter) {
    writer.varint(labels.count)
    labels.forEach { name, value in
      writer.varint(name.count)
      writer.bytes.append(contentsOf: name)
      writer.varint(value.count)
      writer.bytes.append(contentsOf: value)
    }
  }

  static func decode(_ cursor: inout MappedCursor) throws(Damage) -> Labels {
    let place = cursor.position
    let count = try cursor.count("labels", atMost: cursor.remaining / 2)
    var texts: [Range<Int>] = []
    texts.reserveCapacity(2 * count)
    for _ in 0..<(2 * count) {
      let length = try cursor.count("bytes", atMost: cursor.remaining)
      texts.append(try cursor.skip(length, "a label"))
    }
    guard let labels = cursor.labels(texts) else {
      throw Damage(at: place, "labels are not sorted and unique with values")
    }
    return labels
  }
}

/// A value as a step from the one before in its series: whole numbers by their difference, in a
/// varint of even number; others by the bytes of the XOR that aren't zero, behind an odd byte.
enum ValueStep {
  static func encode(_ bits: UInt64, after previous: UInt64, into writer: inout ByteWriter) {
    if let number = wholeNumber(bits), let before = wholeNumber(previous) {
      writer.varint(ByteWriter.folded(number - before) << 1)
      return
    }
    let difference = bits ^ previous
    let zeroBytes = difference == 0 ? 0 : difference.trailingZeroBitCount / 8
    let length = difference == 0 ? 1 : 8 - difference.leadingZeroBitCount / 8 - zeroBytes
    writer.u8(UInt8(1 | zeroBytes << 1 | (length - 1) << 4))
    for index in zeroBytes..<(zeroBytes + length) {
      writer.u8(UInt8(truncatingIfNeeded: difference >> UInt64(8 * index)))
    }
  }

  static func decode(
    _ cursor: inout MappedCursor, after previous: UInt64
  ) throws(Damage) -> UInt64 {
    let place = cursor.position
    let code = try cursor.varint()
    if code & 1 == 0 {
      guard let before = wholeNumber(previous) else {
        throw Damage(at: place, "difference to a value that isn't whole")
      }
      let (number, overflow) = before.addingReportingOverflow(ByteWriter.unfolded(code >> 1))
      guard !overflow else { throw Damage(at: place, "value out of bounds") }
      return Double(number).bitPattern
    }
    guard code < 0x80 else { throw Damage(at: place, "unknown value code \(code)") }
    let zeroBytes = (code >> 1) & 7
    let length = (code >> 4) + 1
    guard zeroBytes + length <= 8 else { throw Damage(at: place, "value of more than 8 bytes") }
    var difference: UInt64 = 0
    for index in zeroBytes..<(zeroBytes + length) {
      difference |= UInt64(try cursor.u8()) << (8 * index)
    }
    return previous ^ difference
  }

  /// The integer that the bits stand for, when it is one up to 2^53 (and not -0).
  private static func wholeNumber(_ bits: UInt64) -> Int64? {
    let value = Double(bitPattern: bits)
    guard value.magnitude <= 9_007_199_254_740_992, value.rounded(.towardZero) == value else {
      return nil
    }
    let number = Int64(value)
    return Double(number).bitPattern == bits ? number : nil
  }
}
