import Exposition
import Glibc
import MetricModel
import TimeSeriesStore

/// Feeds recorded remote-write requests to a store: the way of a sample without HTTP.
///
enum DatasetReplay {
  static func run(into directory: String, from path: String) throws {
    let store = try Store.open(directory)
    var requests = try RecordedRequests(path)
    defer { requests.close() }
    var decoder = RemoteWriteDecoder()
    var (decoding, appending, maintaining) = (0.0, 0.0, 0.0)
    var samples = 0
    while let body = requests.next() {
      let start = ProcessorClock.now
      let batch = try decoder.decode(try RemoteWrite.decompressed(body))
      let decoded = ProcessorClock.now
      samples += try store.append(batch).accepted
      let appended = ProcessorClock.now
      if requests.count % 100 == 0 { try store.maintain(now: Timestamp(milliseconds: 0)) }
      decoding += decoded - start
      appending += appended - decoded
      maintaining += ProcessorClock.now - appended
    }
    let peak = ProcessMemory.peak
    let tail = ProcessorClock.now
    try store.seal()
    try store.maintain(now: Timestamp(milliseconds: 0))
    maintaining += ProcessorClock.now - tail
    let millions = Double(samples) / 1e6
    print("\(samples) samples in \(requests.count) requests; CPU seconds a million:")
    print("  decoding    \(fixed(decoding / millions))")
    print("  appending   \(fixed(appending / millions))")
    print("  maintenance \(fixed(maintaining / millions))")
    print("  all         \(fixed((decoding + appending + maintaining) / millions))")
    print("peak memory \(peak >> 20) MiB, with the last seal \(ProcessMemory.peak >> 20) MiB")
    try report(store.snapshot(), samples)
  }

  /// Fills the logs as far as sealing lets them grow, and opens them again.
  static func restart(in directory: String, from path: String) throws {
    let store = try Store.open(directory)
    var requests = try RecordedRequests(path)
    defer { requests.close() }
    var decoder = RemoteWriteDecoder()
    var samples = 0
    while samples < SealingPolicy().samplesMax, let body = requests.next() {
      samples += try store.append(try decoder.decode(try RemoteWrite.decompressed(body))).accepted
    }
    store.close()
    var report = store.report
    let seconds = try ProcessorClock.least(rounds: 5) {
      let again = try Store.open(directory)
      report = again.report
      again.close()
    }
    print(
      "\(report.replayedSamples) samples of \(report.replayedSeries) series in "
        + "\(report.logSizeBytes >> 20) MiB of logs")
    print("opened in \(fixed(seconds)) CPU s, \(fixed(seconds * 1e9 / Double(samples))) ns each")
  }

  private static func report(_ view: StoreSnapshot, _ samples: Int) throws {
    let statistics = view.statistics
    let size = Double(statistics.blockSizeBytes) / Double(samples)
    print("\(statistics.blocks.count) blocks, \(fixed(size)) bytes a sample")
    let analysis = try view.analysis()
    for section in analysis.indexSections {
      print("  index \(section.name): \(fixed(Double(section.count) / Double(samples)))")
    }
    for kind in analysis.columns {
      print(
        "  \(kind.name): \(fixed(Double(kind.sizeBytes) / Double(samples))) of all; "
          + "\(kind.samples) samples in \(kind.columns) columns, "
          + "\(fixed(Double(kind.sizeBytes) / Double(max(1, kind.samples)))) bytes each")
    }
  }
}

/// Remote-write requests in a file.
///
/// It holds frames: five numbers of four bytes (bytes of the body, samples, staleness markers,
/// group, round), then the body as it was sent, Snappy and protobuf. It isn't mapped, since that
/// would count as memory of the store.
@safe private struct RecordedRequests {
  private static let headerSize = 20
  private let file: UnsafeMutablePointer<FILE>
  /// The requests read so far.
  private(set) var count = 0

  init(_ path: String) throws {
    guard let opened = unsafe fopen(path, "r") else { throw Unreadable(path: path) }
    unsafe file = opened
  }

  /// The next body, nil at the end.
  mutating func next() -> [UInt8]? {
    guard let head = read(Self.headerSize),
      let body = read((0..<4).reduce(0) { $0 | Int(head[$1]) << (8 * $1) })
    else { return nil }
    count += 1
    return body
  }

  private func read(_ size: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: size)
    let found = unsafe fread(&bytes, 1, size, file)
    return found == size ? bytes : nil
  }

  func close() { unsafe fclose(file) }
}

private struct Unreadable: Error {
  var path: String
}
