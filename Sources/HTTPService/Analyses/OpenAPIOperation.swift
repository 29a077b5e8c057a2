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
  /// Its name among all, for clients that are generated and for links.
  var id: String
  var summary: String
  /// The schema of the request's body.
  var body: String?
  var answers: [(status: Int, meaning: String, content: Content)]
  /// Statuses with an `Error` for a body.
  var errors: [Int]
  /// Where the open part of other operations' paths is found in the answer.
  var names: (pointer: String, operations: [String])?

  private init(
    _ method: Method, _ path: String, _ id: String, _ summary: String, body: String? = nil,
    _ answers: [(status: Int, meaning: String, content: Content)], errors: [Int] = [],
    names: (pointer: String, operations: [String])? = nil
  ) {
    self.method = method
    self.path = path
    self.id = id
    self.summary = summary
    self.body = body
    self.answers = answers
    self.errors = errors
    self.names = names
  }

  /// The map of this part of the server, as `Routes` is of the rest.
  static let all: [OpenAPIOperation] = analyses + kayenta + flagger

  private static let analyses = [
    OpenAPIOperation(
      .get, "/api/v1/analyses", "listAnalyses", "All runs by name.",
      [(200, "The runs.", .list(of: "Summary"))]),
    OpenAPIOperation(
      .post, "/api/v1/analyses", "createAnalysis",
      "Starts a run; the same run again is answered, not started twice.", body: "Order",
      [(200, "It goes on already.", .data("Run")), (201, "Started.", .data("Run"))],
      errors: [400, 404, 409, 422, 503],
      names: (
        "/data/metadata/name",
        [
          "getAnalysis", "removeAnalysis", "cancelAnalysis", "watchAnalysis", "getRecord",
          "getVerdict",
        ]
      )),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}", "getAnalysis", "A run with its state.",
      [(200, "The run.", .data("Run"))], errors: [400, 404]),
    OpenAPIOperation(
      .delete, "/api/v1/analyses/{name}", "removeAnalysis", "Forgets an ended run.",
      [(204, "Forgotten.", .nothing)], errors: [400, 404, 409]),
    OpenAPIOperation(
      .post, "/api/v1/analyses/{name}/cancel", "cancelAnalysis", "Asks a run to stop.",
      [(202, "It ends.", .data("Run"))], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/events", "watchAnalysis",
      "The run after each change, as server-sent events, until it has ended.",
      [(200, "Events named by phase, each with a Summary.", .events)], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/record", "getRecord",
      "The run with the evidence behind its verdict, for assay explain and rejudge.",
      [(200, "The record.", .json("Record"))], errors: [400, 404]),
    OpenAPIOperation(
      .get, "/api/v1/analyses/{name}/verdict", "getVerdict",
      "The verdict so far, for Argo's web provider.",
      [(200, "The verdict.", .data("Verdict"))], errors: [400, 404]),
    OpenAPIOperation(
      .post, "/api/v1/verdict", "askVerdict",
      "Starts the run where it isn't there, and answers its verdict so far.", body: "Order",
      [(200, "The verdict.", .data("Verdict"))], errors: [400, 404, 409, 422, 503]),
    OpenAPIOperation(
      .get, "/api/v1/openapi.json", "getDocument", "This document.",
      [(200, "OpenAPI 3.1.", .json("Document"))]),
  ]

  private static let kayenta = [
    OpenAPIOperation(
      .get, "/canaryConfig", "listCanaryConfigs", "The templates as canary configs of Kayenta.",
      [(200, "The configs.", .json("CanaryConfigs"))], names: ("/0/id", ["judgeCanary"])),
    OpenAPIOperation(
      .post, "/canary/{id}", "judgeCanary",
      "Judges a stretch of the past by the template of that id.", body: "Canary",
      [(200, "Judged.", .json("CanaryExecution"))], errors: [400, 404, 422],
      names: ("/canaryExecutionId", ["getCanary"])),
    OpenAPIOperation(
      .get, "/canary/{id}", "getCanary", "A canary's score.",
      [(200, "The score.", .json("CanaryState"))], errors: [400, 404]),
  ]

  /// Flagger's webhooks that start a run, so that they must say by which template.
  static let startingHooks = ["confirm-rollout", "pre-rollout", "rollout"]
  private static let otherHooks = [
    "rollback", "confirm-traffic-increase", "confirm-promotion", "post-rollout", "event",
  ]

  private static let flagger =
    startingHooks.map { hook($0, body: "StartingHook", errors: [400, 404, 422, 503]) }
    + otherHooks.map { hook($0, body: "Hook", errors: [400, 404]) }

  private static func hook(_ name: String, body: String, errors: [Int]) -> OpenAPIOperation {
    OpenAPIOperation(
      .post, "/flagger/\(name)", "flagger-\(name)", "Flagger's webhook \(name).", body: body,
      [(200, "Yes.", .text), (409, "No, with the reason.", .text)], errors: errors)
  }

  /// The paths by their parts, with what they take.
  private static let methods = Dictionary(grouping: all, by: \.path).map { path, operations in
    (parts: path.split(separator: "/"), names: operations.map { $0.method.rawValue.uppercased() })
  }

  /// What stands between the slashes of a path.
  static func parts(of path: Substring) -> [Substring] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }

  /// What may be asked of a path; nil for one that isn't in the map.
  static func methods(at parts: [Substring]) -> [String]? {
    methods.first { known in
      known.parts.count == parts.count
        && zip(known.parts, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }?.names
  }
}
