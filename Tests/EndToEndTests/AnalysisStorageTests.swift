import Exposition
import Foundation
import MetricModel
import Testing

/// AnalysisRuns over what the real Prometheus and VictoriaMetrics hold: the measurements, the
/// evidence and the verdict are those over a store of ours that holds the same.
@Suite(.serialized) struct AnalysisStorageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A recording as if it ended a minute ago, since other servers look at the last hour.
  private struct Recent {
    var batch: SampleBatch
    /// Where analyses start, in seconds.
    var start: Int64
    /// The hashes of both versions.
    var arguments: [String]
  }

  private func recent(_ recording: String) throws -> Recent {
    let source = Program.projectRoot.appending(path: "queries/recordings/\(recording)")
    let (data, lines) = (folder.file("recorded"), folder.file("recorded.jsonl"))
    #expect(try Program.assay.run("import", source.path, "--data", data).exitCode == 0)
    #expect(try Program.assay.run("tsdb", "export", data, lines).exitCode == 0)
    let recorded = try SeriesJSONLines.parse(
      Array(Foundation.Data(contentsOf: URL(filePath: lines))))
    let last = try #require(recorded.timestamps.max())
    let shift = (Int64(Date().timeIntervalSince1970) - 60 - last / 1000) * 1000
    var batch = SampleBatch()
    for labels in recorded.labels { _ = batch.addSeries(labels) }
    for row in 0..<recorded.count {
      let time = Timestamp(milliseconds: recorded.timestamps[row] + shift)
      batch.append(series: recorded.series[row], time, recorded.values[row])
    }
    let description = try JSONSerialization.jsonObject(
      with: Foundation.Data(contentsOf: source.appending(path: "recording.json")))
    let fields = try #require(description as? [String: Any])
    func hash(_ version: String) throws -> String {
      let labels = try #require(fields[version] as? [String: String])
      return try #require(labels["rollouts_pod_template_hash"])
    }
    let rolloutStart = try #require(fields["rolloutStart"] as? Int)
    return Recent(
      batch: batch, start: Int64(rolloutStart) + 300 + shift / 1000,
      arguments: [
        "--arg", "canary-hash=\(try hash("canary"))", "--arg", "stable-hash=\(try hash("stable"))",
      ])
  }

  private func analyze(_ template: String, _ recent: Recent, _ source: String...) throws
    -> Program.Outcome
  {
    let path = Program.projectRoot.appending(path: "queries/analysis/\(template).yaml").path
    return try Program.assay.run(
      ["analyze", path, "--at", "\(recent.start)"] + recent.arguments + source)
  }

  /// Asks the same of our own store and of a server with the same samples.
  private func compare(
    _ holder: Server, isFlushed: Bool, _ recording: String, _ codes: [String: Int32]
  ) async throws {
    let recent = try recent(recording)
    let own = try await Server.assay(folder, "own")
    for server in [holder, own] { try await server.write(recent.batch) }
    if isFlushed { try await holder.flush() }
    #expect(own.stop() == 0)
    for (template, code) in codes {
      let here = try analyze(template, recent, "--data", folder.file("own"))
      #expect(here.exitCode == code, "\(template): \(here.output)\(here.errors)")
      for pushdown in ["off", "safe"] {
        let there = try analyze(
          template, recent, "--storage", "remote:\(holder.address)", "--storage.pushdown", pushdown)
        #expect(there.exitCode == code, "\(template): \(there.errors)")
        #expect(there.output == here.output, "\(template)")
      }
    }
  }

  @Test(
    .enabled(if: Program.prometheus != nil, "prometheus could not be had"),
    arguments: [("healthy", 0), ("accuracy-drop", 1)])
  func `Prometheus' samples give the verdict of our own store`(recording: String, compared: Int32)
    async throws
  {
    let holder = try await Server.prometheus(folder)
    try await compare(
      holder, isFlushed: false, recording, ["ml-model-compare": compared, "ml-model-analysis": 0])
    _ = holder.stop()
  }

  @Test(
    .enabled(if: Program.victoriaMetrics != nil, "victoria-metrics could not be had"),
    arguments: [("healthy", 0), ("accuracy-drop", 1)])
  func `VictoriaMetrics' samples give the verdict of our own store`(
    recording: String, compared: Int32
  ) async throws {
    let holder = try await Server.victoriaMetrics(folder)
    try await compare(
      holder, isFlushed: true, recording, ["ml-model-compare": compared, "ml-model-analysis": 0])
    _ = holder.stop()
  }
}
