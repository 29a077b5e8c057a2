internal import Manifest

extension AnalysisSpec {
  /// The spec of an AnalysisRun, as Argo's objects hold it. Values of secrets aren't in it.
  var json: JSONValue {
    func rules(_ rules: [MetricRule], hasLimit: Bool) -> JSONValue? {
      rules.isEmpty
        ? nil
        : .array(
          rules.map { rule in
            .object(
              omittingNil: [
                "metricName": .string(rule.metricName),
                "limit": hasLimit ? .integer(rule.limit) : nil,
              ])
          })
    }
    let life = timeToLive.map { life in
      JSONValue.object(
        omittingNil: [
          "secondsAfterCompletion": life.afterCompletion.map(JSONValue.integer),
          "secondsAfterFailure": life.afterFailure.map(JSONValue.integer),
          "secondsAfterSuccess": life.afterSuccess.map(JSONValue.integer),
        ])
    }
    return .object(
      omittingNil: [
        "metrics": .array(metrics.map { JSONValue($0.source) }),
        "args": arguments.isEmpty ? nil : .array(arguments.map(\.json)),
        "dryRun": rules(dryRun, hasLimit: false),
        "measurementRetention": rules(measurementRetention, hasLimit: true),
        "terminate": isTerminated ? .bool(true) : nil,
        "ttlStrategy": life,
      ])
  }
}

extension Argument {
  fileprivate var json: JSONValue {
    let from: JSONValue? =
      switch origin {
      case .secret(let name, let key):
        .object(["secretKeyRef": .object(["name": .string(name), "key": .string(key)])])
      case .field(let path): .object(["fieldRef": .object(["fieldPath": .string(path)])])
      case .podTemplateHash(let revision):
        .object(["podTemplateHashValue": .string(revision.rawValue)])
      case nil: nil
      }
    return .object(
      omittingNil: [
        "name": .string(name), "value": value.map(JSONValue.string), "valueFrom": from,
      ])
  }
}
