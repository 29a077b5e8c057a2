import MetricModel
import Testing
import TimeSeriesStore

@testable import HTTPService

/// Deletes by operators, as Prometheus' API has them.
@Suite struct AdminEndpointTests {
  private static let names = "GET /api/v1/label/__name__/values"

  @Test(arguments: ["delete_series?match%5B%5D=up", "clean_tombstones"])
  func `without the flag nothing is deleted`(call: String) throws {
    let served = try ServedStore()
    #expect(
      try served.text("POST /api/v1/admin/tsdb/\(call)")
        == #"503 {"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#)
    #expect(served.store.snapshot().statistics.samples == 11)
  }

  @Test func `what is deleted isn't answered, and is gone once tombstones are cleaned`() throws {
    let served = try ServedStore { $0.isAdminEnabled = true }
    try served.store.seal()
    let path = "POST /api/v1/admin/tsdb/delete_series"
    // Both ends belong to the range: three of the five samples of one series.
    #expect(
      try served.ask("\(path)?match%5B%5D=up%7Bjob=%22a%22%7D&start=15&end=45").status == 204)
    let left = try served.text(
      "GET /api/v1/query?query=count_over_time(up%7Bjob=%22a%22%7D%5B10m%5D)&time=60")
    #expect(left.contains(#""value":[60,"2"]"#), "\(left)")
    #expect(
      try served.ask("\(path)?match%5B%5D=gone&match%5B%5D=up%7Bjob=%22b%22%7D").status == 204)
    let count = try served.text(
      "GET /api/v1/query?query=count(last_over_time(%7B__name__=~%22.%2B%22%7D%5B10m%5D))&time=60")
    #expect(count.contains(#""value":[60,"1"]"#), "\(count)")
    #expect(try served.ask("PUT /api/v1/admin/tsdb/clean_tombstones").status == 204)
    // Names of a block are those of its index, which is written again only now.
    #expect(try served.text(Self.names) == #"200 {"status":"success","data":["up"]}"#)
    #expect(served.store.snapshot().statistics.samples == 2)
    served.store.close()
    #expect(try Store.open("data", on: served.files).snapshot().statistics.samples == 2)
  }

  @Test func `a delete that names no series is refused`() throws {
    let served = try ServedStore { $0.isAdminEnabled = true }
    #expect(
      try served.text("POST /api/v1/admin/tsdb/delete_series")
        == #"400 {"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}"#
    )
  }
}
