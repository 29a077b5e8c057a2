import ArgumentParser
import FoundationEssentials
import Glibc
import Manifest
import MetricModel
import TimeSeriesStore

/// `assay tsdb bench`: what this machine and disk do with a store.
struct TsdbBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Write, seal and read generated samples; say how fast and how small.",
    discussion: """
      Appends in batches of 2,000 rows, each synced, into a new directory below the one named, \
      which is removed afterwards. Times are those of the clock, so the disk counts.
      """)

  @ArgumentParser.Argument(help: "A directory on the disk to try.")
  var directory = "."

  @Option(help: "The number of series.")
  var series = 2000

  @Option(help: "The samples of each series.")
  var samples = 500

  @Flag(help: "Answer in JSON.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(series), (1...1_000_000).contains(samples) else {
      throw ValidationError("--series and --samples take 1 to 1000000")
    }
  }

  func run() throws {
    try reporting {
      let place = "\(directory)/assay-bench-\(getpid())"
      let store = try Store.open(place)
      defer {
        store.close()
        remove(place)
      }
      let labels = (0..<series).map { number in
        Labels([
          (Labels.metricName, "requests_total"), ("pod", "pod-\(number / 20)"),
          ("code", "\(200 + number % 20)"),
        ])
      }
      let append = try seconds {
        for sample in 0..<samples { try appendScrape(sample, labels, to: store) }
      }
      let seal = try seconds { try store.seal() }
      let read = try seconds {
        let found = try store.snapshot().select([], in: .all)
        var columns = SampleColumns()
        for index in found.labels.indices { try found.read(index, in: .all, into: &columns) }
      }
      let size = store.snapshot().statistics.blockSizeBytes
      report(append: append, seal: seal, read: read, sizeBytes: size)
    }
  }

  private func remove(_ directory: String) {
    do { try FileManager.default.removeItem(atPath: directory) } catch {
      Terminal.complain("assay: could not remove \(directory): \(error)")
    }
  }

  private func appendScrape(_ sample: Int, _ labels: [Labels], to store: Store) throws {
    for start in stride(from: 0, to: labels.count, by: 2000) {
      var batch = SampleBatch()
      for number in start..<min(start + 2000, labels.count) {
        let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(sample) * 15_000)
        let value = Double(sample * (number % 97 + 1) + sample * sample % 13)
        batch.append(series: batch.addSeries(labels[number]), time, value)
      }
      _ = try store.append(batch)
    }
  }

  private func report(append: Double, seal: Double, read: Double, sizeBytes: Int) {
    let total = Double(series) * Double(samples)
    let phases = [("append", append), ("seal", seal), ("read", read)]
    let bytes = Double(sizeBytes) / total
    if json {
      var fields: [String: JSONValue] = ["bytesPerSample": .number(bytes)]
      for (name, seconds) in phases { fields["\(name)SamplesPerSecond"] = .number(total / seconds) }
      Terminal.print(JSONValue.object(fields).indented)
      return
    }
    for (name, seconds) in phases {
      Terminal.print("\(name): \(NumberText.general((total / seconds).rounded())) samples/s")
    }
    Terminal.print("\(NumberText.general((bytes * 1000).rounded() / 1000)) bytes a sample")
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let length = try clock.measure(body)
    return Double(length.components.seconds) + Double(length.components.attoseconds) / 1e18
  }
}
