import Glibc

/// Processor time of the process, all threads: unlike the wall clock it stays put when something
/// else runs on the machine.
enum ProcessorClock {
  /// Seconds since the process started.
  static var now: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

  /// The median seconds of `rounds` runs of `body`, after one that isn't counted.
  static func median(rounds: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    var seconds: [Double] = []
    for _ in 0..<rounds {
      let start = now
      try body()
      seconds.append(now - start)
    }
    return seconds.sorted()[rounds / 2]
  }
}
