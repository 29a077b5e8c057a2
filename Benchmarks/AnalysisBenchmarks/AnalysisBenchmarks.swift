import Analysis
import AnalysisExecutor
import Foundation
import Manifest
import MetricModel
import Synchronization

/// What many live runs cost: 5,000 AnalysisRuns with an interval of one minute, in real time, each
/// event written to a journal of files. Prints CPU seconds a second and the share of queries
/// shared.
///
///     swift run -c release AnalysisBenchmarks 5000 120
@main
struct AnalysisBenchmarks {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let count = arguments.first ?? 5_000
    let seconds = arguments.dropFirst().first ?? 120
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "analysis-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = SharedQueries(OneNumber())
    let runner = AnalysisRunner(source: source, journal: try FileJournal(directory: folder.path))
    let template = try AnalysisTemplate(JSONValue(parsing: Self.template).manifestNode)
    let began = CPUTime.now
    for number in 0..<count {
      // Ten services, so that some runs ask the same.
      let spec = try AnalysisSpec.merging(
        [template], arguments: [Argument("service", value: "s\(number % 10)")])
      try await runner.start("run-\(number)", spec: spec)
      // Starts spread over a minute, as deploys do.
      if number % max(1, count / 60) == 0 { try await Task.sleep(for: .seconds(1)) }
    }
    let started = CPUTime.now
    print("started \(count) runs: \(started - began) CPU s")
    try await Task.sleep(for: .seconds(seconds))
    let used = CPUTime.now - started
    let shared = await source.count
    let running = await runner.runs().count { $0.phase == .running }
    print("\(running) runs live for \(seconds) s: \(used / Double(seconds)) CPU s a second")
    print("\(shared.all) measurements, \(shared.shared) of them by another's answer")
    await runner.close()
  }

  private static let template = """
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "t"},
     "spec": {"args": [{"name": "service"}], "metrics": [
      {"name": "errors", "interval": "1m", "failureCondition": "result[0] > 0.05",
       "successCondition": "result[0] <= 0.05",
       "provider": {"prometheus": {"query": "errors{service=\\"{{args.service}}\\"}"}}}]}}
    """
}

/// Answers at once, so that only the runner is measured.
private struct OneNumber: MetricSource {
  func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    .answered([.vector([VectorSample(labels: .empty, time: now, value: 0.01)])])
  }
}

private enum CPUTime {
  /// Seconds of all threads.
  static var now: Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
  }
}
