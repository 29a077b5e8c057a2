package import MetricModel

/// A place in what a store has acknowledged: a log, and an offset in it at which a frame begins.
package struct LogPlace: Hashable, Comparable, Sendable {
  package var generation: UInt64
  package var offset: Int

  package static func < (left: LogPlace, right: LogPlace) -> Bool {
    (left.generation, left.offset) < (right.generation, right.offset)
  }

  /// `7 4096`, one line of a file.
  var text: String { "\(generation) \(offset)\n" }

  init(generation: UInt64, offset: Int) {
    self.generation = generation
    self.offset = offset
  }

  init?(text: String) {
    let parts = text.split { $0 == " " || $0 == "\n" }
    guard parts.count == 2, let generation = UInt64(parts[0]), let offset = Int(parts[1]),
      offset >= 0
    else { return nil }
    self.init(generation: generation, offset: offset)
  }
}

/// What a follower is given: rows as they were acknowledged, and the place behind them.
package struct FollowedRows: Sendable {
  package var batch: SampleBatch
  package var end: LogPlace
}
