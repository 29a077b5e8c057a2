/// `/-/reload`, which rereads the rules.
struct LifecycleEndpoints: Sendable {
  let runner: RuleRunner
  let options: ServiceOptions

  func reload(_ request: APIRequest) throws(APIError) -> APIResponse {
    guard options.isLifecycleEnabled else {
      return .text("Lifecycle API is not enabled.", status: 403)
    }
    do {
      try runner.reload()
    } catch {
      return .text("failed to reload config: \(error)\n", status: 500)
    }
    return .empty(status: 200)
  }
}
