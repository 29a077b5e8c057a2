import Glibc

/// Times the store by itself, without HTTP.
///
///     swift run -c release StoreBenchmarks                   decoding
///     swift run -c release StoreBenchmarks replay DIR FILE   recorded remote-write requests
///     swift run -c release StoreBenchmarks restart DIR FILE  how long logs take to open
///     swift run -c release StoreBenchmarks xl DIR [N]        a million series
@main
enum StoreBenchmarks {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case nil:
      try DecodingBenchmark.run()
    case "replay" where arguments.count == 3:
      try DatasetReplay.run(into: arguments[1], from: arguments[2])
    case "restart" where arguments.count == 3:
      try DatasetReplay.restart(in: arguments[1], from: arguments[2])
    case "xl" where arguments.count >= 2:
      let count = arguments.count > 2 ? Int(arguments[2]) : 1_000_000
      try ManySeries.run(in: arguments[1], series: count ?? 1_000_000)
    default:
      print("usage: StoreBenchmarks [replay|restart DIRECTORY FRAMES | xl DIRECTORY [SERIES]]")
      exit(64)
    }
  }
}

/// Processor time of the process, all threads: unlike the wall clock it stays put when something
/// else runs on the machine.
enum ProcessorClock {
  static var now: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

  /// The least seconds of `rounds` runs.
  static func least(rounds: Int, _ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<rounds {
      let start = now
      try body()
      least = min(least, now - start)
    }
    return least
  }
}

/// The memory of the process in bytes: now, and at its peak.
enum ProcessMemory {
  static var resident: Int { bytes(of: "VmRSS:") }
  static var peak: Int { bytes(of: "VmHWM:") }

  private static func bytes(of key: String) -> Int {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" })
      if words.first == key[...], words.count > 1 { return (Int(words[1]) ?? 0) << 10 }
    }
    return 0
  }
}

/// A number with two digits after the point.
func fixed(_ value: Double) -> String {
  let scaled = Int((value * 100).rounded())
  let digits = String(scaled % 100 + 100).dropFirst()
  return "\(scaled / 100).\(digits)"
}
