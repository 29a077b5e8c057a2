import Exposition
import FoundationEssentials
import MetricModel
import TimeSeriesStore

extension Recording {
  /// Rows that go to the store at once; a batch is durable as a whole.
  private static let batchRows = 100_000

  /// A block of Prometheus; the number of samples stored.
  static func load(block folder: String, into store: Store) throws -> Int {
    let block = try open(block: folder)
    var total = 0
    var batch = SampleBatch()
    for index in 0..<block.seriesCount {
      let series: Series
      do {
        series = try block.series(at: index)
      } catch {
        throw CommandError("\(folder): \(error)")
      }
      batch.append(series.labels, series.samples)
      if batch.count >= batchRows {
        total += try append(batch, of: folder, to: store)
        batch.removeAll()
      }
    }
    return total + (try append(batch, of: folder, to: store))
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

  /// A text in OpenMetrics format, told by its ending `.om`, or in Prometheus' text format.
  static func load(file path: String, into store: Store) throws -> Int {
    let bytes = try Files.read(path)
    let batch: SampleBatch
    do throws(TextFormatError) {
      batch =
        path.hasSuffix(".om")
        ? try OpenMetricsParser.parse(bytes, untimedAt: nil)
        : try TextParser.parse(bytes, untimedAt: nil)
    } catch {
      throw CommandError("\(path):\(error)")
    }
    return try append(batch, of: path, to: store)
  }

  private static func append(_ batch: SampleBatch, of path: String, to store: Store) throws -> Int {
    guard !batch.isEmpty else { return 0 }
    let outcome = try store.append(batch)
    if let refusal = outcome.refusals.first {
      throw CommandError(
        "\(path): the store refused \(outcome.refused) of \(batch.count) samples, first: \(refusal)"
      )
    }
    return outcome.accepted
  }
}
