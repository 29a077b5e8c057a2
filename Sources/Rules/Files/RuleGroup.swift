package import MetricModel
package import PromQL

/// Rules that are evaluated one after the other at the same times, each seeing what those before it
/// have written.
package struct RuleGroup: Sendable {
  package var name: String
  /// Where it was read from; groups of one name may live in several files.
  package var file: String
  /// How often; nil for the server's default.
  package var interval: Milliseconds?
  /// How far in the past queries are evaluated, so that late samples are seen.
  package var queryOffset: Milliseconds
  /// The most series a recording rule, or alerts an alerting rule, may give; 0 for no limit.
  package var limit: Int
  package var rules: [Rule]
}

/// An expression whose answers become series of a new name, or alerts.
package struct Rule: Sendable {
  package enum Kind: Sendable {
    case recording(labels: [LabelPair])
    case alerting(AlertRule)
  }

  /// The metric or the alert.
  package var name: String
  package var query: Query
  package var kind: Kind

  /// Labels as written, those of the group included, sorted by name.
  package var labels: [LabelPair] {
    switch kind {
    case .recording(let labels): labels
    case .alerting(let alert): alert.labels.map { LabelPair(name: $0.name, value: $0.source) }
    }
  }

  /// The expression in PromQL's own spelling.
  package var expression: String { Printer.text(of: query.expression) }
}

/// What an alerting rule says besides its expression.
package struct AlertRule: Sendable {
  /// How long the expression must hold before the alert fires.
  package var hold: Milliseconds
  /// How long it goes on firing when the expression no longer holds.
  package var keepFiring: Milliseconds
  package var labels: [TemplatedPair]
  package var annotations: [TemplatedPair]
}

/// A label or an annotation.
package struct LabelPair: Equatable, Sendable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// A label or an annotation that is filled in for each alert.
package struct TemplatedPair: Sendable {
  package var name: String
  /// As written.
  package var source: String
  package var template: Template

  /// What every template of an alert may use without the dot.
  static let definitions =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
    + "{{$externalURL := .ExternalURL}}{{$value := .Value}}"

  init(name: String, source: String, alert: String) throws(TemplateError) {
    self.name = name
    self.source = source
    template = try Template(Self.definitions + source, name: "__alert_" + alert)
  }
}
