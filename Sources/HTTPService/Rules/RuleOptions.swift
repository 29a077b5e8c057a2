package import MetricModel
package import Rules

/// Which rules a server evaluates, and who is told of alerts.
package struct RuleOptions: Sendable {
  package var groups: [RuleGroup] = []
  /// For groups that don't say how often.
  package var evaluationInterval = Milliseconds.minutes(1)
  package var environment = RuleEnvironment()
  /// Addresses of Alertmanagers, such as `http://127.0.0.1:9093`.
  package var alertmanagers: [String] = []
  /// Firing alerts are sent again after this.
  package var resendDelay = Milliseconds.minutes(1)
  /// Reads the groups anew, for SIGHUP and `/-/reload`; throws what is wrong with them.
  package var readGroups: @Sendable () throws -> [RuleGroup] = { [] }

  package init() {}
}
