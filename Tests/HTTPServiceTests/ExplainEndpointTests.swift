import Manifest
import Testing

@testable import HTTPService

/// `/api/v1/explain`.
@Suite struct ExplainEndpointTests {
  @Test func `a plan comes with estimates, and with costs when it is asked to run`() throws {
    let served = try ServedStore()
    let query = "/api/v1/explain?query=sum(up)&start=0&end=60&step=15"
    let plan = try served.ask("GET \(query)").body
    #expect(
      String(decoding: plan, as: UTF8.self) == """
        {"status":"success","data":{"text":"sum by ()   rows 1 estimated\\n  newest sample [5m]   \
        rows 2 estimated\\n    series {__name__=\\"up\\"}","operators":[\
        {"depth":0,"operator":"sum by ()","estimatedRows":1},\
        {"depth":1,"operator":"newest sample [5m]","estimatedRows":2},\
        {"depth":2,"operator":"series {__name__=\\"up\\"}"}]}}
        """)
    let costs = try JSONValue(parsing: served.ask("GET \(query)&analyze=true").body)
    #expect(costs[path: "data", "operators", 0, "rows"] == .integer(1))
    #expect(costs[path: "data", "operators", 1, "rows"] == .integer(2))
  }

  @Test func `a query that can't be planned is refused in Prometheus' words`() throws {
    let answer = try ServedStore().ask("GET /api/v1/explain?query=sum(")
    #expect(answer.status == 400)
    #expect(
      String(decoding: answer.body, as: UTF8.self).contains("invalid parameter \\\"query\\\""))
  }
}
