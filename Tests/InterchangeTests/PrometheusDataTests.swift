import Exposition
import Foundation
import MetricModel
import Testing

/// Data directories as Debian's Prometheus writes them, beside its own dump of them.
@Suite(.serialized) struct PrometheusDataTests {
  private static let comment: Comment = "Debian's prometheus is not here: nothing to compare with"

  /// Five hours of numbers and histograms up to now.
  private func workload() -> SampleBatch {
    var batch = SampleBatch()
    let now = Int64(Date().timeIntervalSince1970) * 1000
    let start = now - 5 * 3_600_000
    let names = (0..<4).map { Labels([("__name__", "numbers"), ("series", "\($0)")]) }
    for (number, labels) in names.enumerated() {
      let series = batch.addSeries(labels)
      for index in 0..<600 {
        let value = number == 3 ? Double(index).squareRoot() : Double(index * number)
        let sample = number == 2 && index % 50 == 49 ? StaleMarker.value : value
        let jitter = number == 1 ? Int64(index % 7) : 0
        batch.append(
          series: series, Timestamp(milliseconds: start + Int64(index) * 30_000 + jitter), sample)
      }
    }
    for kind in 0..<3 {
      let series = batch.addSeries(
        Labels([("__name__", "histograms"), ("kind", "\(kind)"), ("é", "ü")]))
      for index in 0..<300 {
        let scale = kind == 1 ? 0.5 : 1.0
        let growth = Double(index % 100) * scale
        let positive = HistogramBuckets(
          indices: [-3, -2, 4, Int32(5 + index / 60)], [growth, 1, 2 * growth, 3])
        let count = 3 * growth + 4 + 2 * growth + scale
        batch.append(
          HistogramRow(
            series: series, time: Timestamp(milliseconds: start + Int64(index) * 60_000),
            histogram: NativeHistogram(
              schema: index > 250 ? 1 : 2, zeroThreshold: 0.25, zeroCount: scale, count: count,
              sum: Double(index) * 1.25, positive: positive,
              negative: HistogramBuckets(from: 2, [growth, growth]),
              hint: kind == 2 ? .gauge : .unknown)))
      }
    }
    let example = Exemplar(
      labels: Labels([("trace_id", "abc")]), value: 3,
      time: Timestamp(milliseconds: start + 599 * 30_000))
    batch.append(ExemplarRow(series: 0, exemplar: example))
    return batch
  }

  /// What Prometheus would answer with these samples for the selector as a range vector.
  private func json(_ all: [Series]) -> String {
    var merged: [Labels: [Series]] = [:]
    for series in all { merged[series.labels, default: []].append(series) }
    let matrix = merged.map { labels, parts in
      // Answers leave staleness markers out; late samples come from blocks of their own.
      var numbers: [(Int64, Double)] = []
      var histograms: [(Int64, NativeHistogram)] = []
      for part in parts.map(\.samples) {
        numbers += zip(part.timestamps, part.values).filter { !$0.1.isStaleMarker }
        histograms += zip(part.histograms.timestamps, part.histograms.values)
      }
      // Until its log is cut, a late sample is in the log and in a block.
      numbers.sort { $0.0 < $1.0 }
      numbers = numbers.enumerated().filter { $0 == 0 || numbers[$0 - 1].0 != $1.0 }.map(\.1)
      histograms.sort { $0.0 < $1.0 }
      return Series(
        labels: labels,
        samples: SampleColumns(
          timestamps: numbers.map(\.0), values: numbers.map(\.1),
          histograms: HistogramColumns(
            timestamps: histograms.map(\.0), values: histograms.map(\.1))))
    }
    return String(
      decoding: QueryResultJSON.answer(
        .matrix(matrix.sorted { $0.labels < $1.labels }), annotations: []), as: UTF8.self)
  }

  /// Series by series: asked for all at once, 2.42 answers with points of one series in another.
  private func expectSame(_ all: [Series], as server: PrometheusServer) throws {
    for labels in Set(all.map(\.labels)) {
      let label = labels["series"] == nil ? "kind" : "series"
      let selector =
        "\(labels.metricName)%7B\(label)%3D%22\(labels[label] ?? "")%22%7D%5B20h%5D"
      let answer = try server.request("/api/v1/query?query=\(selector)")
      #expect(answer.status == 200)
      expectSame(
        json(all.filter { $0.labels == labels }), String(decoding: answer.body, as: UTF8.self))
    }
  }

  /// Equal bytes; says where they part.
  private func expectSame(_ ours: String, _ theirs: String) {
    let shared = zip(ours.utf8, theirs.utf8).prefix { $0 == $1 }.count
    let (left, right) = (ours.utf8.dropFirst(shared - 60), theirs.utf8.dropFirst(shared - 60))
    #expect(
      ours.utf8.elementsEqual(theirs.utf8),
      """
      after \(shared) of \(ours.utf8.count) and \(theirs.utf8.count) bytes
      ours: \(String(decoding: left.prefix(200), as: UTF8.self))
      theirs: \(String(decoding: right.prefix(200), as: UTF8.self))
      """)
  }

  private func block(_ folder: URL) throws -> PrometheusBlock {
    try PrometheusBlock(
      index: [UInt8](Data(contentsOf: folder.appending(path: "index"))),
      segments: numberedFiles(folder.appending(path: "chunks")),
      tombstones: [UInt8](Data(contentsOf: folder.appending(path: "tombstones"))))
  }

  /// The blocks of a folder with what their `meta.json` says.
  private func blocks(_ folder: URL) throws -> [(meta: BlockMeta, series: [Series])] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.utf8.count == 26 }.sorted().map { name in
        let path = folder.appending(path: name)
        let meta = try BlockMeta([UInt8](Data(contentsOf: path.appending(path: "meta.json"))))
        let block = try block(path)
        let series = try (0..<block.seriesCount).map { try block.series(at: $0) }
        #expect(meta.ulid == name && meta.seriesCount == series.count)
        return (meta, series)
      }
  }

  private func head(_ folder: URL) throws -> PrometheusHead {
    let wal = folder.appending(path: "wal")
    let checkpoints = try FileManager.default.contentsOfDirectory(atPath: wal.path)
      .filter { $0.hasPrefix("checkpoint.") }.sorted()
    return try PrometheusHead(
      checkpoint: checkpoints.last.map { try numberedFiles(wal.appending(path: $0)) } ?? [],
      log: numberedFiles(wal), chunks: numberedFiles(folder.appending(path: "chunks_head")),
      lateLog: numberedFiles(folder.appending(path: "wbl")))
  }

  private func push(_ batch: SampleBatch, to server: PrometheusServer) throws {
    let answer = try server.request(
      "/api/v1/write", headers: ["Content-Encoding: snappy"], body: RemoteWrite.encode(batch))
    #expect(answer.status == 204, "\(String(decoding: answer.body, as: UTF8.self))")
  }

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `the head of a running Prometheus imports whole`() throws {
    let server = try PrometheusServer()
    let batch = workload()
    try push(batch, to: server)
    // A late sample goes into the log of late samples.
    var late = SampleBatch()
    let series = late.addSeries(batch.labels[0])
    let last = (batch.timestamps.max() ?? 0) - 15_000
    late.append(series: series, Timestamp(milliseconds: last), 77)
    try push(late, to: server)
    let deletion = try server.request(
      "/api/v1/admin/tsdb/delete_series?match%5B%5D=numbers%7Bseries%3D%223%22%7D"
        + "&end=\((batch.timestamps.first ?? 0) / 1000 + 3600)", body: [])
    #expect(deletion.status == 204)
    let copy = try server.copyOfData()
    let head = try head(copy)
    let blocks = try blocks(copy)
    let start = BlockMeta.headStart(of: blocks.map(\.meta))
    let all =
      blocks.flatMap(\.series)
      + (0..<head.seriesCount).map { head.series(at: $0, since: start) }
    try expectSame(all, as: server)
    #expect(all.reduce(0) { $0 + $1.samples.count + $1.samples.histograms.count } > 3000)
    #expect(head.exemplars.map(\.exemplar) == batch.exemplars.map(\.exemplar))
  }

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `blocks with histograms import whole`() throws {
    let server = try PrometheusServer()
    try push(workload(), to: server)
    let answer = try server.request("/api/v1/admin/tsdb/snapshot", body: [])
    #expect(answer.status == 200)
    let snapshots = server.folder.appending(path: "data/snapshots")
    let names = try FileManager.default.contentsOfDirectory(atPath: snapshots.path)
    let snapshot = snapshots.appending(path: try #require(names.first))
    let all = try blocks(snapshot).flatMap(\.series)
    try expectSame(all, as: server)
    #expect(all.reduce(0) { $0 + $1.samples.count + $1.samples.histograms.count } == 3300)
  }

  /// The workload as series in the order of labels.
  private func series(_ batch: SampleBatch) -> [Series] {
    var all = batch.labels.map { Series(labels: $0, samples: SampleColumns()) }
    for (row, series) in batch.series.enumerated() {
      let time = Timestamp(milliseconds: batch.timestamps[row])
      all[Int(series)].samples.append(time, batch.values[row])
    }
    for row in batch.histograms {
      all[Int(row.series)].samples.histograms.append(row.time, row.histogram)
    }
    return all.sorted { $0.labels < $1.labels }
  }

  private func write(_ all: [Series], to folder: URL) throws {
    var writer = PrometheusBlockWriter(all.map(\.labels))
    for series in all { writer.add(series) }
    let name = ULID.text(at: Timestamp(milliseconds: 1_700_000_000_000), entropy: (7, 8))
    let finished = writer.finish(ulid: name)
    let files = try #require(finished)
    let block = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: block.appending(path: "chunks"), withIntermediateDirectories: true)
    try Data(files.index).write(to: block.appending(path: "index"))
    try Data(files.tombstones).write(to: block.appending(path: "tombstones"))
    try Data(files.meta.bytes).write(to: block.appending(path: "meta.json"))
    for (number, bytes) in files.chunks.enumerated() {
      try Data(bytes).write(to: block.appending(path: "chunks/00000\(number + 1)"))
    }
  }

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `Prometheus serves blocks that were written here`() throws {
    let all = series(workload())
    let server = try PrometheusServer { try write(all, to: $0) }
    try expectSame(all, as: server)
  }

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `promtool lists, analyzes and dumps blocks that were written here`() throws {
    let all = series(workload())
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "interchange-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(
      at: folder.appending(path: "wal"), withIntermediateDirectories: true)
    try write(all, to: folder)
    let promtool = PrometheusServer.program("promtool")
    let list = try PrometheusServer.run(promtool, ["tsdb", "list", folder.path])
    #expect(list.status == 0 && list.output.contains("3300"), "\(list.output)")
    let analysis = try PrometheusServer.run(promtool, ["tsdb", "analyze", folder.path])
    #expect(
      analysis.status == 0 && analysis.output.contains("Series: 7"), "\(analysis.output)")
    let dump = try PrometheusServer.run(promtool, ["tsdb", "dump", folder.path])
    let read = try DumpText.parse(Array(dump.output.utf8))
    // 2.42 dumps numbers only.
    let numbers = all.filter { $0.samples.histograms.isEmpty }
    let dumped = series(read)
    #expect(dumped.map(\.labels) == numbers.map(\.labels))
    for (left, right) in zip(dumped, numbers) {
      #expect(left.samples.timestamps == right.samples.timestamps)
      #expect(
        zip(left.samples.values, right.samples.values).allSatisfy { left, right in
          left.bitPattern == right.bitPattern || left.isNaN && right.isNaN
        })
    }
  }

  @Test(
    .enabled(if: PrometheusServer.isInstalled, comment),
    arguments: [ReadRequest.Answer.samples, .chunks])
  func `Prometheus answers remote read`(kind: ReadRequest.Answer) throws {
    let all = series(workload())
    let server = try PrometheusServer { try write(all, to: $0) }
    let request = ReadRequest(
      queries: try ["numbers", "histograms", "none"].map { name in
        ReadRequest.Query(
          start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 4_000_000_000_000),
          matchers: [try LabelMatcher("__name__", .matchesRegex, name)])
      }, accepted: [kind])
    let answer = try server.request(
      "/api/v1/read",
      headers: ["Content-Type: application/x-protobuf", "Content-Encoding: snappy"],
      body: request.body)
    #expect(answer.status == 200)
    let results =
      switch kind {
      case .samples: try ReadAnswer.parse(message: RemoteWrite.decompressed(answer.body))
      case .chunks: try ReadAnswer.parse(frames: answer.body, queryCount: 3)
      }
    #expect(results.count == 3)
    func withoutHints(_ series: Series) -> Series {
      var series = series
      for index in series.samples.histograms.values.indices {
        series.samples.histograms.values[index].hint = .unknown
      }
      return series
    }
    // Without chunks, 2.42 leaves native histograms out.
    func counted(_ series: Series) -> Bool { kind == .chunks || series.samples.count > 0 }
    let received = results.flatMap(\.self).filter(counted).map(withoutHints)
    #expect(
      received.sorted { $0.labels < $1.labels } == all.filter(counted).map(withoutHints))
  }

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `its own metrics read the same from protobuf and from text`() throws {
    let server = try PrometheusServer()
    let accept =
      "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
      + "encoding=delimited"
    let time = Timestamp(milliseconds: 0)
    // The first request of a kind makes its series.
    _ = try server.request("/metrics")
    let binary = try MetricFamilyParser.parse(
      server.request("/metrics", headers: [accept]).body, untimedAt: time)
    let text = try TextParser.parse(
      server.request("/metrics", headers: ["Accept: text/plain"]).body, untimedAt: time)
    // Text spells bounds without ".0", and answers differ in what a request more counts.
    func spelled(_ batch: SampleBatch) -> Set<String> {
      Set(
        batch.labels.map { labels in
          var builder = LabelsBuilder(labels)
          for name in ["le", "quantile"] {
            if let number = labels[name].flatMap({ Double($0) }) { builder.set(name, "\(number)") }
          }
          return builder.labels.description
        })
    }
    #expect(spelled(binary) == spelled(text))
    #expect(binary.labels.count > 300)
    let described = Set(text.metadata.map { "\($0.family) \($0.type) \($0.help)" })
    #expect(Set(binary.metadata.map { "\($0.family) \($0.type) \($0.help)" }) == described)
  }
}
