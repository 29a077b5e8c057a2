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
    var damage: Damage?
    numbers.append(addingCapacity: count) { place in
      unsafe place.withUnsafeMutableBufferPointer { buffer, initializedCount in
        let output = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        damage = unsafe fault(&cursor, reading: output) { order in
          unsafe output.sum(order, after: RowsBefore()) { number, _ in number }
        }
        initializedCount = damage == nil ? count : 0
      }
    }
    if let damage { throw damage }
  }

  /// Appends the values in `rows` of a column of `count`: the integers are decoded in their place
  /// and then turned into what they stand for. What is behind the rows isn't looked at.
  ///
  /// - Precondition: `rows` lies in `0..<count`.
  static func decode(
    _ cursor: inout MappedCursor, count: Int, rows: Range<Int>, as meaning: NumberMeaning,
    into values: inout [Double]
  ) throws(Damage) {
    var damage: Damage?
    values.append(addingCapacity: rows.count) { place in
      unsafe place.withUnsafeMutableBufferPointer { buffer, initializedCount in
        let bytes = unsafe UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
        let numbers = unsafe bytes.bindMemory(to: Int64.self)
        do throws(Damage) {
          var before = RowsBefore()
          let order =
            rows.count == count
            ? unsafe try read(&cursor, into: numbers)
            : unsafe try read(&cursor, count: count, rows: rows, into: numbers, &before)
          unsafe convert(numbers, order, before, rows, meaning)
        } catch { damage = error }
        unsafe _ = bytes.bindMemory(to: Double.self)
        initializedCount = damage == nil ? rows.count : 0
      }
    }
    if let damage { throw damage }
  }

  /// Sums up and stores the bit pattern of what each number stands for in its place, in one go:
  /// integers of a counter are decoded in little more time than their bits are unpacked.
  private static func convert(
    _ numbers: UnsafeMutableBufferPointer<Int64>, _ order: Int, _ before: RowsBefore,
    _ rows: Range<Int>, _ meaning: NumberMeaning
  ) {
    switch meaning {
    case .decimals(divisor: 1):
      unsafe numbers.sum(order, after: before) { number, _ in
        Int64(bitPattern: Double(number).bitPattern)
      }
    case .differences(let others, let divisor):
      unsafe others[rows].withUnsafeBufferPointer { others in
        let both = unsafe UnsafeMutableBufferPointer(
          rebasing: numbers[..<min(numbers.count, others.count)])
        guard divisor != 1 else {
          unsafe both.sum(order, after: before) { number, index in
            unsafe Int64(bitPattern: Double(number &+ others[index]).bitPattern)
          }
          return
        }
        unsafe both.sum(order, after: before) { number, index in
          let value = unsafe Double(number &+ others[index]) / divisor
          return Int64(bitPattern: value.bitPattern)
        }
      }
    case .decimals(let divisor):
      unsafe numbers.sum(order, after: before) { number, _ in
        Int64(bitPattern: (Double(number) / divisor).bitPattern)
      }
    case .orderedBits:
      unsafe numbers.sum(order, after: before) { number, _ in
        Int64(bitPattern: OrderedBits.value(of: number).bitPattern)
      }
    }
  }

  /// Reads a column and hands over how often it is to be summed.
  private static func fault(
    _ cursor: inout MappedCursor, reading output: UnsafeMutableBufferPointer<Int64>,
    _ finish: (Int) -> Void
  ) -> Damage? {
    do throws(Damage) {
      finish(unsafe try read(&cursor, into: output))
      return nil
    } catch { return error }
  }

  /// Reads a column, and leaves it to the caller to sum it up so many times as it answers.
  private static func read(
    _ cursor: inout MappedCursor, into output: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) -> Int {
    let place = cursor.position
    let shape = try cursor.u8()
    switch shape {
    case 0:
      let number = try cursor.signedVarint()
      unsafe output.update(repeating: number)
      return 0
    case 1:
      var number = try cursor.signedVarint()
      let step = try cursor.signedVarint()
      for index in 0..<output.count {
        unsafe output[index] = number
        number &+= step
      }
      return 0
    case 2, 3, 4:
      unsafe try readPacked(&cursor, order: Int(shape) - 2, into: output)
      return Int(shape) - 2
    default:
      throw Damage(at: place, "unknown shape \(shape) of an integer column")
    }
  }

  /// Reads the leading numbers and the miniblocks of a packed column.
  private static func readPacked(
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
  }

  static func decodeMiniblock(
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

extension UnsafeMutableBufferPointer<Int64> {
  /// Turns differences of some order (0, 1 or 2), behind as many numbers that lead them, into what
  /// `body` makes of the numbers; sums wrap.
  @inline(__always)
  fileprivate func sum(
    _ order: Int, after before: RowsBefore, _ body: (_ number: Int64, _ index: Int) -> Int64
  ) {
    switch order {
    case 0:
      for index in 0..<count { unsafe self[index] = unsafe body(self[index], index) }
    case 1:
      var number = before.number
      for index in 0..<count {
        unsafe number &+= self[index]
        unsafe self[index] = body(number, index)
      }
    default:
      guard count > 0 else { return }
      var number = before.number
      var step = before.step
      var start = 0
      if before.isNone {
        number = unsafe self[0]
        unsafe self[0] = body(number, 0)
        start = 1
      }
      for index in start..<count {
        unsafe step &+= self[index]
        number &+= step
        unsafe self[index] = body(number, index)
      }
    }
  }
}
