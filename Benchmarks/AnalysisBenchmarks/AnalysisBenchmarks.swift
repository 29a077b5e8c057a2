import Analysis
import AnalysisExecutor
import Foundation
import Manifest
import MetricModel
import PromQL
import TimeSeriesStore

/// What many live runs cost: AnalysisRuns with an interval of one minute, in real time, over a
/// store that is written to every 15 seconds, each event in a journal that is forced to the disk.
/// Prints the CPU seconds of a minute, of all threads, and how many queries were shared.
///
///     swift run -c release AnalysisBenchmarks 5000 120 500     # runs, seconds, services
@main
struct AnalysisBenchmarks {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let count = arguments.first ?? 5_000
    let seconds = arguments.dropFirst().first ?? 120
    let services = arguments.dropFirst(2).first ?? 500
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "analysis-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store.open(folder.appending(path: "store").path)
    let traffic = Traffic(services: services)
    try traffic.write(to: store, until: .now)
    let scraping = Task {
      while (try? await Task.sleep(for: .seconds(15))) != nil {
        try traffic.write(to: store, at: .now)
      }
    }
    let source = SharedQueries(LocalSource { store.snapshot() })
    let journal = try FileJournal(directory: folder.appending(path: "runs").path)
    let runner = AnalysisRunner(source: source, journal: journal)
    let template = try AnalysisTemplate(JSONValue(parsing: Self.template).manifestNode)
    let began = CPUTime.now
    for number in 0..<count {
      // Several runs of a service ask the same, but in different seconds: no answer is shared,
      // which is the worst case.
      let spec = try AnalysisSpec.merging(
        [template], arguments: [Argument("service", value: "s\(number % services)")])
      try await runner.start("run-\(number)", spec: spec)
      // Starts spread over a minute, as deploys do.
      if number % max(1, count / 60) == 0 { try await Task.sleep(for: .seconds(1)) }
    }
    let started = CPUTime.now
    print("started \(count) runs: \(Self.rounded(started - began)) CPU s")
    let before = await source.count
    try await Task.sleep(for: .seconds(seconds))
    let used = CPUTime.now - started
    let after = await source.count
    let running = await runner.runs().count { $0.phase == .running }
    print(
      "\(running) runs live for \(seconds) s: \(Self.rounded(used / Double(seconds) * 60)) "
        + "CPU s a minute")
    print(
      "\(after.all - before.all) measurements, \(after.shared - before.shared) of them by "
        + "another's answer")
    scraping.cancel()
    await runner.close()
    store.close()
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private static let template = """
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "t"},
     "spec": {"args": [{"name": "service"}], "metrics": [
      {"name": "errors", "interval": "1m", "failureCondition": "result[0] > 0.05",
       "successCondition": "result[0] <= 0.05", "provider": {"prometheus": {"query":
        "sum(rate(requests_total{service=\\"{{args.service}}\\",code=\\"500\\"}[2m])) / \
    sum(rate(requests_total{service=\\"{{args.service}}\\"}[2m]))"}}}]}}
    """
}

/// Counters of services with four pods and two codes each.
private struct Traffic {
  let services: Int

  /// The last ten minutes.
  func write(to store: Store, until end: Timestamp) throws {
    for step in stride(from: 40, through: 0, by: -1) {
      try write(to: store, at: end.advanced(by: .seconds(Int64(-15 * step))))
    }
  }

  func write(to store: Store, at time: Timestamp) throws {
    var batch = SampleBatch()
    let seconds = Double(time.milliseconds / 1000)
    for service in 0..<services {
      for pod in 0..<4 {
        for (code, rate) in [("200", 99.0), ("500", 1.0)] {
          let series = batch.addSeries(
            Labels([
              ("__name__", "requests_total"), ("service", "s\(service)"), ("pod", "\(pod)"),
              ("code", code),
            ]))
          batch.append(series: series, time, (seconds - 1.7e9) * rate)
        }
      }
    }
    _ = try store.append(batch)
  }
}

extension Timestamp {
  fileprivate static var now: Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
}

private enum CPUTime {
  /// Seconds of all threads.
  static var now: Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
  }
}
