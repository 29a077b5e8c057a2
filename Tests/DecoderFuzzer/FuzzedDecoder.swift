import Analysis
import Manifest
import MetricModel
import PromQL

@testable import Exposition
@testable import TimeSeriesStore

/// A way for bytes into the program, with input that it accepts to start from.
struct FuzzedDecoder: Sendable {
  var name: String
  var seeds: [[UInt8]]
  var decode: @Sendable ([UInt8]) throws -> Void

  static let all = texts + languages + messages + prometheusFiles + storeFiles

  private static let now = Timestamp(milliseconds: 1_700_000_000_000)

  /// A little of everything that samples have.
  private static let batch: SampleBatch = {
    var batch = SampleBatch()
    for number in 0..<3 {
      let series = batch.addSeries(
        Labels([("__name__", "requests_total"), ("pod", "p-\(number)"), ("le", "+Inf")]))
      for row in 0..<4 {
        let time = Timestamp(milliseconds: now.milliseconds + Int64(row) * 15_000)
        batch.append(series: series, time, Double(row * number) / 4)
      }
    }
    return batch
  }()

  private static let texts: [FuzzedDecoder] = [
    FuzzedDecoder(name: "text", seeds: [Array(text.utf8)]) {
      _ = try TextParser.parse($0, untimedAt: now)
    },
    FuzzedDecoder(name: "openmetrics", seeds: [Array(openMetrics.utf8)]) {
      _ = try OpenMetricsParser.parse($0, untimedAt: now)
    },
    FuzzedDecoder(name: "csv", seeds: [Array("time,labels,value\n1,\"{a=\"\"b\"\"}\",2\n".utf8)]) {
      _ = try SeriesCSV.parse($0)
    },
    FuzzedDecoder(
      name: "jsonl",
      seeds: [Array(#"{"metric":{"__name__":"a"},"values":[1,2.5],"timestamps":[1,2]}"#.utf8)]
    ) { _ = try SeriesJSONLines.parse($0) },
    FuzzedDecoder(name: "dump", seeds: [Array("{__name__=\"up\", a=\"b\\n\"} 1.5 1700000\n".utf8)])
    {
      _ = try DumpText.parse($0)
    },
    FuzzedDecoder(
      name: "matrix",
      seeds: [
        Array(
          (#"{"status":"success","data":{"resultType":"matrix","result":"#
            + #"[{"metric":{"a":"b"},"values":[[1.5,"2"]]}]}}"#).utf8)
      ]
    ) { _ = try MatrixJSON.parse($0) },
    FuzzedDecoder(name: "promql", seeds: queries.map { Array($0.utf8) }) { bytes in
      let tree = try Parser.parse(String(decoding: bytes, as: UTF8.self))
      // What is printed must be readable, or explain and the API would show what nobody can use.
      let printed = Printer.text(of: tree)
      guard let again = try? Parser.parse(printed), Printer.text(of: again) == printed else {
        fatalError("printed as \(printed), which doesn't read as the same")
      }
    },
  ]

  private static let languages: [FuzzedDecoder] = [
    FuzzedDecoder(name: "json", seeds: [Array(#"{"a":[1,2.5e-3,"\u00e9",null,true]}"#.utf8)]) {
      _ = try JSONValue(parsing: $0)
    },
    FuzzedDecoder(
      name: "condition",
      seeds: [
        "result[0] <= 0.95 && !isNaN(default(result[0], 1)) ?: nil",
        #"filter(result, {# > 1})[-1:] | len() in 1..5 and "a" matches "b.*""#,
      ].map { Array($0.utf8) }
    ) { bytes in
      let condition = try Condition(String(decoding: bytes, as: UTF8.self))
      _ = try condition.evaluate(
        ConditionInput(.list([.number(1), .number(.nan)])), at: now)
    },
  ]

  private static let text = """
    # HELP requests_total All "requests".
    # TYPE requests_total counter
    requests_total{code="200",path="a\\\\b\\"c\\n"} 1027 1395066363000
    # TYPE latency histogram
    latency_bucket{le="0.5"} 24054
    latency_bucket{le="+Inf"} NaN
    latency_sum 5.3e+4
    {"odd name","odd.label"="é"} -Inf
    """ + "\n"

  private static let openMetrics = """
    # TYPE foo counter
    # UNIT foo_seconds seconds
    # HELP foo What \\n it is
    foo_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.5
    foo_created{a="b"} 1520430000.123
    # TYPE h histogram
    h_bucket{le="+Inf"} 1
    # EOF
    """ + "\n"

  private static let queries = [
    #"sum by (a, "b.c") (rate({__name__=~"x.*", le!="1"}[5m:30s] @ start() offset -1h)) > bool 2"#,
    "histogram_quantile(.9, a * on (x) group_left (y) b) or -c ^ 2 % 0x1F unless vector(Inf)",
    "{{schema:1 count:2 sum:3 z_bucket:1 buckets:[1 2] offset:-3}} + 1_000e-3",
    "label_replace(a[1h30m], 'x', `$1`, \"y\", \"(\\\\d+)\")",
  ]

  private static let messages: [FuzzedDecoder] = [
    FuzzedDecoder(name: "remote-write", seeds: [RemoteWrite.encode(batch)]) { bytes in
      _ = try RemoteWrite.decompressed(bytes, bytesMax: 1 << 20)
    },
    FuzzedDecoder(
      name: "remote-write-1",
      seeds: [try? RemoteWrite.decompressed(RemoteWrite.encode(batch))]
        .compactMap(\.self)
    ) { bytes in
      var decoder = RemoteWriteDecoder()
      _ = try decoder.decode(bytes)
    },
    FuzzedDecoder(
      name: "remote-write-2",
      seeds: [try? RemoteWrite.decompressed(RemoteWrite.encode(batch, .v2))].compactMap(\.self)
    ) { bytes in
      var decoder = RemoteWriteDecoder()
      _ = try decoder.decode(bytes, .v2)
    },
    FuzzedDecoder(name: "families", seeds: [[6, 10, 1, 97, 24, 0, 34, 0]]) { bytes in
      _ = try MetricFamilyParser.parse(bytes, untimedAt: now)
    },
    FuzzedDecoder(name: "otlp", seeds: [[10, 4, 18, 2, 18, 0]]) { bytes in
      _ = try OTLPMetrics.parse(bytes)
    },
    FuzzedDecoder(name: "read-request", seeds: [[10, 4, 8, 1, 16, 2]]) { bytes in
      _ = try ReadRequest(message: bytes)
    },
    FuzzedDecoder(
      name: "read-answer",
      seeds: [Series(labels: .empty, samples: columns)].map { series in
        ReadAnswer.resultOpening(sizeBytes: ReadAnswer.sizeBytes(of: series))
          + ReadAnswer.field(series)
      }
    ) { bytes in _ = try ReadAnswer.parse(message: bytes) },
    FuzzedDecoder(
      name: "read-frames",
      seeds: [ReadAnswer.frames(Series(labels: .empty, samples: columns), query: 0)]
    ) { bytes in _ = try ReadAnswer.parse(frames: bytes, queryCount: 1) },
  ]

  private static let columns: SampleColumns = {
    var columns = SampleColumns()
    for row in 0..<5 {
      columns.append(
        Timestamp(milliseconds: now.milliseconds + Int64(row) * 15_000), Double(row) / 3)
    }
    return columns
  }()

  /// What stands behind the checksums of Prometheus' files, which a fuzzer can't guess.
  private static let prometheusFiles: [FuzzedDecoder] = [
    FuzzedDecoder(name: "prometheus-index", seeds: [written.index]) { bytes in
      _ = try PrometheusBlock(index: bytes, segments: written.chunks, tombstones: nil)
    },
    FuzzedDecoder(
      name: "prometheus-chunk", seeds: (1...6).map { [$0, 0, 3, 0, 0, 0, 9, 9, 9, 9] }
    ) {
      guard let first = $0.first, let encoding = ChunkEncoding(rawValue: first % 8) else { return }
      var columns = SampleColumns()
      try encoding.decode(
        BlockBytes(Array($0.dropFirst()), file: "chunk"), of: "a", onto: &columns)
    },
    FuzzedDecoder(
      name: "prometheus-record",
      seeds: (1...13).map { [$0] + [UInt8](repeating: 1, count: 40) }
    ) {
      var reader = LogRecordReader()
      try reader.read($0, file: "wal")
    },
    FuzzedDecoder(name: "prometheus-meta", seeds: [written.meta.bytes]) { bytes in
      _ = try BlockMeta(bytes)
    },
  ]

  private static let written: PrometheusBlockWriter.Files = {
    let series = Series(labels: Labels([("__name__", "a")]), samples: columns)
    var writer = PrometheusBlockWriter([series.labels])
    writer.add(series)
    guard let files = writer.finish(ulid: ULID.text(at: now, entropy: (1, 1))) else {
      fatalError("a block to start from can't be made")
    }
    return files
  }()

  private static let storeFiles: [FuzzedDecoder] = [
    FuzzedDecoder(name: "store-values", seeds: valueSeeds) { bytes in
      guard let first = bytes.first else { return }
      var cursor = MappedBytes(Array(bytes.dropFirst())).cursor
      var values: [Double] = []
      try ValueColumn.decode(&cursor, count: Int(first) * 5 + 1, into: &values)
    },
    FuzzedDecoder(name: "store-rows", seeds: valueSeeds.map { [60] + $0 }) { bytes in
      guard bytes.count > 1 else { return }
      let count = Int(bytes[1]) * 5 + 1
      let first = min(Int(bytes[0]) * 5, count - 1)
      var cursor = MappedBytes(Array(bytes.dropFirst(2))).cursor
      var values: [Double] = []
      try ValueColumn.decode(
        &cursor, count: count, rows: first..<min(first + 20, count), into: &values,
        leader: ValueColumn.noLeader)
    },
    FuzzedDecoder(name: "store-integers", seeds: valueSeeds) { bytes in
      guard let first = bytes.first else { return }
      var cursor = MappedBytes(Array(bytes.dropFirst())).cursor
      var values: [Int64] = []
      try IntegerColumn.decode(&cursor, count: Int(first) * 5 + 1, into: &values)
    },
    FuzzedDecoder(name: "store-histograms", seeds: [[3, 1, 3, 0, 0, 0]]) { bytes in
      guard let first = bytes.first else { return }
      var cursor = MappedBytes(Array(bytes.dropFirst())).cursor
      var values: [NativeHistogram] = []
      try HistogramColumn.decode(&cursor, count: Int(first) + 1, into: &values)
    },
    FuzzedDecoder(name: "store-log", seeds: [[1, 1, 1, 97, 1, 98, 1, 0, 2, 4]]) { bytes in
      var cursor = MappedBytes(bytes).cursor
      var previous: [UInt64] = []
      _ = try LogRows(&cursor, previous: &previous)
    },
    FuzzedDecoder(name: "store-tombstones", seeds: [Array("ASSAYDEL".utf8) + [1]]) { bytes in
      _ = try TimeSeriesStore.Tombstones(MappedBytes(bytes), seriesCount: 100)
    },
    FuzzedDecoder(
      name: "store-page", seeds: [Page.compressed(valueSeeds.flatMap { $0 }) ?? []]
    ) { bytes in
      let plain = try Page.plain(
        of: MappedBytes(bytes).cursor, sizeBytes: valueSeeds.reduce(0) { $0 + $1.count })
      _ = plain.count
    },
    FuzzedDecoder(name: "store-index", seeds: [sealedIndex]) { bytes in
      try openBlock(index: bytes)
    },
  ]

  private static let valueSeeds: [[UInt8]] = {
    let rows = (0..<400).map(Double.init)
    let columns = [rows.map { $0 * 3 }, rows.map { $0 / 100 }, rows.map { 1 / ($0 + 1) }]
    return columns.map { [UInt8(clamping: $0.count / 5)] + SampleChunk.encodeValues($0) }
  }()

  /// The index of a block of two series, and all files of its store.
  private static let sealed: (disk: MemoryFiles, index: [UInt8]) = {
    let disk = MemoryFiles()
    do {
      let store = try Store.open("db", on: disk)
      _ = try store.append(batch)
      try store.seal()
      store.close()
      return (disk, try disk.read(indexPath).bytes)
    } catch {
      fatalError("a store to start from can't be made: \(error)")
    }
  }()

  private static let indexPath = "db/blocks/00000001/index"

  private static var sealedIndex: [UInt8] { sealed.index }

  /// Opens the store with another index, whose checksums are made right first, and reads it all.
  private static func openBlock(index bytes: [UInt8]) throws {
    guard bytes.count > BlockLayout.tableSize + BlockLayout.headerSize else { return }
    var bytes = bytes
    repairChecks(&bytes)
    try sealed.disk.corrupt(indexPath) { $0 = bytes }
    let store = try Store.open("db", on: sealed.disk)
    defer { store.close() }
    let view = store.snapshot()
    _ = try view.labelNames()
    _ = try view.labelValues(of: "pod")
    let selection = try view.select([try LabelMatcher("pod", .matchesRegex, "p-[1-3]")], in: .all)
    var columns = SampleColumns()
    for index in selection.labels.indices {
      try selection.read(index, in: .all, into: &columns)
    }
  }

  private static func repairChecks(_ bytes: inout [UInt8]) {
    let table = bytes.count - BlockLayout.tableSize
    let sections = BlockLayout.Section.allCases.count
    for section in 0..<sections {
      let entry = table + section * BlockLayout.sectionEntrySize
      let (start, length) = (number(bytes, entry), number(bytes, entry + 8))
      guard let end = Int(exactly: start.addingReportingOverflow(length).partialValue),
        let start = Int(exactly: start), start <= end, end <= bytes.count
      else { continue }
      put(Checksum.of(Array(bytes[start..<end])), at: entry + 16, in: &bytes)
    }
    let end = table + sections * BlockLayout.sectionEntrySize
    put(Checksum.of(Array(bytes[table..<end])), at: end, in: &bytes)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  private static func put(_ check: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: check >> UInt32(8 * index))
    }
  }
}
