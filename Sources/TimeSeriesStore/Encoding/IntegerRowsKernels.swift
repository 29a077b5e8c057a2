/// What the rows of an integer column in front of those wanted add up to.
struct RowsBefore {
  /// The last of their numbers, 0 when there are none.
  private(set) var number: Int64 = 0
  /// Of second differences: the difference behind `number`.
  private(set) var step: Int64 = 0
  private(set) var isNone = true

  /// Passes over rows whose differences have some order.
  mutating func add(_ differences: UnsafeBufferPointer<Int64>, _ order: Int) {
    var index = 0
    if order == 2 && isNone && !differences.isEmpty {
      // The first number of all is no difference of anything.
      number = unsafe differences[0]
      index = 1
    }
    while order > 0 && index < differences.count {
      if order == 2 { step &+= unsafe differences[index] }
      number &+= order == 2 ? step : unsafe differences[index]
      index &+= 1
    }
    if !differences.isEmpty { isNone = false }
  }
}

extension IntegerColumn {
  /// Reads the rows of a column of `count` that are wanted, and leaves it to the caller to sum them
  /// up, so many times as it answers, behind what `before` then says.
  ///
  /// - Precondition: `rows` lies in `0..<count`, and `output` has a place for each.
  static func read(
    _ cursor: inout MappedCursor, count: Int, rows: Range<Int>,
    into output: UnsafeMutableBufferPointer<Int64>, _ before: inout RowsBefore
  ) throws(Damage) -> Int {
    let place = cursor.position
    let shape = try cursor.u8()
    switch shape {
    case 0:
      let number = try cursor.signedVarint()
      unsafe output.update(repeating: number)
      return 0
    case 1:
      let first = try cursor.signedVarint()
      let step = try cursor.signedVarint()
      for index in 0..<rows.count {
        unsafe output[index] = first &+ step &* Int64(rows.lowerBound + index)
      }
      return 0
    case 2, 3, 4:
      let order = Int(shape) - 2
      guard count > order else {
        throw Damage(at: cursor.position, "\(count) numbers are too few for this shape")
      }
      var scratch = InlineArray<128, Int64>(repeating: 0)
      var span = scratch.mutableSpan
      var damage: Damage?
      unsafe span.withUnsafeMutableBufferPointer { scratch in
        do throws(Damage) {
          unsafe try readPacked(
            &cursor, count: count, rows: rows, order: order, into: output, &before, scratch)
        } catch { damage = error }
      }
      if let damage { throw damage }
      return order
    default:
      throw Damage(at: place, "unknown shape \(shape) of an integer column")
    }
  }

  /// The same of a packed column: whole miniblocks are read in their place, others aside.
  private static func readPacked(
    _ cursor: inout MappedCursor, count: Int, rows: Range<Int>, order: Int,
    into output: UnsafeMutableBufferPointer<Int64>, _ before: inout RowsBefore,
    _ scratch: UnsafeMutableBufferPointer<Int64>
  ) throws(Damage) {
    var start = 0
    var end = order == 0 ? min(miniblock, count) : order
    for index in 0..<order { unsafe scratch[index] = try cursor.signedVarint() }
    while start < rows.upperBound {
      let isInside = start >= rows.lowerBound && end <= rows.upperBound
      if isInside && start >= order {
        unsafe try decodeMiniblock(
          &cursor,
          into: UnsafeMutableBufferPointer(
            rebasing: output[(start - rows.lowerBound)..<(end - rows.lowerBound)]))
      } else {
        let part = unsafe UnsafeMutableBufferPointer(rebasing: scratch[..<(end - start)])
        if start >= order { unsafe try decodeMiniblock(&cursor, into: part) }
        let passed = min(max(rows.lowerBound - start, 0), part.count)
        unsafe before.add(UnsafeBufferPointer(rebasing: part[..<passed]), order)
        for index in passed..<max(passed, min(part.count, rows.upperBound - start)) {
          unsafe output[start + index - rows.lowerBound] = part[index]
        }
      }
      start = end
      end = min(start + miniblock, count)
    }
  }
}
