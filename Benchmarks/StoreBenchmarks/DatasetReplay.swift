import Exposition
import Glibc
import MetricModel
import TimeSeriesStore

/// Feeds recorded remote-write requests to a store: the way of a sample without HTTP.
///
/// The file holds frames: five numbers of four bytes (bytes of the body, samples, staleness
/// markers, group, round), then the body as it was sent, Snappy and protobuf.
enum DatasetReplay {
  private static let headerSize = 20

  static func run(into directory: String, from path: String) throws {
    let bytes = try PosixFiles().read(path)
    let store = try Store.open(directory)
    var decoder = RemoteWriteDecoder()
    var (decoding, appending, maintaining) = (0.0, 0.0, 0.0)
    var samples = 0
    var position = 0
    var requests = 0
    while position + headerSize <= bytes.count {
      let head = bytes.bytes(in: position..<(position + headerSize))
      let size = (0..<4).reduce(0) { $0 | Int(head[$1]) << (8 * $1) }
      position += headerSize
      let body = bytes.bytes(in: position..<(position + size))
      position += size
      let start = ProcessorClock.now
      let batch = try decoder.decode(try RemoteWrite.decompressed(body))
      let decoded = ProcessorClock.now
      samples += try store.append(batch).accepted
      let appended = ProcessorClock.now
      requests += 1
      if requests % 100 == 0 { try store.maintain(now: Timestamp(milliseconds: 0)) }
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
    print("\(samples) samples in \(requests) requests; CPU seconds a million:")
    print("  decoding    \(fixed(decoding / millions))")
    print("  appending   \(fixed(appending / millions))")
    print("  maintenance \(fixed(maintaining / millions))")
    print("  all         \(fixed((decoding + appending + maintaining) / millions))")
    print("peak memory \(peak >> 20) MiB, with the last seal \(ProcessMemory.peak >> 20) MiB")
    try report(store.snapshot(), samples)
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
