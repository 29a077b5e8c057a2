/// Reads the configuration file and the rules again, on SIGHUP and at `/-/reload`.
///
/// Each of the two stays as it was where it can't be read.
struct Reloading: Sendable {
  /// Nil where the server was started without a configuration file.
  let configuration: ServerConfiguration?
  let runner: RuleRunner

  func callAsFunction() throws {
    try configuration?.reload()
    try runner.reload()
  }
}

/// `/-/reload`.
struct LifecycleEndpoints: Sendable {
  let reloading: Reloading
  let isEnabled: Bool

  func reload(_ request: APIRequest) throws(APIError) -> APIResponse {
    guard isEnabled else {
      return .text("Lifecycle API is not enabled.", status: 403)
    }
    do {
      try reloading()
    } catch {
      return .text("failed to reload config: \(error)\n", status: 500)
    }
    return .empty(status: 200)
  }
}
