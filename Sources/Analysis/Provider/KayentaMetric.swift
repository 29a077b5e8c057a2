internal import Manifest
internal import MetricModel

/// `provider.kayenta`: a canary judged by a Kayenta server, whose score is compared with two
/// thresholds; conditions aren't consulted (metricproviders/kayenta/kayenta.go).
package struct KayentaMetric: Equatable, Sendable {
  package var address: String
  package var application: String
  package var canaryConfigName: String
  package var configurationAccountName: String
  package var metricsAccountName: String
  package var storageAccountName: String
  package var pass: Int64
  package var marginal: Int64
  /// Whether the window grows from the start of the run rather than moving along.
  package var looksBack: Bool
  package var scopes: [Scope]

  /// The two sides of a comparison.
  package struct Scope: Equatable, Sendable {
    package var name: String
    package var control: Side
    package var experiment: Side
  }

  /// Which series, where, and when; "" for times that the interval fills in.
  package struct Side: Equatable, Sendable {
    package var scope: String
    package var region: String
    package var step: Int64
    package var start: String
    package var end: String
  }

  init(
    _ object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    address = try object.text("address")
    application = try object.text("application")
    canaryConfigName = try object.text("canaryConfigName")
    configurationAccountName = try object.text("configurationAccountName")
    metricsAccountName = try object.text("metricsAccountName")
    storageAccountName = try object.text("storageAccountName")
    var threshold = try object.object("threshold")
    pass = try threshold.required("pass").integer(at: threshold.path(of: "pass"))
    marginal = try threshold.required("marginal").integer(at: threshold.path(of: "marginal"))
    unknown += threshold.unknownFields
    looksBack = try object.optionalBool("lookback") ?? false
    scopes = []
    for (node, path) in try object.list("scopes") {
      var scope = try node.object(at: path)
      let name = try scope.text("name")
      let control = try Self.side("controlScope", of: &scope, unknown: &unknown)
      let experiment = try Self.side("experimentScope", of: &scope, unknown: &unknown)
      scopes.append(Scope(name: name, control: control, experiment: experiment))
      unknown += scope.unknownFields
    }
    unknown += object.unknownFields
  }

  private static func side(
    _ field: String, of object: inout ManifestObject, unknown: inout [ManifestError]
  ) throws(ManifestError) -> Side {
    var side = try object.object(field)
    let result = Side(
      scope: try side.text("scope"), region: try side.optionalText("region") ?? "",
      step: try side.optionalInteger("step") ?? 0, start: try side.optionalText("start") ?? "",
      end: try side.optionalText("end") ?? "")
    unknown += side.unknownFields
    return result
  }

  /// The body of `POST /canary/{id}`; times that both sides leave out come from the interval, or,
  /// looking back, from the start of the run.
  func body(at now: Timestamp, runStart: Timestamp, interval: Milliseconds?) -> JSONValue {
    let windowStart = looksBack ? runStart : now.advanced(by: Milliseconds(-(interval?.count ?? 0)))
    func side(_ side: Side, isFilled: Bool) -> JSONValue {
      .object([
        "scope": .string(side.scope), "location": .string(side.region),
        "step": .integer(side.step),
        "start": .string(isFilled ? windowStart.rfc3339 : side.start),
        "end": .string(isFilled ? now.rfc3339 : side.end),
      ])
    }
    var fields: [String: JSONValue] = [:]
    for scope in scopes {
      let isFilled = [scope.control, scope.experiment].allSatisfy {
        $0.start.isEmpty && $0.end.isEmpty
      }
      fields[scope.name] = .object([
        "controlScope": side(scope.control, isFilled: isFilled),
        "experimentScope": side(scope.experiment, isFilled: isFilled),
      ])
    }
    return .object([
      "scopes": .object(fields),
      "thresholds": .object(["pass": .integer(pass), "marginal": .integer(marginal)]),
    ])
  }

  /// The phase of a finished canary: scores are cut to whole numbers.
  func phase(of score: Double) -> AnalysisPhase {
    guard let whole = Int64(exactly: score.rounded(.towardZero)) else { return .error }
    return whole >= pass ? .successful : whole >= marginal ? .inconclusive : .failed
  }
}
