/// Reads the log of one head from start to end.
enum LogReader {
  /// Calls `body` with each frame's rows, in order.
  ///
  /// - Parameter isLast: whether a crash may have left an incomplete frame at the end; only the
  ///   newest log can have one.
  /// - Returns: the incomplete end, nil when the log ends with a whole frame.
  /// - Throws: `.damaged` when bytes are wrong that were once on disk: a frame is broken and whole
  ///   ones follow, or the log isn't the newest.
  static func read(
    _ bytes: MappedBytes, of file: String, generation: UInt64, isLast: Bool,
    _ body: (LogRows) -> Void
  ) throws(StoreError) -> TornTail? {
    if let fault = LogHeader.fault(in: bytes, generation: generation) {
      return try tornTail(
        of: bytes, at: 0, fault, in: file, generation: generation, isLast: isLast)
    }
    var offset = LogHeader.size
    var previous: [UInt64] = []
    while offset < bytes.count {
      switch LogFrame.inspect(bytes, at: offset, generation: generation) {
      case .frame(let payload):
        do throws(Damage) {
          var cursor = try bytes.cursor(in: payload)
          body(try LogRows(&cursor, previous: &previous))
        } catch { throw StoreError(error, in: file) }
        offset = payload.upperBound
      case .broken(let finding):
        return try tornTail(
          of: bytes, at: offset, finding, in: file, generation: generation, isLast: isLast)
      }
    }
    return nil
  }

  /// Decides whether a broken frame is the end that a crash leaves.
  private static func tornTail(
    of bytes: MappedBytes, at offset: Int, _ finding: String, in file: String, generation: UInt64,
    isLast: Bool
  ) throws(StoreError) -> TornTail {
    guard isLast else {
      throw .damaged(file: file, offset: offset, finding: finding + ", and a newer log exists")
    }
    var next = offset + 1
    while next + LogFrame.headerSize <= bytes.count {
      if case .frame = LogFrame.inspect(bytes, at: next, generation: generation) {
        throw .damaged(
          file: file, offset: offset,
          finding: "\(finding), and whole frames follow from offset \(next)")
      }
      next += 1
    }
    return TornTail(
      file: file, offset: offset, sizeBytes: bytes.count - offset, finding: finding)
  }
}

/// The incomplete end of a log, as a crash in the middle of a write leaves it. Nothing in it was
/// ever acknowledged.
package struct TornTail: Equatable, Sendable, CustomStringConvertible {
  package var file: String
  /// Where the incomplete frame starts.
  package var offset: Int
  /// The bytes from there to the end of the file.
  package var sizeBytes: Int
  /// What is wrong with the frame.
  package var finding: String

  package var description: String {
    "\(file): \(sizeBytes) bytes at offset \(offset) were never acknowledged: \(finding)"
  }
}
