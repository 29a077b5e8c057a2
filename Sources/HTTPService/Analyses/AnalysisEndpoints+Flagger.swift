internal import Analysis
internal import AnalysisExecutor
internal import Manifest

/// Flagger's webhooks: `url: http://assay:9090/flagger/rollout` and so on.
///
/// | hook | what it does | 200 when |
/// | --- | --- | --- |
/// | `confirm-rollout`, `pre-rollout` | starts the run | it could be started |
/// | `rollout` | starts the run where it isn't | nothing speaks against the canary |
/// | `rollback` | | the run has failed: roll back now |
/// | `confirm-traffic-increase` | | nothing speaks against the canary |
/// | `confirm-promotion` | | the run has passed |
/// | `post-rollout` | ends the run | always |
/// | `event` | | always |
///
/// The template is `metadata.template`; all other metadata are its arguments. There is one run for
/// each canary and checksum. What isn't 200 is 409, since Flagger takes all up to 202 for yes.
extension AnalysisEndpoints {
  func flagger(
    _ hook: String, _ request: APIRequest
  ) async throws(APIError) -> APIResponse {
    let starts = OpenAPIOperation.startingHooks.contains(hook)
    let document = try BodySchema.read(request.body, as: starts ? "StartingHook" : "Hook")
    let run = ["namespace", "name", "checksum"].reduce("flagger") {
      $0 + "/" + (document[$1]?.asString ?? "")
    }
    switch hook {
    case "event": return .text("ok\n")
    case "post-rollout":
      await runner.terminate(run)
      return .text("ok\n")
    case _ where starts:
      return Self.objection(try await started(run, document), isFinal: false)
    case "confirm-traffic-increase": return Self.objection(try await self.run(run), isFinal: false)
    case "confirm-promotion": return Self.objection(try await self.run(run), isFinal: true)
    case "rollback":
      guard let found = await runner.run(run), found.phase == .failed else {
        return .text("no reason to roll back\n", status: 409)
      }
      return .text("roll back: \(found.verdict.reason)\n")
    default: throw APIError(.notFound, "there is no hook \"\(hook)\"")
    }
  }

  private func started(
    _ name: String, _ document: JSONValue
  ) async throws(APIError) -> AnalysisRun {
    if let known = await runner.run(name) { return known }
    var metadata = document["metadata"]?.asObject ?? [:]
    let template = metadata.removeValue(forKey: "template")?.asString ?? ""
    let arguments = RunOrder.arguments(.object(metadata))
    let spec = try catalog.spec(named: [template], arguments: arguments)
    return try await start(RunOrder(name: name, spec: spec))
  }

  private static func objection(_ run: AnalysisRun, isFinal: Bool) -> APIResponse {
    switch run.phase {
    case .failed, .error, .inconclusive:
      return .text("\(run.phase.rawValue): \(run.verdict.reason)\n", status: 409)
    case .pending, .running:
      return isFinal ? .text("not decided yet\n", status: 409) : .text("no objection yet\n")
    case .successful: return .text("passed\n")
    }
  }
}

extension RunOrder {
  init(name: String, spec: AnalysisSpec) {
    self.name = name
    self.spec = spec
  }
}
