import FoundationEssentials
import MetricModel
import Statistics
import TimeSeriesStore

/// A store like that of a fleet of model servers: integer counters and classic histograms, scraped
/// every 15 seconds with each pod's own offset and some milliseconds of jitter.
struct GeneratedStore {
  let store: Store
  let sampleCount: Int
  let end: Timestamp
  let directory: String

  private static let bounds = [
    "0.01", "0.025", "0.05", "0.1", "0.2", "0.25", "0.5", "1", "2.5", "+Inf",
  ]
  private static let start = Timestamp(milliseconds: 1_700_000_000_000)

  /// - Parameters:
  ///   - pods: each has thirteen series.
  ///   - scrapes: samples of each series.
  init(pods: Int, scrapes: Int, seed: UInt64) throws {
    directory =
      FileManager.default.temporaryDirectory
      .appending(path: "assay-benchmark-\(UUID().uuidString)").path
    store = try Store.open(directory)
    var generator = SeededGenerator(seed: seed)
    var fleet = (0..<pods).map { Pod(number: $0, bounds: Self.bounds, &generator) }
    // Scrape after scrape, as samples arrive; a thousand rows a batch.
    var batch = SampleBatch()
    var total = 0
    for scrape in 0..<scrapes {
      for pod in fleet.indices {
        let base = Self.start.advanced(by: .seconds(Int64(15 * scrape)))
        fleet[pod].scrape(after: base, into: &batch, &generator)
        if batch.count >= 1000 {
          total += try store.append(batch).accepted
          batch.removeAll()
        }
      }
    }
    total += try store.append(batch).accepted
    sampleCount = total
    end = Self.start.advanced(by: .seconds(Int64(15 * scrapes)))
  }

  func remove() throws {
    store.close()
    try FileManager.default.removeItem(atPath: directory)
  }
}

/// One pod's counters.
private struct Pod {
  private let offset: Int64
  private let labels: [Labels]
  private var counters: [Double]

  init(number: Int, bounds: [String], _ generator: inout SeededGenerator) {
    offset = Int64.random(in: 0..<15_000, using: &generator)
    let common = [
      ("app", "model-server"), ("pod", "model-server-\(number)"),
      ("version", number % 4 == 0 ? "canary" : "stable"),
    ]
    let names = [
      "model_predictions_total", "model_predictions_correct_total",
      "model_predictions_errors_total",
    ]
    labels =
      names.map { Labels(common + [("__name__", $0)]) }
      + bounds.map {
        Labels(common + [("__name__", "model_inference_duration_seconds_bucket"), ("le", $0)])
      }
    counters = Array(repeating: 0, count: labels.count)
  }

  mutating func scrape(
    after base: Timestamp, into batch: inout SampleBatch, _ generator: inout SeededGenerator
  ) {
    let jitter = Int64.random(in: 0...3, using: &generator)
    let time = base.advanced(by: Milliseconds(offset + jitter))
    let requests = Double(Int.random(in: 100...200, using: &generator))
    counters[0] += requests
    counters[1] += (requests * 0.95).rounded()
    counters[2] += requests > 180 ? 1 : 0
    for bucket in 3..<counters.count {
      counters[bucket] += (requests * min(1, Double(bucket - 2) / 7)).rounded()
    }
    for (index, value) in counters.enumerated() {
      batch.append(series: batch.addSeries(labels[index]), time, value)
    }
  }
}
