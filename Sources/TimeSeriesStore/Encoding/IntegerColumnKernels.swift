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
        let place = reader.position
        let width = Int(try reader.u8())
        guard width <= 64 else { throw Damage(at: place, "width of \(width) bits") }
        let reference = try reader.signedVarint()
        unsafe try BitPack.unpack(
          from: &reader, width: width, adding: reference,
          into: UnsafeMutableBufferPointer(rebasing: output[start..<(start + length)]))
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
}
