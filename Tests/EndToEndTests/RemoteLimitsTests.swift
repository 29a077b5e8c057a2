import Foundation
import MetricModel
import Testing

/// What comes from another server counts against the limits of the query that asked for it.
@Suite(.serialized) struct RemoteLimitsTests {
  /// 40,000 samples, which take 640,000 bytes as columns.
  private func fleet(until end: Int64) -> SampleBatch {
    var batch = SampleBatch()
    for pod in 0..<40 {
      let series = batch.addSeries(Labels([("__name__", "load"), ("pod", "\(pod)")]))
      for row in 0..<1000 as Range<Int64> {
        let time = Timestamp(milliseconds: end - (1000 - row) * 1000)
        batch.append(series: series, time, Double(row) / Double(pod + 3))
      }
    }
    return batch
  }

  @Test(arguments: [
    // Samples are handed over, and evaluated here.
    ("off", "query=count(count_over_time(load%5B20m%5D))&time=END", 500_000),
    // An answer of 40 rows with 1,000 points each, larger as text than as columns.
    ("safe", "query=abs(load)&start=START&end=END&step=1", 500_000),
    ("safe", "query=abs(load)&start=START&end=END&step=1", 900_000),
  ])
  func `a query is refused by the limit on its memory, which is named`(
    pushdown: String, query: String, bytesMax: Int
  ) async throws {
    let folder = try TemporaryFolder()
    let end = Int64(Date().timeIntervalSince1970)
    let holder = try await Server.assay(folder, "holder")
    try await holder.write(fleet(until: end * 1000))
    let path =
      (query.contains("step") ? "/api/v1/query_range?" : "/api/v1/query?")
      + query.replacing("START", with: "\(end - 999)").replacing("END", with: "\(end)")
    for (limit, isEnough) in [(bytesMax, false), (20_000_000, true)] {
      let own = try await Server.assay(
        folder, "own-\(limit)", "--storage", "remote:\(holder.address)", "--storage.pushdown",
        pushdown, "--query.max-bytes", "\(limit)")
      let answer = try await own.send(own.request(path))
      if isEnough {
        #expect(answer.status == 200, "\(answer.text.prefix(500))")
      } else {
        #expect(answer.status == 422)
        #expect(answer.text.contains("--query.max-bytes"), "\(answer.text.prefix(500))")
      }
      #expect(own.stop() == 0)
    }
    #expect(holder.stop() == 0)
  }
}
