import Exposition
import FoundationEssentials
import MetricModel
import TimeSeriesStore

/// What became of the samples of a recording.
struct LoadedSamples {
  var accepted = 0
  /// What the store had already.
  var duplicates = 0

  static func += (left: inout LoadedSamples, right: LoadedSamples) {
    left.accepted += right.accepted
    left.duplicates += right.duplicates
  }
}

extension Recording {
  /// Rows that go to the store at once; a batch is durable as a whole.
  private static let batchRows = 100_000

  /// A block of Prometheus.
  static func load(block folder: String, into store: Store) throws -> LoadedSamples {
    let block = try open(block: folder)
    return try load(block.seriesCount, of: folder, into: store) { index throws in
      try block.series(at: index)
    }
  }

  /// What a server kept in memory, out of the files beside its blocks; of what is in a block
  /// already nothing is taken twice.
  static func load(head folder: String, into store: Store) throws -> LoadedSamples {
    let wal = "\(folder)/wal"
    let names = try folderNames(wal)
    let checkpoint = names.filter { $0.hasPrefix("checkpoint.") && !$0.hasSuffix(".tmp") }.last
    var metas: [BlockMeta] = []
    for name in try folderNames(folder) where name.utf8.count == 26 {
      let path = "\(folder)/\(name)/meta.json"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      metas.append(try BlockMeta(Files.read(path)))
    }
    let start = BlockMeta.headStart(of: metas)
    let head: PrometheusHead
    do {
      head = try PrometheusHead(
        checkpoint: checkpoint.map { try segments("\(wal)/\($0)") } ?? [],
        log: segments(wal), chunks: segments("\(folder)/chunks_head"),
        lateLog: segments("\(folder)/wbl"))
    } catch let error as BlockError {
      throw CommandError("\(folder): \(error)")
    }
    var loaded = try load(head.seriesCount, of: folder, into: store) { index in
      head.series(at: index, since: start)
    }
    var rest = SampleBatch()
    for (series, exemplar) in head.exemplars {
      rest.append(ExemplarRow(series: rest.addSeries(series), exemplar: exemplar))
    }
    for family in head.metadata { rest.append(family) }
    loaded += try append(rest, of: folder, to: store)
    return loaded
  }

  private static func load(
    _ count: Int, of path: String, into store: Store, _ series: (Int) throws -> Series
  ) throws -> LoadedSamples {
    var loaded = LoadedSamples()
    var batch = SampleBatch()
    var bar = ProgressBar(path, total: count)
    for index in 0..<count {
      let next: Series
      do {
        next = try series(index)
      } catch {
        throw CommandError("\(path): \(error)")
      }
      batch.append(next.labels, next.samples)
      bar.advance()
      if batch.count + batch.histograms.count >= batchRows {
        loaded += try append(batch, of: path, to: store)
        batch.removeAll()
      }
    }
    loaded += try append(batch, of: path, to: store)
    bar.finish()
    return loaded
  }

  private static func folderNames(_ folder: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// The files of a folder whose names are numbers, in their order.
  private static func segments(_ folder: String) throws -> [[UInt8]] {
    try folderNames(folder).filter { Int($0) != nil }
      .sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.map { try Files.read("\(folder)/\($0)") }
  }

  private static func open(block folder: String) throws -> PrometheusBlock {
    let segments = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/chunks").sorted()
      .map { try Files.read("\(folder)/chunks/\($0)") }
    let tombstones = "\(folder)/tombstones"
    do {
      return try PrometheusBlock(
        index: Files.read("\(folder)/index"), segments: segments,
        tombstones: FileManager.default.fileExists(atPath: tombstones)
          ? Files.read(tombstones) : nil)
    } catch let error as BlockError {
      throw CommandError("\(folder): \(error)")
    }
  }

  /// A file in one of the formats.
  static func load(
    file path: String, _ format: ExchangeFormat, into store: Store
  ) throws -> LoadedSamples {
    try append(format.parse(Files.read(path), of: path), of: path, to: store)
  }

  private static func append(
    _ batch: SampleBatch, of path: String, to store: Store
  ) throws -> LoadedSamples {
    guard !batch.isEmpty else { return LoadedSamples() }
    let outcome = try store.append(batch)
    if let refusal = outcome.refusals.first {
      throw CommandError(
        "\(path): the store refused \(outcome.refused) of "
          + "\(batch.count + batch.histograms.count) samples, first: \(refusal)")
    }
    return LoadedSamples(accepted: outcome.accepted, duplicates: outcome.duplicates)
  }
}
