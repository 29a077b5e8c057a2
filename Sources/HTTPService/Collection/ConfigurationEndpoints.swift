import Exposition

/// `/api/v1/status/config` and `/-/reload`.
struct ConfigurationEndpoints: Sendable {
  /// Nil where the server was started without a file.
  let configuration: ServerConfiguration?
  let isLifecycleEnabled: Bool

  func shown() -> APIResponse {
    let yaml = configuration?.state.contents.yaml ?? ""
    return .json(QueryResultJSON.success { json in json.object { $0.field("yaml", yaml) } })
  }

  /// Reads the file again; what is wrong with it leaves the old one in force.
  func reload(_ request: APIRequest) -> APIResponse {
    guard isLifecycleEnabled else {
      return .text("Lifecycle API is not enabled.\n", status: 403)
    }
    guard let configuration else {
      return .text("failed to reload config: started without --config.file\n", status: 500)
    }
    do {
      try configuration.reload()
      return .text("")
    } catch {
      return .text("failed to reload config: \(error)\n", status: 500)
    }
  }
}
