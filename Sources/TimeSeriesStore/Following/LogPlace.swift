package import MetricModel

/// A place in what a store has acknowledged: a log, and an offset in it at which a frame begins.
package struct LogPlace: Hashable, Comparable, Sendable {
  package var generation: UInt64
  package var offset: Int

  package static func < (left: LogPlace, right: LogPlace) -> Bool {
    (left.generation, left.offset) < (right.generation, right.offset)
  }

  init(generation: UInt64, offset: Int) {
    self.generation = generation
    self.offset = offset
  }
}

/// What is kept of a follower: one line of a file, `7 4096`, or `7 4096 7 9000` while the rows up
/// to the second place are being sent.
struct FollowerRecord: Sendable {
  /// Everything before it has been acknowledged.
  var place: LogPlace
  /// The end of what was being sent.
  var announced: LogPlace?

  var text: String {
    ([place] + [announced].compactMap(\.self)).map { "\($0.generation) \($0.offset)" }
      .joined(separator: " ") + "\n"
  }

  init(place: LogPlace, announced: LogPlace? = nil) {
    self.place = place
    self.announced = announced
  }

  init?(text: String) {
    let parts = text.split { $0 == " " || $0 == "\n" }
    func place(_ index: Int) -> LogPlace? {
      guard parts.count >= index + 2, let generation = UInt64(parts[index]),
        let offset = Int(parts[index + 1]), offset >= 0
      else { return nil }
      return LogPlace(generation: generation, offset: offset)
    }
    guard let first = place(0) else { return nil }
    self.init(place: first, announced: place(2))
  }
}

/// What a follower is given: rows as they were acknowledged, and the place behind them.
package struct FollowedRows: Sendable {
  package var batch: SampleBatch
  package var end: LogPlace
}
