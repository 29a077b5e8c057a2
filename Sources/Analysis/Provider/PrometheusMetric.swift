internal import Manifest

/// A PromQL query and where to send it.
package struct PrometheusMetric: Equatable, Sendable {
  package var query: String
  package var server: ProviderEndpoint
  /// Nil for an instant query.
  package var range: RangeExpressions?

  /// The bounds of a range query, as expressions on `now()`, and its step.
  package struct RangeExpressions: Equatable, Sendable {
    package var start: String
    package var end: String
    package var step: Templated<GoDuration>
  }

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    query = try object.optionalText("query") ?? ""
    server = ProviderEndpoint()
    server.address = try object.optionalText("address")
    server.timeoutSeconds = try object.optionalInteger("timeout")
    server.isInsecure = try object.optionalBool("insecure") ?? false
    try server.readHeaders(of: &object, unknown: &unknown)
    if var range = try object.optionalObject("rangeQuery") {
      guard let step = try range.optionalTemplatedDuration("step") else {
        throw ManifestError(
          "required field is missing", at: range.node, path: range.path(of: "step"))
      }
      self.range = RangeExpressions(
        start: try range.text("start"), end: try range.text("end"), step: step)
      unknown += range.unknownFields
    }
    unknown += object.unknownFields
  }
}
