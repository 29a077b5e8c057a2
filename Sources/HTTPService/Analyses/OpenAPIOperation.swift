import Manifest

/// One thing that clients can ask of the analyses' part of the server.
struct OpenAPIOperation {
  enum Method: String {
    case get, post, delete
  }

  /// A body, by the name of its schema.
  enum Content {
    case nothing
    /// `{"status": "success", "data": …}`.
    case data(String)
    case list(of: String)
    case json(String)
    case text
    case events
  }

  var method: Method
  var path: String
  var tag: String
  var summary: String
  /// The schema of the request's body.
  var body: String?
  var answers: [(status: Int, meaning: String, content: Content)]
  /// Statuses with an `Error` for a body.
  var errors: [Int]

  private init(
    _ method: Method, _ path: String, _ tag: String, _ summary: String, body: String? = nil,
    _ answers: [(status: Int, meaning: String, content: Content)], errors: [Int] = []
  ) {
    self.method = method
    self.path = path
    self.tag = tag
    self.summary = summary
    self.body = body
    self.answers = answers
    self.errors = errors
  }

  /// The map of this part of the server, as `Routes` is of the rest.
  static let all: [OpenAPIOperation] = [
    OpenAPIOperation(
      .get, "/api/v1/analyses", "analyses", "All runs by name.",
      [(200, "The runs.", .list(of: "Summary"))]),
    OpenAPIOperation(
      .post, "/api/v1/analyses", "analyses",
      "Starts a run; the same run again is answered, not started twice.", body: "Order",
      [(200, "It goes on already.", .data("Run")), (201, "Started.", .data("Run"))],
      errors: [400, 404, 503]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}", "analyses", "A run with its state.",
      [(200, "The run.", .data("Run"))], errors: [400, 404]),
    OpenAPIOperation(
      .delete, "/api/v1/analyses/{name}", "analyses", "Forgets an ended run.",
      [(204, "Forgotten.", .nothing)], errors: [400, 404]),
    OpenAPIOperation(
      .post, "/api/v1/analyses/{name}/cancel", "analyses", "Asks a run to stop.",
      [(202, "It ends.", .data("Run"))], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/events", "analyses",
      "The run after each change, as server-sent events, until it has ended.",
      [(200, "Events named by phase, each with a Summary.", .events)], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/record", "analyses",
      "The run with the evidence behind its verdict, for assay explain and rejudge.",
      [(200, "The record.", .json("Run"))], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/verdict", "analyses",
      "The verdict so far, for Argo's web provider.",
      [(200, "The verdict.", .data("Verdict"))], errors: [400, 404]),
    OpenAPIOperation(
      .post, "/api/v1/verdict", "analyses",
      "Starts the run where it isn't there, and answers its verdict so far.", body: "Order",
      [(200, "The verdict.", .data("Verdict"))], errors: [400, 404, 503]),
    OpenAPIOperation(
      .get, "/api/v1/openapi.json", "analyses", "This document.",
      [(200, "OpenAPI 3.1.", .json("Document"))]),
    OpenAPIOperation(
      .get, "/canaryConfig", "kayenta", "The templates as canary configs of Kayenta.",
      [(200, "The configs.", .json("CanaryConfigs"))]),
    OpenAPIOperation(
      .post, "/canary/{id}", "kayenta", "Judges a stretch of the past by the template of that id.",
      body: "Canary", [(200, "Judged.", .json("CanaryExecution"))], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/canary/{id}", "kayenta", "A canary's score.",
      [(200, "The score.", .json("CanaryState"))], errors: [400, 404]),
    OpenAPIOperation(
      .post, "/flagger/{hook}", "flagger",
      "Flagger's webhooks; metadata.template names the template.", body: "Hook",
      [(200, "Yes.", .text), (409, "No, with the reason.", .text)], errors: [400, 404, 503]),
  ]

  /// The paths by their parts, with what they take.
  private static let methods = Dictionary(grouping: all, by: \.path).map { path, operations in
    (parts: path.split(separator: "/"), names: operations.map { $0.method.rawValue.uppercased() })
  }

  /// What may be asked of a path; nil for one that isn't in the map.
  static func methods(at parts: [Substring]) -> [String]? {
    methods.first { known in
      known.parts.count == parts.count
        && zip(known.parts, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }?.names
  }

  /// The one part of the path that is open.
  var parameter: JSONValue? {
    guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
      return nil
    }
    let name = String(path[path.index(after: open)..<close])
    let schema =
      name == "hook" ? OpenAPISchemas.reference("HookName") : .object(["type": .string("string")])
    return .object([
      "name": .string(name), "in": .string("path"), "required": .bool(true), "schema": schema,
    ])
  }

  var json: JSONValue {
    var responses: [String: JSONValue] = [:]
    for (status, meaning, content) in answers {
      responses[String(status)] = Self.response(meaning, content)
    }
    for status in errors {
      responses[String(status)] = Self.response("What is wrong.", .json("Error"))
    }
    responses["401"] = Self.response("Who asks isn't known.", .text)
    var fields: [String: JSONValue] = [
      "summary": .string(summary), "tags": .array([.string(tag)]),
    ]
    if let body {
      responses["413"] = Self.response("The body is larger than 1 MiB.", .text)
      fields["requestBody"] = .object([
        "required": .bool(true),
        "content": Self.media("application/json", OpenAPISchemas.reference(body)),
      ])
    }
    fields["responses"] = .object(responses)
    return .object(fields)
  }

  private static func response(_ meaning: String, _ content: Content) -> JSONValue {
    var fields = ["description": JSONValue.string(meaning)]
    fields["content"] =
      switch content {
      case .nothing: nil
      case .data(let name):
        media("application/json", OpenAPISchemas.enveloped(OpenAPISchemas.reference(name)))
      case .list(let name):
        media(
          "application/json",
          OpenAPISchemas.enveloped(
            .object(["type": .string("array"), "items": OpenAPISchemas.reference(name)])))
      case .json(let name): media("application/json", OpenAPISchemas.reference(name))
      case .text: media("text/plain", .object(["type": .string("string")]))
      case .events: media("text/event-stream", .object(["type": .string("string")]))
      }
    return .object(fields)
  }

  private static func media(_ type: String, _ schema: JSONValue) -> JSONValue {
    .object([type: .object(["schema": schema])])
  }
}
