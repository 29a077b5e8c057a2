import MetricModel
import Testing

@testable import HTTPService

@Suite struct RequestCostsTests {
  private func question(
    _ query: String, route: String = "/api/v1/query_range", _ encoding: ContentEncoding? = nil
  ) throws -> RequestCosts.Question {
    var request = APIRequest()
    request.parameters = try RequestParameters(form: [], query: query.utf8)
    return RequestCosts.Question(route, request, encoding)
  }

  @Test func `what never came isn't small`() throws {
    #expect(!RequestCosts().isSmall(try question("query=up&start=0&end=60&step=15")))
  }

  @Test func `what took little is small at any other time`() throws {
    let costs = RequestCosts()
    costs.note(try question("query=up&start=0&end=60&step=15"), .microseconds(90))
    #expect(costs.isSmall(try question("query=up&start=0&end=60&step=15")))
    #expect(costs.isSmall(try question("step=15&start=1000&query=up&end=1060")))
    #expect(costs.isSmall(try question("query=up&start=0&end=30&step=15")))
  }

  @Test(arguments: [
    "query=up&start=0&end=61&step=15", "query=up&start=0&end=60&step=1",
    "query=down&start=0&end=60&step=15", "query=up&query=up&start=0&end=60&step=15",
    "query=up&start=0&step=15", "query=up&start=x&end=60&step=15",
  ])
  func `what asks for more or for something else isn't known`(_ other: String) throws {
    let costs = RequestCosts()
    costs.note(try question("query=up&start=0&end=60&step=15"), .microseconds(90))
    #expect(!costs.isSmall(try question(other)))
  }

  @Test func `route and compression belong to what is asked`() throws {
    let costs = RequestCosts()
    costs.note(try question("match[]=up", route: "/api/v1/series"), .microseconds(90))
    #expect(costs.isSmall(try question("match[]=up", route: "/api/v1/series")))
    #expect(!costs.isSmall(try question("match[]=up", route: "/api/v1/labels")))
    #expect(!costs.isSmall(try question("match[]=up", route: "/api/v1/series", .gzip)))
  }

  @Test func `the last time counts`() throws {
    let costs = RequestCosts()
    let asked = try question("query=up&time=7", route: "/api/v1/query")
    costs.note(asked, .microseconds(90))
    costs.note(asked, .milliseconds(3))
    #expect(!costs.isSmall(asked))
  }

  @Test func `no more than some kinds are remembered`() throws {
    let costs = RequestCosts(kindsMax: 2)
    let asked = try ["a", "b", "c"].map { try question("query=\($0)") }
    for question in asked { costs.note(question, .microseconds(90)) }
    #expect(asked.map(costs.isSmall) == [false, false, true])
  }
}
