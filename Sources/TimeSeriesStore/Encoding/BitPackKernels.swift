/// Numbers of one width side by side, the first in the lowest bits of the first byte.
enum BitPack {
  /// The bits that `value` needs; 0 for 0.
  static func width(of value: UInt64) -> Int { 64 - value.leadingZeroBitCount }

  /// The bytes that `count` numbers of `width` bits take.
  static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 }

  /// Appends the low `width` bits of each number.
  static func pack(_ numbers: ArraySlice<UInt64>, width: Int, into bytes: inout [UInt8]) {
    guard width > 0 else { return }
    var pending: UInt64 = 0
    var pendingBits = 0
    let mask = UInt64.max &>> UInt64(64 - width)
    for number in numbers {
      let value = number & mask
      pending |= value &<< UInt64(pendingBits)
      pendingBits += width
      guard pendingBits >= 64 else { continue }
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: pending &>> shift))
      }
      pendingBits -= 64
      // What of `value` didn't fit; a shift by 64 would be none at all.
      pending = pendingBits == 0 ? 0 : value &>> UInt64(width - pendingBits)
    }
    while pendingBits > 0 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending &>>= 8
      pendingBits -= 8
    }
  }

  /// Reads `output.count` numbers and adds `reference` to each, wrapping.
  ///
  /// - Throws: `Damage` when the cursor has too few bytes.
  static func unpack(
    from cursor: inout MappedCursor, width: Int, adding reference: Int64,
    into output: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) {
    let count = output.count
    if width == 0 {
      unsafe output.update(repeating: reference)
      return
    }
    let source = unsafe cursor.rest
    let length = byteCount(count, width: width)
    _ = try cursor.skip(length, "packed numbers")
    let mask = UInt64.max &>> UInt64(64 - width)
    // Nine bytes hold any number at any bit; eight are enough up to 57 bits.
    let isNarrow = width <= 57
    let fastCount = isNarrow && source.count >= 8 ? (source.count - 8) * 8 / width : 0
    let fast = min(count, fastCount)
    var bit = 0
    for index in 0..<fast {
      let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
      let value = (UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask
      unsafe output[index] = Int64(bitPattern: value) &+ reference
      bit &+= width
    }
    for index in fast..<count {
      let value = unsafe slowNumber(source, bit: bit) & mask
      unsafe output[index] = Int64(bitPattern: value) &+ reference
      bit &+= width
    }
  }

  /// 64 bits from bit position `bit`, zeros after the end.
  private static func slowNumber(_ source: UnsafeRawBufferPointer, bit: Int) -> UInt64 {
    var low: UInt64 = 0
    let first = bit >> 3
    for index in 0..<8 where first + index < source.count {
      low |= unsafe UInt64(source[first + index]) &<< UInt64(index * 8)
    }
    let shift = UInt64(bit & 7)
    guard shift > 0 else { return low }
    let high = first + 8 < source.count ? unsafe UInt64(source[first + 8]) : 0
    return (low &>> shift) | (high &<< (64 - shift))
  }

  /// Running sums in place, wrapping: differences become numbers.
  static func accumulate(_ numbers: UnsafeMutableBufferPointer<Int64>) {
    var sum: Int64 = 0
    for index in 0..<numbers.count {
      unsafe sum &+= numbers[index]
      unsafe numbers[index] = sum
    }
  }
}

extension Array where Element == Int64 {
  /// Appends `count` numbers that `body` fills in; nothing is appended when it throws.
  mutating func append(
    count: Int, filling body: (UnsafeMutableBufferPointer<Int64>) throws(Damage) -> Void
  ) throws(Damage) {
    let start = self.count
    append(contentsOf: repeatElement(0, count: count))
    var damage: Damage?
    unsafe withUnsafeMutableBufferPointer { buffer in
      do throws(Damage) {
        unsafe try body(UnsafeMutableBufferPointer(rebasing: buffer[start...]))
      } catch { damage = error }
    }
    guard let damage else { return }
    removeLast(count)
    throw damage
  }
}

/// Conversions of whole columns.
enum ColumnKernels {
  /// Appends each number divided by `divisor`, exactly as `Double(n) / divisor` rounds.
  static func append(
    _ numbers: [Int64], dividedBy divisor: Double, to values: inout [Double]
  ) {
    let start = values.count
    values.append(contentsOf: repeatElement(0, count: numbers.count))
    unsafe values.withUnsafeMutableBufferPointer { output in
      unsafe numbers.withUnsafeBufferPointer { input in
        if divisor == 1 {
          for index in 0..<input.count { unsafe output[start &+ index] = Double(input[index]) }
        } else {
          for index in 0..<input.count {
            unsafe output[start &+ index] = Double(input[index]) / divisor
          }
        }
      }
    }
  }

  /// Appends the doubles that ordered bit patterns stand for.
  static func append(ordered numbers: [Int64], to values: inout [Double]) {
    let start = values.count
    values.append(contentsOf: repeatElement(0, count: numbers.count))
    unsafe values.withUnsafeMutableBufferPointer { output in
      unsafe numbers.withUnsafeBufferPointer { input in
        for index in 0..<input.count {
          unsafe output[start &+ index] = OrderedBits.value(of: input[index])
        }
      }
    }
  }
}
