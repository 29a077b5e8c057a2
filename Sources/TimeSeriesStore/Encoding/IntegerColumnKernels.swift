extension IntegerColumn {
  /// Reads the leading numbers and the miniblocks of a packed column, then sums `order` times.
  static func decodePacked(
    _ cursor: inout MappedCursor, order: Int, count: Int, into numbers: inout [Int64]
  ) throws(Damage) {
    guard count > order else {
      throw Damage(at: cursor.position, "\(count) numbers are too few for this shape")
    }
    var reader = cursor
    unsafe try numbers.append(count: count) { output throws(Damage) in
      for index in 0..<order { unsafe output[index] = try reader.signedVarint() }
      var start = order
      while start < count {
        let length = min(miniblock, count - start)
        unsafe try decodeMiniblock(
          &reader, into: UnsafeMutableBufferPointer(rebasing: output[start..<(start + length)]))
        start += length
      }
      // Second differences: the sums from the second entry on give differences first.
      if order == 2 {
        unsafe BitPack.accumulate(UnsafeMutableBufferPointer(rebasing: output[1...]))
      }
      if order >= 1 { unsafe BitPack.accumulate(output) }
    }
    cursor = reader
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
