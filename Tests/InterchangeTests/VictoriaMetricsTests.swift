import Exposition
import Foundation
import MetricModel
import Testing

/// JSON lines as Debian's VictoriaMetrics takes and gives them; 1.79 takes no markers of staleness.
@Suite struct VictoriaMetricsTests {
  private static let program = PrometheusServer.program("victoria-metrics")
  private static let isInstalled = FileManager.default.isExecutableFile(atPath: program)
  private static let comment: Comment =
    "Debian's victoria-metrics is not here: nothing to exchange with"

  private var series: [Series] {
    let now = Int64(Date().timeIntervalSince1970) * 1000
    return ["a", "b é"].map { name in
      var samples = SampleColumns()
      for index in 0..<200 {
        let time = Timestamp(milliseconds: now - 4_000_000 + Int64(index) * 15_000)
        samples.append(time, Double(index) * 0.25)
      }
      return Series(
        labels: Labels([("__name__", "lines"), ("n", name)]), samples: samples)
    }
  }

  @Test(.enabled(if: isInstalled, comment))
  func `what is sent comes back`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "interchange-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let address = "127.0.0.1:\(Int.random(in: 30_000..<32_000))"
    let process = Process()
    process.executableURL = URL(filePath: Self.program)
    process.arguments = ["-storageDataPath=\(folder.path)/data", "-httpListenAddr=\(address)"]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    func ask(_ path: String, _ arguments: [String] = []) throws -> String {
      try PrometheusServer.run("/usr/bin/curl", ["-sg"] + arguments + ["http://\(address)\(path)"])
        .output
    }
    for _ in 0..<200 where try ask("/health") != "OK" { Thread.sleep(forTimeInterval: 0.05) }
    let sent = series
    var lines = SeriesJSONLines()
    for series in sent { lines.append(series) }
    let input = folder.appending(path: "lines")
    try Data(lines.bytes).write(to: input)
    _ = try ask("/api/v1/import", ["--data-binary", "@\(input.path)"])
    _ = try ask("/internal/force_flush")
    let exported = try ask("/api/v1/export?match[]=lines")
    let batch = try SeriesJSONLines.parse(Array(exported.utf8))
    #expect(Set(batch.labels) == Set(sent.map(\.labels)))
    for (number, labels) in batch.labels.enumerated() {
      let rows = (0..<batch.count).filter { batch.series[$0] == UInt32(number) }
      let original = sent.first { $0.labels == labels }?.samples
      #expect(rows.map { batch.timestamps[$0] } == original?.timestamps)
      #expect(
        rows.map { batch.values[$0].bitPattern } == original?.values.map(\.bitPattern))
    }
  }
}
