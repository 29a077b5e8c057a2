internal import Analysis
internal import Manifest
internal import MetricModel
internal import Synchronization

/// The three calls of Argo's `kayenta` provider: `provider.kayenta.address` may point here.
///
/// Templates are the canary configs. A canary is about a stretch of the past, so it is judged at
/// once: the scopes are the arguments `canary-hash` and `stable-hash`, their times the stretch.
extension AnalysisEndpoints {
  func kayenta(
    _ method: String, _ parts: [Substring], _ request: APIRequest
  ) async throws(APIError) -> APIResponse {
    guard parts[0] == "canary" else { return .json(Array(configs.spelled.utf8)) }
    let id = try PercentDecoding.decode(parts[1].utf8, plusIsSpace: false)
    if method == "POST" { return try await startCanary(config: id, request.body) }
    guard let run = canaries.run(id) else {
      throw APIError(.notFound, "there is no canary \"\(id)\"")
    }
    return .json(Array(Self.state(of: run).spelled.utf8))
  }

  /// A template's name is its id.
  private var configs: JSONValue {
    .array(
      catalog.names.map {
        .object([
          "id": .string($0), "name": .string($0), "updatedTimestamp": .integer(0),
          "updatedTimestampIso": .string(""), "applications": .array([]),
        ])
      })
  }

  /// A month of looks every four minutes.
  private static let looksMax = 11_000

  private func startCanary(
    config: String, _ body: [UInt8]
  ) async throws(APIError) -> APIResponse {
    let scopes = try BodySchema.read(body, as: "Canary")["scopes"]?.asObject ?? [:]
    let scope = scopes["default"] ?? scopes.min { $0.key < $1.key }?.value
    func text(_ side: String, _ field: String) -> String {
      scope?[path: .field(side), .field(field)]?.asString ?? ""
    }
    let arguments = [
      Argument("canary-hash", value: text("experimentScope", "scope")),
      Argument("stable-hash", value: text("controlScope", "scope")),
    ]
    let spec = try catalog.spec(named: [config], arguments: arguments)
    guard let start = Timestamp(parsing: text("experimentScope", "start")),
      let end = Timestamp(parsing: text("experimentScope", "end")), start < end
    else { throw APIError(.unprocessable, "the scope's start isn't before its end") }
    guard let run = await judge(spec, start, end, Self.looksMax) else {
      throw APIError(
        .unprocessable,
        "the scope takes more than \(Self.looksMax) looks, make it shorter or the interval longer")
    }
    let id = canaries.add(run)
    return .json(Array(JSONValue.object(["canaryExecutionId": .string(id)]).spelled.utf8))
  }

  private static func state(of run: AnalysisRun) -> JSONValue {
    .object([
      "complete": .bool(true), "status": .string("succeeded"),
      "result": .object([
        "judgeResult": .object([
          "score": .object([
            "score": .number(score(run)), "classification": .string(run.phase.rawValue),
            "classificationReason": .string(run.verdict.reason),
          ])
        ])
      ]),
    ])
  }
}

/// The canaries of the Kayenta contract, the latest ones.
final class JudgedCanaries: Sendable {
  private struct State {
    var runs: [String: AnalysisRun] = [:]
    var order: [String] = []
    var count = 0
  }

  private static let kept = 1_000
  private let state = Mutex(State())

  func add(_ run: AnalysisRun) -> String {
    state.withLock { state in
      state.count += 1
      let id = "canary-\(state.count)"
      state.runs[id] = run
      state.order.append(id)
      if state.order.count > Self.kept { state.runs[state.order.removeFirst()] = nil }
      return id
    }
  }

  func run(_ id: String) -> AnalysisRun? { state.withLock { $0.runs[id] } }
}
