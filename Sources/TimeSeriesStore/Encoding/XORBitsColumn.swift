/// Gorilla's code for doubles that are neither whole numbers nor short decimals.
///
/// The first value as 64 bits, then for each value the XOR with the one before it:
///
///     0                                          the same value
///     1 0  bits                                  within the previous window of significant bits
///     1 1  leading (5 bits)  length - 1 (6 bits)  bits
///
/// Bits are written from the highest of each byte down. Source: Pelkonen et al., "Gorilla: a fast,
/// scalable, in-memory time series database", VLDB 2015, section 4.1.2.
enum XORBitsColumn {
  /// Appends the encoding of `values`, which must not be empty.
  static func encode(_ values: [Double], into writer: inout ByteWriter) {
    var bits = BitsWriter(bytes: writer.bytes)
    var previous = values[0].bitPattern
    bits.append(previous, width: 64)
    var leading = 64
    var trailing = 0
    for value in values.dropFirst() {
      let difference = value.bitPattern ^ previous
      previous = value.bitPattern
      guard difference != 0 else {
        bits.append(0, width: 1)
        continue
      }
      let newLeading = min(31, difference.leadingZeroBitCount)
      let newTrailing = difference.trailingZeroBitCount
      if newLeading >= leading && newTrailing >= trailing {
        bits.append(0b10, width: 2)
      } else {
        leading = newLeading
        trailing = newTrailing
        let length = 64 - leading - trailing
        bits.append(
          0b11 &<< 11 | UInt64(leading) &<< 6 | UInt64(length - 1), width: 13)
      }
      bits.append(difference &>> UInt64(trailing), width: 64 - leading - trailing)
    }
    writer.bytes = bits.finish()
  }

  /// Appends `count` values; takes the whole rest of the cursor.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, into values: inout [Double]
  ) throws(Damage) {
    let start = cursor.position
    let source = unsafe cursor.rest
    let first = values.count
    values.append(contentsOf: repeatElement(0, count: count))
    let isWhole = unsafe values.withUnsafeMutableBufferPointer { output in
      unsafe decode(source, into: UnsafeMutableBufferPointer(rebasing: output[first...]))
    }
    guard isWhole else {
      values.removeLast(count)
      throw Damage(at: start, "expected \(count) values, the bits end before")
    }
    _ = try cursor.skip(cursor.remaining, "bits")
  }

  /// Answers false when the bits end early or describe a window of more than 64 bits.
  private static func decode(
    _ source: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Double>
  ) -> Bool {
    var reader = unsafe BitsReader(source)
    var previous = reader.take(64)
    var trailing = 0
    var length = 0
    for index in 0..<output.count {
      if index > 0 && reader.take(1) == 1 {
        if reader.take(1) == 1 {
          let header = reader.take(11)
          length = Int(header & 63) &+ 1
          trailing = 64 &- Int(header &>> 6) &- length
          guard trailing >= 0 else { return false }
        } else if length == 0 {
          return false
        }
        previous ^= reader.take(length) &<< UInt64(trailing)
      }
      unsafe output[index] = Double(bitPattern: previous)
    }
    return !reader.isOverrun
  }
}

/// Appends bits, the highest first.
private struct BitsWriter {
  var bytes: [UInt8]
  private var pending: UInt64 = 0
  private var pendingBits = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Appends the low `width` bits of `value`.
  mutating func append(_ value: UInt64, width: Int) {
    var rest = width
    while rest > 0 {
      let room = 8 - pendingBits
      let taken = min(room, rest)
      let part = (value &>> UInt64(rest - taken)) & ((1 &<< UInt64(taken)) - 1)
      pending = pending &<< UInt64(taken) | part
      pendingBits += taken
      rest -= taken
      if pendingBits == 8 {
        bytes.append(UInt8(truncatingIfNeeded: pending))
        pending = 0
        pendingBits = 0
      }
    }
  }

  /// All bytes, the last filled up with zero bits.
  mutating func finish() -> [UInt8] {
    if pendingBits > 0 { append(0, width: 8 - pendingBits) }
    return bytes
  }
}

/// Takes bits, the highest first, zeros after the end.
@safe private struct BitsReader {
  private let source: UnsafeRawBufferPointer
  private let byteCount: Int
  private var bit = 0

  @unsafe init(_ source: UnsafeRawBufferPointer) {
    unsafe self.source = source
    byteCount = source.count
  }

  /// Whether more bits were taken than there are.
  var isOverrun: Bool { bit > byteCount &* 8 }

  /// 1 to 64 bits.
  @inline(__always)
  mutating func take(_ width: Int) -> UInt64 {
    let start = bit
    bit &+= width
    let first = start &>> 3
    let shift = UInt64(start & 7)
    if first &+ 8 < byteCount {
      let word = unsafe UInt64(
        bigEndian: source.loadUnaligned(fromByteOffset: first, as: UInt64.self))
      var window = word &<< shift
      if shift > 0 && width > 56 {
        window |= unsafe UInt64(source[first &+ 8]) &>> (8 &- shift)
      }
      return window &>> UInt64(64 &- width)
    }
    return takeNearEnd(first, shift, width)
  }

  private func takeNearEnd(_ first: Int, _ shift: UInt64, _ width: Int) -> UInt64 {
    var window: UInt64 = 0
    for index in 0..<8 {
      let byte = first &+ index < byteCount ? unsafe source[first &+ index] : 0
      window = window &<< 8 | UInt64(byte)
    }
    window &<<= shift
    if shift > 0 && first &+ 8 < byteCount {
      window |= unsafe UInt64(source[first &+ 8]) &>> (8 &- shift)
    }
    return window &>> UInt64(64 &- width)
  }
}
