package import Manifest

/// One metric of a template: what is asked, how often, and how its answers are judged.
package struct MetricSpec: Equatable, Sendable {
  package var name: String
  /// The time between the end of a measurement and the next one.
  package var interval: Templated<GoDuration>?
  /// The time from the start of the run to the first measurement.
  package var initialDelay: Templated<GoDuration>?
  /// How many measurements there shall be; errors don't count.
  package var count: Templated<Int64>?
  package var successCondition: String
  package var failureCondition: String
  /// How many failed measurements are tolerated; -1 turns the limit off.
  package var failureLimit: Templated<Int64>?
  package var inconclusiveLimit: Templated<Int64>?
  package var consecutiveErrorLimit: Templated<Int64>?
  package var consecutiveSuccessLimit: Templated<Int64>?
  /// Exactly one in a valid template.
  package var providers: [MetricProvider]
  /// The metric as written, for filling in arguments and for places of findings.
  package var source: ManifestNode
  /// Where it stands, as `spec.metrics[0]`.
  package var path: String
  /// Its template's mode.
  package var compatibility = Compatibility.argo
  /// Whether what can't be told counts as Failed, as its template's annotation says.
  package var isCritical = false

  /// What answers this metric; nil unless there is exactly one.
  package var provider: MetricProvider? { providers.count == 1 ? providers[0] : nil }

  /// - Throws: `ManifestError` for values of the wrong kind. Unknown fields go to `unknown`.
  init(
    _ node: ManifestNode, at path: String, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    source = node
    self.path = path
    var object = try node.object(at: path)
    name = try object.text("name")
    interval = try object.optionalTemplatedDuration("interval")
    initialDelay = try object.optionalTemplatedDuration("initialDelay")
    count = try object.optionalTemplatedInteger("count")
    successCondition = try object.optionalText("successCondition") ?? ""
    failureCondition = try object.optionalText("failureCondition") ?? ""
    failureLimit = try object.optionalTemplatedInteger("failureLimit")
    inconclusiveLimit = try object.optionalTemplatedInteger("inconclusiveLimit")
    consecutiveErrorLimit = try object.optionalTemplatedInteger("consecutiveErrorLimit")
    consecutiveSuccessLimit = try object.optionalTemplatedInteger("consecutiveSuccessLimit")
    providers = []
    if var provider = try object.optionalObject("provider") {
      providers = try MetricProvider.all(in: &provider, unknown: &unknown)
    }
    unknown += object.unknownFields
  }

  /// The metric with its arguments filled in.
  ///
  /// - Throws: `ManifestError` for names without a value, and values that don't fit their field.
  func resolved(with values: [String: String]) throws(ManifestError) -> MetricSpec {
    var unknown: [ManifestError] = []
    let filled = try Placeholders.filled(source, path: path, values: values)
    var metric = try MetricSpec(filled, at: path, unknown: &unknown)
    metric.compatibility = compatibility
    metric.isCritical = isCritical
    return metric
  }

  /// The measurements to take; nil when the metric goes on until it is stopped.
  ///
  /// Without a count, a metric with an interval has no end and one without is measured once
  /// (analysis_types.go, `EffectiveCount`).
  package var effectiveCount: Int64? {
    if let count = count?.value, count != 0 { return count }
    return interval == nil ? 1 : nil
  }

  /// Whether it surely goes on until it is stopped; an argument may still say how often.
  package var isEndless: Bool { effectiveCount == nil && (count == nil || count?.value != nil) }

  /// Argo's defaults: 0 failures, 0 inconclusive, 4 errors in a row, no early success.
  var limits: MetricLimits {
    MetricLimits(
      failure: failureLimit?.value ?? 0, inconclusive: inconclusiveLimit?.value ?? 0,
      consecutiveError: consecutiveErrorLimit?.value ?? 4,
      consecutiveSuccess: consecutiveSuccessLimit?.value ?? 0)
  }

  /// Where a field stands, or the metric when the field is absent.
  package func place(of fields: String...) -> (node: ManifestNode, path: String) {
    var place = (node: source, path: path)
    for field in fields {
      guard let node = place.node[field] else { return (source, path) }
      place = (node, "\(place.path).\(field)")
    }
    return place
  }
}

/// How many bad measurements a metric tolerates.
struct MetricLimits: Equatable, Sendable {
  /// -1 when failures alone don't fail the metric.
  var failure: Int64
  var inconclusive: Int64
  var consecutiveError: Int64
  /// 0 when successes in a row don't end the metric early.
  var consecutiveSuccess: Int64
}
