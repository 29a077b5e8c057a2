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
    _ = try cursor.skip(byteCount(count, width: width), "packed numbers")
    let mask = UInt64.max &>> UInt64(64 - width)
    var bit = 0
    var done = 0
    if let base = source.baseAddress {
      // Nine bytes hold any number at any bit; eight are enough up to 57 bits.
      let isNarrow = width <= 57 && source.count >= 8
      let fast = isNarrow ? min(count, ((source.count - 8) * 8 + 7) / width + 1) : 0
      unsafe unpackFast(
        base, width: width, mask: mask, adding: reference,
        into: UnsafeMutableBufferPointer(rebasing: output[..<fast]))
      done = fast
      bit = fast * width
      if isNarrow {
        // The rest begins in the last eight bytes.
        let last = source.count &- 8
        let word = unsafe UInt64(
          littleEndian: base.loadUnaligned(fromByteOffset: last, as: UInt64.self))
        while done < count {
          let value = (word &>> UInt64(bit &- last &* 8)) & mask
          unsafe output[done] = Int64(bitPattern: value) &+ reference
          done &+= 1
          bit &+= width
        }
      }
    }
    for index in done..<count {
      let value = unsafe slowNumber(source, bit: bit) & mask
      unsafe output[index] = Int64(bitPattern: value) &+ reference
      bit &+= width
    }
  }

  /// Reads numbers whose first bytes all lie eight bytes or more before the end: four, two or one
  /// for each load, as many as the bits of one hold.
  private static func unpackFast(
    _ source: UnsafeRawPointer, width: Int, mask: UInt64, adding reference: Int64,
    into output: UnsafeMutableBufferPointer<Int64>
  ) {
    let count = output.count
    let shift = UInt64(width)
    var bit = 0
    var index = 0
    if width <= 14 {
      while index &+ 4 <= count {
        let word = unsafe word(source, bit)
        unsafe output[index] = Int64(bitPattern: word & mask) &+ reference
        unsafe output[index &+ 1] = Int64(bitPattern: (word &>> shift) & mask) &+ reference
        unsafe output[index &+ 2] = Int64(bitPattern: (word &>> (2 &* shift)) & mask) &+ reference
        unsafe output[index &+ 3] = Int64(bitPattern: (word &>> (3 &* shift)) & mask) &+ reference
        index &+= 4
        bit &+= 4 &* width
      }
    } else if width <= 28 {
      while index &+ 2 <= count {
        let word = unsafe word(source, bit)
        unsafe output[index] = Int64(bitPattern: word & mask) &+ reference
        unsafe output[index &+ 1] = Int64(bitPattern: (word &>> shift) & mask) &+ reference
        index &+= 2
        bit &+= 2 &* width
      }
    }
    while index < count {
      unsafe output[index] = Int64(bitPattern: word(source, bit) & mask) &+ reference
      index &+= 1
      bit &+= width
    }
  }

  /// At least 57 bits from bit position `bit`.
  @inline(__always)
  private static func word(_ source: UnsafeRawPointer, _ bit: Int) -> UInt64 {
    let loaded = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
    return UInt64(littleEndian: loaded) &>> UInt64(bit & 7)
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
}

extension ArraySlice<Int64> {
  /// Whether each number is greater than the one before.
  var isStrictlyAscending: Bool {
    unsafe withUnsafeBufferPointer { numbers in
      var isOrdered = true
      // No way out of the loop, so that it can run on several numbers at once.
      for index in stride(from: 1, to: numbers.count, by: 1) {
        isOrdered = unsafe (numbers[index &- 1] < numbers[index]) && isOrdered
      }
      return isOrdered
    }
  }
}
