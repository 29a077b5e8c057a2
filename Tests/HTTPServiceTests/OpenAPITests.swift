import Analysis
import AnalysisExecutor
import Manifest
import Testing

@testable import HTTPService

/// The document and the server say the same.
@Suite struct OpenAPITests {
  private static let endpoints = AnalysisEndpoints(
    runner: AnalysisRunner(source: RoutedSource(local: nil, remote: nil)),
    catalog: AnalysisCatalog([]), judge: { spec, _, _, _ in AnalysisRun(name: "c", spec: spec) },
    newName: { "fresh" })

  private static func status(_ method: String, _ path: String) async -> (Int, allow: String?)? {
    var request = APIRequest()
    request.body = Array("{}".utf8)
    guard
      case .whole(let response)? = await endpoints.reply(method: method, path: path[...], request)
    else { return nil }
    return (response.status, response.headers["Allow"])
  }

  @Test func `each path takes the methods of its rows and no others`() async throws {
    let paths = Dictionary(grouping: OpenAPIOperation.all, by: \.path)
    #expect(paths.count == 18)
    for (template, operations) in paths {
      let path = template.replacing("{name}", with: "x").replacing("{id}", with: "x")
      let methods = operations.map { $0.method.rawValue.uppercased() }
      for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let answer = try #require(await Self.status(method, path), "\(method) \(path)")
        guard !methods.contains(method) else {
          #expect(answer.0 != 405, "\(method) \(path)")
          let operation = try #require(
            operations.first { $0.method.rawValue.uppercased() == method })
          let known = operation.answers.map(\.status) + operation.errors
          #expect(known.contains(answer.0), "\(method) \(path): \(answer.0)")
          continue
        }
        #expect(answer.0 == 405, "\(method) \(path)")
        let allowed = Set((answer.allow ?? "").split(separator: ", ").map(String.init))
        #expect(allowed == Set(methods), "\(method) \(path)")
      }
    }
  }

  @Test func `every schema that is named is there, and every one that is there is named`() throws {
    let document = OpenAPIDocument.document(templates: ["gate"])
    let schemas = try #require(document["components"]?["schemas"]?.asObject)
    var named: Set<String> = []
    func collect(_ value: JSONValue) {
      switch value {
      case .object(let fields):
        if let reference = fields["$ref"]?.asString {
          let prefix = "#/components/schemas/"
          #expect(reference.hasPrefix(prefix))
          named.insert(String(reference.dropFirst(prefix.count)))
        }
        fields.values.forEach(collect)
      case .array(let elements): elements.forEach(collect)
      default: break
      }
    }
    collect(document)
    #expect(named == Set(schemas.keys))
    #expect(try JSONValue(parsing: document.spelled) == document)
  }

  @Test func `examples are as their schemas say`() throws {
    for name in ["Order", "StartingHook", "Hook", "Canary"] {
      let examples = OpenAPISchemas.examples(of: name, templates: ["gate"])
      #expect(!examples.isEmpty)
      for example in examples.values {
        #expect(BodySchema(named: name).fault(in: example, at: "") == nil, "\(name)")
      }
    }
  }

  @Test(arguments: [
    ("Hook", #"{"name":"a","namespace":5}"#, "namespace: found a number, expected a text"),
    ("Hook", #"{"name":"a"}"#, "namespace: it is missing"),
    ("Hook", "7", "the body: found a number, expected an object"),
    (
      "StartingHook", #"{"name":"a","namespace":"b","metadata":{}}"#,
      "metadata.template: it is missing"
    ),
    (
      "Order", #"{"name":"a b","templateName":"t"}"#,
      "name: found \"a b\", expected letters, digits and -._~ in up to 20 parts with / between them"
    ),
    (
      "Order", #"{"templateName":"t","template":{}}"#,
      "say what to run by exactly one of templateName, templateNames, template, templates"
    ),
    ("Order", #"{"templates":[{},7]}"#, "templates[1]: found a number, expected an object"),
    ("Order", #"{"templateNames":[]}"#, "templateNames: the list is empty"),
    ("Canary", #"{"scopes":{}}"#, "scopes: the object is empty"),
    (
      "Canary", #"{"scopes":{"d":{"controlScope":{"scope":"a","start":"5","end":"6"}}}}"#,
      "scopes.d.experimentScope: it is missing"
    ),
    (
      "CanaryScope", #"{"scope":"a","start":"1700000000","end":"6"}"#,
      "end: found \"6\", expected a time of RFC 3339"
    ),
  ])
  func `a body is refused with the place`(name: String, body: String, reason: String) throws {
    let value = try JSONValue(parsing: body)
    #expect(BodySchema(named: name).fault(in: value, at: "") == reason)
  }
}
