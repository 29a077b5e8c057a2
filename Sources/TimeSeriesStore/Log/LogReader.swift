/// Reads the log of one head from start to end.
enum LogReader {
  /// Where reading stopped, and why.
  struct Stop {
    var offset: Int
    var fault: LogFrame.Fault
    /// Where the next frame begins that was written once this place was on disk.
    var nextWhole: Int?

    /// Whether it is what a crash leaves at the end of the newest log.
    var isTornEnd: Bool { fault.mayBeTorn && nextWhole == nil }
  }

  /// Calls `body` with each frame's contents, in order.
  ///
  /// - Parameter isLast: whether a crash may have left an incomplete frame at the end; only the
  ///   newest log can have one.
  /// - Returns: the incomplete end, nil when the log ends with a whole frame.
  /// - Throws: `.damaged` when bytes are wrong that were once on disk: a frame is broken and whole
  ///   ones follow, or one flipped bit explains it, or the log isn't the newest.
  static func read(
    _ bytes: MappedBytes, of file: String, generation: UInt64, isLast: Bool,
    _ body: (LogEntry) -> Void
  ) throws(StoreError) -> TornTail? {
    guard let stop = try scan(bytes, of: file, generation: generation, body) else { return nil }
    guard isLast && stop.isTornEnd else {
      throw .damaged(file: file, offset: stop.offset, finding: stop.finding(isLast: isLast))
    }
    return TornTail(
      file: file, offset: stop.offset, sizeBytes: bytes.count - stop.offset,
      finding: stop.fault.finding)
  }

  /// Reads as far as frames are whole; nil when that is to the end.
  ///
  /// - Throws: `.damaged` when a frame passes its check but makes no sense.
  static func scan(
    _ bytes: MappedBytes, of file: String, generation: UInt64, _ body: (LogEntry) -> Void
  ) throws(StoreError) -> Stop? {
    if let finding = LogHeader.fault(in: bytes, generation: generation) {
      let next = nextFrame(in: bytes, after: 0, generation: generation)
      let mayBeTorn = bytes.count < LogHeader.size || LogHeader.mayBeTorn(bytes)
      return Stop(
        offset: 0, fault: LogFrame.Fault(finding: finding, mayBeTorn: mayBeTorn), nextWhole: next)
    }
    var offset = LogHeader.size
    var previous: [UInt64] = []
    while offset < bytes.count {
      switch LogFrame.inspect(bytes, at: offset, generation: generation) {
      case .frame(let found):
        do throws(Damage) {
          var cursor = try bytes.cursor(in: found.payload)
          body(try LogEntry(&cursor, found.kind, previous: &previous))
        } catch { throw StoreError(error, in: file) }
        offset = found.payload.upperBound
      case .broken(let fault):
        return Stop(
          offset: offset,
          fault: LogFrame.diagnose(bytes, at: offset, generation: generation, fault),
          nextWhole: nextFrame(in: bytes, after: offset, generation: generation))
      }
    }
    return nil
  }

  /// The next whole frame behind a broken one that was written once the broken one was on disk.
  private static func nextFrame(
    in bytes: MappedBytes, after offset: Int, generation: UInt64
  ) -> Int? {
    var next = offset + 1
    while next + LogFrame.headerSize <= bytes.count {
      if case .frame(let found) = LogFrame.inspect(bytes, at: next, generation: generation),
        found.synced > offset
      {
        return next
      }
      next += 1
    }
    return nil
  }
}

extension LogReader.Stop {
  /// What is wrong, in words.
  func finding(isLast: Bool) -> String {
    if let flipped = fault.flipped {
      return "\(fault.finding): bit \(flipped.bit) of the byte at \(flipped.offset) is flipped"
    }
    if let nextWhole {
      return "\(fault.finding), and whole frames follow from offset \(nextWhole)"
    }
    return isLast ? fault.finding : fault.finding + ", and a newer log exists"
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
