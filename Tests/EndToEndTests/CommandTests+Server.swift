import Exposition
import Foundation
import FoundationNetworking
import MetricModel

extension CommandTests {
  static func serve(_ data: String, log: String) async throws -> Server {
    try await Server(.assay, log: log) { port in
      ["serve", "--data", data, "--listen", "127.0.0.1:\(port)"]
    }
  }

  /// Remote-write bodies of one sample each.
  static func batches(_ count: Int) throws -> [Foundation.Data] {
    (0..<count).map { index in
      var batch = SampleBatch()
      let series = batch.addSeries(Labels([("__name__", "torn")]))
      let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(index) * 1000)
      batch.append(series: series, time, Double(index))
      return Foundation.Data(RemoteWrite.encode(batch))
    }
  }

  static func write(_ body: Foundation.Data, to server: Server) async throws -> Int {
    var request = try server.request("/api/v1/write", method: "POST", body: body)
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    return try await server.send(request).status
  }

  /// The log written last.
  static func newestLog(in data: String) -> URL? {
    let folder = URL(filePath: data)
    let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let logs = (walk?.allObjects as? [URL] ?? []).filter {
      $0.path.contains("/log/") && !$0.hasDirectoryPath
    }
    return logs.max { $0.lastPathComponent < $1.lastPathComponent }
  }
}
