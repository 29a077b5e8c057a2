package import Analysis
package import AnalysisExecutor
internal import Manifest
package import MetricModel

/// Analyses over HTTP: our own REST API, and the contracts by which other controllers ask for
/// verdicts. `OpenAPIOperation.all` is the map of it.
package struct AnalysisEndpoints: Sendable {
  /// Judges a stretch of the past at once, for those who ask about one; a run that is not over
  /// after that many looks has too many of them.
  package typealias Judging =
    @Sendable (AnalysisSpec, _ from: Timestamp, _ to: Timestamp, _ looksMax: Int) async ->
    AnalysisRun?

  let runner: AnalysisRunner
  let catalog: AnalysisCatalog
  let judge: Judging
  let canaries = JudgedCanaries()
  private let secrets: SecretFiles?
  private let newName: @Sendable () -> String

  /// - Parameter secrets: what arguments with a `secretKeyRef` are taken from; nil for nothing.
  package init(
    runner: AnalysisRunner, catalog: AnalysisCatalog, secrets: SecretFiles? = nil,
    judge: @escaping Judging, newName: @escaping @Sendable () -> String
  ) {
    self.secrets = secrets
    self.runner = runner
    self.catalog = catalog
    self.judge = judge
    self.newName = newName
  }

  /// What goes back to a client.
  enum Reply: Sendable {
    case whole(APIResponse)
    /// Server-sent events, until the run has ended.
    case events(AsyncStream<AnalysisRun>)
  }

  static let bodyBytesMax = 1 << 20

  /// The answer; nil for paths that aren't ours. `path` is still percent-encoded.
  func reply(
    method: String, path: Substring, _ request: APIRequest
  ) async -> Reply? {
    let parts = OpenAPIOperation.parts(of: path)
    guard let methods = OpenAPIOperation.methods(at: parts) else { return nil }
    guard methods.contains(method) else { return .whole(Self.refusal(methods)) }
    do throws(APIError) {
      switch parts[0] {
      case "flagger": return .whole(try await flagger(String(parts[1]), request))
      case "canary", "canaryConfig": return .whole(try await kayenta(method, parts, request))
      default: return try await ours(method, Array(parts.dropFirst(2)), request)
      }
    } catch {
      return .whole(.failure(error))
    }
  }

  private func ours(
    _ method: String, _ parts: [Substring], _ request: APIRequest
  ) async throws(APIError) -> Reply {
    switch (parts[0], parts.count) {
    case ("openapi.json", _):
      let document = OpenAPIDocument.document(templates: catalog.names)
      return .whole(.json(Array(document.spelled.utf8)))
    case ("verdict", _):
      let order = try RunOrder(request.body, catalog: catalog, defaultName: newName)
      return .whole(Self.verdict(try await start(order)))
    case (_, 1): return .whole(method == "GET" ? await list() : try await create(request))
    default:
      let name = try PercentDecoding.decode(parts[1].utf8, plusIsSpace: false)
      return try await one(method, name, parts.count == 3 ? parts[2] : "")
    }
  }

  private func list() async -> APIResponse {
    let runs = await runner.runs()
    return Self.success(.array(runs.map(Self.summary)))
  }

  private func create(_ request: APIRequest) async throws(APIError) -> APIResponse {
    let order = try RunOrder(request.body, catalog: catalog, defaultName: newName)
    let isKnown = await runner.run(order.name) != nil
    let run = try await start(order)
    var response = Self.success(run.json, status: isKnown ? 200 : 201)
    response.headers["Location"] = "/api/v1/analyses/\(PercentEncoding.escaped(run.name))"
    return response
  }

  /// Starts a run, or takes the one that is there already.
  func start(_ order: RunOrder) async throws(APIError) -> AnalysisRun {
    let sources = ArgumentSources(secrets: secrets?.values(for: order.spec) ?? [:])
    do throws(AnalysisRunner.StartError) {
      try await runner.start(order.name, spec: order.spec, sources: sources)
    } catch {
      switch error {
      case .exists: throw APIError(.conflict, error.description)
      case .tooMany, .notWritten: throw APIError(.unavailable, error.description)
      }
    }
    return try await run(order.name)
  }

  func run(_ name: String) async throws(APIError) -> AnalysisRun {
    guard let run = await runner.run(name) else {
      throw APIError(.notFound, "there is no analysis \"\(name)\"")
    }
    return run
  }

  private func one(
    _ method: String, _ name: String, _ part: Substring
  ) async throws(APIError) -> Reply {
    let run = try await run(name)
    switch part {
    case "cancel":
      await runner.terminate(name)
      return .whole(Self.success(try await self.run(name).json, status: 202))
    case "verdict": return .whole(Self.verdict(run))
    case "record": return .whole(try await record(of: name))
    case "events":
      guard let updates = await runner.updates(of: name) else {
        throw APIError(.notFound, "there is no analysis \"\(name)\"")
      }
      return .events(updates)
    default:
      if method == "GET" { return .whole(Self.success(run.json)) }
      guard await runner.remove(name) else {
        throw APIError(.conflict, "the analysis \"\(name)\" goes on; cancel it first")
      }
      return .whole(.empty(status: 204))
    }
  }

  private func record(of name: String) async throws(APIError) -> APIResponse {
    do throws(JournalError) {
      guard let record = try await runner.record(of: name) else {
        throw JournalError("no record is kept of \"\(name)\"")
      }
      return .json(Array(record.json.spelled.utf8))
    } catch {
      throw APIError(.notFound, error.description)
    }
  }

  /// One event of a stream: the run as it is, under the name of its phase.
  static func event(_ run: AnalysisRun) -> String {
    "event: \(run.phase.rawValue)\ndata: \(summary(run).spelled)\n\n"
  }

  static func summary(_ run: AnalysisRun) -> JSONValue {
    let verdict = run.verdict
    return .object([
      "name": .string(run.name), "phase": .string(run.phase.rawValue),
      "verdict": .string(verdict.outcome.rawValue), "reason": .string(verdict.reason),
      "startedAt": run.startedAt.map { .string($0.rfc3339) } ?? .null,
      "completedAt": run.completedAt.map { .string($0.rfc3339) } ?? .null,
      "metrics": .array(
        verdict.metrics.map {
          .object([
            "name": .string($0.metric), "verdict": .string($0.outcome.rawValue),
            "value": .string($0.value), "reason": .string($0.reason),
            "dryRun": .bool($0.isDryRun),
          ])
        }),
    ])
  }

  /// What Argo's `web` provider asks for: one answer now, with `jsonPath: {$.data}`,
  /// `successCondition: result.verdict == "pass"` and `failureCondition: result.verdict == "fail"`.
  static func verdict(_ run: AnalysisRun) -> APIResponse {
    let verdict = run.verdict
    let word =
      switch verdict.outcome {
      case .pass: "pass"
      case .fail, .error: "fail"
      case .running, .stopped, .inconclusive, .notEnoughEvidence, .notEnoughData, .noData:
        "inconclusive"
      }
    return success(
      .object([
        "verdict": .string(word), "score": .number(score(run)),
        "outcome": .string(verdict.outcome.rawValue), "phase": .string(run.phase.rawValue),
        "reason": .string(verdict.reason),
      ]))
  }

  /// The share of the metrics that count and have passed, a half for those that can't tell, from 0
  /// to 100; 0 where one has failed.
  static func score(_ run: AnalysisRun) -> Double {
    let counting = run.verdict.metrics.filter { !$0.isDryRun }
    guard !counting.isEmpty, run.phase != .failed, run.phase != .error else { return 0 }
    let points = counting.map { metric -> Double in
      switch metric.outcome {
      case .pass: 1
      case .fail, .error: 0
      case .running, .stopped, .inconclusive, .notEnoughEvidence, .notEnoughData, .noData: 0.5
      }
    }
    return (points.reduce(0, +) / Double(counting.count) * 10_000).rounded() / 100
  }

  static func success(_ value: JSONValue, status: Int = 200) -> APIResponse {
    let document = JSONValue.object(["status": .string("success"), "data": value])
    return .json(Array(document.spelled.utf8), status: status)
  }

  private static func refusal(_ methods: [String]) -> APIResponse {
    var response = APIResponse.text("Method Not Allowed\n", status: 405)
    response.headers["Allow"] = methods.joined(separator: ", ")
    return response
  }
}
