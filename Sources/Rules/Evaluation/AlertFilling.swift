internal import MetricModel
internal import PromQL

/// Makes alerts of what an alerting rule's expression gives.
struct AlertFilling {
  let rule: Rule
  let alert: AlertRule
  let environment: RuleEnvironment
  let source: any SeriesSource
  let now: Timestamp

  /// - Throws: when two alerts would have the same labels.
  func alerts(_ vector: [VectorSample]) throws(RuleFailure) -> [Labels: Alert] {
    let functions = TemplateFunctions(now: now, externalURL: environment.externalURL) {
      [source, now, options = rule.query.options] (text) throws(TemplateQueryError) in
      let query: Query
      do throws(ParseError) {
        query = try Query(text, options: options)
      } catch {
        throw TemplateQueryError(error.description)
      }
      do throws(RuleFailure) {
        return try RuleGroupState.vector(of: query, at: now, from: source)
      } catch {
        throw TemplateQueryError(error.description)
      }
    }
    var alerts: [Labels: Alert] = [:]
    for sample in vector {
      let alert = filled(sample, functions)
      guard alerts.updateValue(alert, forKey: alert.labels) == nil else {
        throw RuleFailure(
          "vector contains metrics with the same labelset after applying alert labels")
      }
    }
    return alerts
  }

  private func filled(_ sample: VectorSample, _ functions: TemplateFunctions) -> Alert {
    let data = TemplateValue.fields(
      type: "struct { Labels map[string]string; Value interface {} }",
      [
        "Labels": .labels(sample.labels),
        "ExternalLabels": .labels(environment.externalLabels.map { ($0.name, $0.value) }),
        "ExternalURL": .text(environment.externalURL),
        "Value": .number(sample.value.number ?? 0),
      ])
    func text(_ pair: TemplatedPair) -> String {
      do {
        return try pair.template.filled(with: data, functions: functions)
      } catch {
        return "<error expanding template: error executing template \(pair.template.name): "
          + "\(error)>"
      }
    }
    var labels = LabelsBuilder(sample.labels)
    labels.remove(Labels.metricName)
    for pair in alert.labels { labels.set(pair.name, text(pair)) }
    labels.set("alertname", rule.name)
    var annotations = LabelsBuilder()
    for pair in alert.annotations { annotations.set(pair.name, text(pair)) }
    return Alert(
      labels: labels.labels, annotations: annotations.labels, value: sample.value.number ?? 0,
      activeAt: now)
  }
}
