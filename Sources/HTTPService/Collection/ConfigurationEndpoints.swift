import Exposition

/// `/api/v1/status/config`.
struct ConfigurationEndpoints: Sendable {
  /// Nil where the server was started without a file.
  let configuration: ServerConfiguration?

  func shown() -> APIResponse {
    let yaml = configuration?.state.contents.yaml ?? ""
    return .json(QueryResultJSON.success { json in json.object { $0.field("yaml", yaml) } })
  }
}
