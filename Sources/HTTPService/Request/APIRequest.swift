import PromQL

/// A request with its body read and its parameters decoded; endpoints see no HTTP beyond this.
struct APIRequest: Sendable {
  /// The part of the path that the route leaves open, decoded: `job` of `/label/job/values`.
  var pathParameter = ""
  var parameters = RequestParameters()
  /// "" when the header is absent, here and below.
  var contentType = ""
  var contentEncoding = ""
  var remoteWriteVersion = ""
  var body: [UInt8] = []
  /// Whether the parameters are all that is asked: no body, or a form.
  var isParametersOnly = true
  /// Who helps with large queries.
  var crew = WorkerCrew.alone
  /// Whether nobody waits for the answer any more.
  var isAbandoned: @Sendable () -> Bool = { false }
}
