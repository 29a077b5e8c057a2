/// What the integers of a value column stand for.
enum NumberMeaning {
  /// Numbers of 1 / `divisor`, exactly as `Double(n) / divisor` rounds.
  case decimals(divisor: Double)
  /// `OrderedBits`.
  case orderedBits
  /// Differences to other numbers, row by row; with these, numbers of 1 / `divisor`.
  case differences(to: [Int64], divisor: Double)
}

extension IntegerColumn {
  /// Appends `count` integers to `numbers`.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, into numbers: inout [Int64]
  ) throws(Damage) {
    let start = numbers.count
    numbers.append(contentsOf: repeatElement(0, count: count))
    let damage = unsafe numbers.withUnsafeMutableBufferPointer { buffer in
      unsafe fault(&cursor, decoding: UnsafeMutableBufferPointer(rebasing: buffer[start...]))
    }
    guard let damage else { return }
    numbers.removeLast(count)
    throw damage
  }

  /// Appends `count` values to `values`: the integers are decoded in their place and then turned
  /// into what they stand for.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, as meaning: NumberMeaning,
    into values: inout [Double]
  ) throws(Damage) {
    let start = values.count
    values.append(contentsOf: repeatElement(0, count: count))
    let damage = unsafe values.withUnsafeMutableBufferPointer { buffer in
      let place = unsafe UnsafeMutableRawBufferPointer(
        UnsafeMutableBufferPointer(rebasing: buffer[start...]))
      let numbers = unsafe place.bindMemory(to: Int64.self)
      let damage = unsafe fault(&cursor, decoding: numbers)
      if damage == nil { unsafe convert(numbers, meaning) }
      unsafe _ = place.bindMemory(to: Double.self)
      return damage
    }
    guard let damage else { return }
    values.removeLast(count)
    throw damage
  }

  /// Stores the bit pattern of what each number stands for in its place.
  private static func convert(
    _ numbers: UnsafeMutableBufferPointer<Int64>, _ meaning: NumberMeaning
  ) {
    switch meaning {
    case .decimals(divisor: 1):
      for index in 0..<numbers.count {
        unsafe numbers[index] = Int64(bitPattern: Double(numbers[index]).bitPattern)
      }
    case .differences(let others, let divisor):
      unsafe others.withUnsafeBufferPointer { others in
        for index in 0..<min(numbers.count, others.count) {
          let value = unsafe Double(numbers[index] &+ others[index]) / divisor
          unsafe numbers[index] = Int64(bitPattern: value.bitPattern)
        }
      }
    case .decimals(let divisor):
      for index in 0..<numbers.count {
        let value = unsafe Double(numbers[index]) / divisor
        unsafe numbers[index] = Int64(bitPattern: value.bitPattern)
      }
    case .orderedBits:
      for index in 0..<numbers.count {
        let value = unsafe OrderedBits.value(of: numbers[index])
        unsafe numbers[index] = Int64(bitPattern: value.bitPattern)
      }
    }
  }

  private static func fault(
    _ cursor: inout MappedCursor, decoding output: UnsafeMutableBufferPointer<Int64>
  ) -> Damage? {
    do throws(Damage) {
      unsafe try decode(&cursor, into: output)
      return nil
    } catch { return error }
  }

  private static func decode(
    _ cursor: inout MappedCursor, into output: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) {
    let place = cursor.position
    let shape = try cursor.u8()
    switch shape {
    case 0:
      let number = try cursor.signedVarint()
      unsafe output.update(repeating: number)
    case 1:
      var number = try cursor.signedVarint()
      let step = try cursor.signedVarint()
      for index in 0..<output.count {
        unsafe output[index] = number
        number &+= step
      }
    case 2, 3, 4:
      unsafe try decodePacked(&cursor, order: Int(shape) - 2, into: output)
    default:
      throw Damage(at: place, "unknown shape \(shape) of an integer column")
    }
  }

  /// Reads the leading numbers and the miniblocks of a packed column, then sums `order` times.
  private static func decodePacked(
    _ cursor: inout MappedCursor, order: Int, into output: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) {
    guard output.count > order else {
      throw Damage(at: cursor.position, "\(output.count) numbers are too few for this shape")
    }
    for index in 0..<order { unsafe output[index] = try cursor.signedVarint() }
    var start = order
    while start < output.count {
      let end = min(start + miniblock, output.count)
      unsafe try decodeMiniblock(
        &cursor, into: UnsafeMutableBufferPointer(rebasing: output[start..<end]))
      start = end
    }
    // Second differences: the sums from the second entry on give differences first.
    if order == 2 { unsafe BitPack.accumulate(UnsafeMutableBufferPointer(rebasing: output[1...])) }
    if order >= 1 { unsafe BitPack.accumulate(output) }
  }

  private static func decodeMiniblock(
    _ reader: inout MappedCursor, into output: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) {
    let place = reader.position
    let head = try reader.u8()
    let width = Int(head & ~Miniblock.outliersFlag)
    let reference = try reader.signedVarint()
    guard head & Miniblock.outliersFlag != 0 else {
      guard width <= 64 else { throw Damage(at: place, "width of \(width) bits") }
      unsafe try BitPack.unpack(from: &reader, width: width, adding: reference, into: output)
      return
    }
    guard width < 64 else { throw Damage(at: place, "width of \(width) bits with outliers") }
    var outliers: [(row: Int, high: Int64)] = []
    for _ in 0..<(try reader.u8()) {
      let row = Int(try reader.u8())
      guard row < output.count else { throw Damage(at: reader.position, "outlier in row \(row)") }
      outliers.append((row, try reader.signedVarint()))
    }
    unsafe try BitPack.unpack(from: &reader, width: width, adding: reference, into: output)
    for (row, high) in outliers { unsafe output[row] &+= high &<< Int64(width) }
  }
}
