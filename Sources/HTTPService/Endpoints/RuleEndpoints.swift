import Exposition
import MetricModel
import Rules

/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`.
struct RuleEndpoints: Sendable {
  let runner: RuleRunner
  let options: RuleOptions

  /// `type`, `rule_name[]`, `rule_group[]`, `file[]`, `match[]`, `exclude_alerts`, `group_limit`,
  /// `group_next_token`.
  func rules(_ request: APIRequest) throws(APIError) -> APIResponse {
    let filter = try RuleFilter(request.parameters)
    let page = try filter.page(of: runner.reports)
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("groups") { json in
            json.array { json in
              for (report, rules) in page.groups {
                Self.write(report, rules, filter: filter, to: &json)
              }
            }
          }
          if let next = page.next { json.field("groupNextToken", next) }
        }
      })
  }

  /// The pending and firing alerts of all rules.
  func alerts(_ request: APIRequest) throws(APIError) -> APIResponse {
    .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("alerts") { json in
            json.array { json in
              for report in runner.reports {
                for rule in report.state.rules {
                  for alert in rule.activeAlerts { Self.write(alert, to: &json) }
                }
              }
            }
          }
        }
      })
  }

  func alertmanagers(_ request: APIRequest) throws(APIError) -> APIResponse {
    .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("activeAlertmanagers") { json in
            json.array { json in
              for address in options.alertmanagers {
                json.object { $0.field("url", "\(address)/api/v2/alerts") }
              }
            }
          }
          json.field("droppedAlertmanagers") { $0.array { _ in } }
        }
      })
  }

  private static func write(
    _ report: RuleRunner.Report, _ rules: [Int], filter: RuleFilter, to json: inout JSONWriter
  ) {
    let group = report.state.group
    json.object { json in
      json.field("name", group.name)
      json.field("file", group.file)
      json.field("rules") { json in
        json.array { json in
          for index in rules {
            write(
              group.rules[index], report.state.rules[index], filter: filter, to: &json)
          }
        }
      }
      json.field("interval") { $0.number(report.schedule.interval.seconds) }
      json.field("limit") { $0.number(Double(group.limit)) }
      json.field("evaluationTime") { $0.number(report.evaluationSeconds) }
      json.field("lastEvaluation", time(report.lastEvaluation))
    }
  }

  private static func write(
    _ rule: Rule, _ state: RuleState, filter: RuleFilter, to json: inout JSONWriter
  ) {
    json.object { json in
      if case .alerting(let alert) = rule.kind {
        json.field("state", state.alertState?.rawValue ?? "unknown")
        json.field("name", rule.name)
        json.field("query", rule.expression)
        json.field("duration") { $0.number(alert.hold.seconds) }
        json.field("keepFiringFor") { $0.number(alert.keepFiring.seconds) }
        json.field("labels") { write(rule.labels, to: &$0) }
        let annotations = alert.annotations.map { LabelPair(name: $0.name, value: $0.source) }
        json.field("annotations") { write(annotations, to: &$0) }
        json.field("alerts") { json in
          json.array { json in
            if !filter.excludesAlerts {
              for alert in state.activeAlerts { write(alert, to: &json) }
            }
          }
        }
      } else {
        json.field("name", rule.name)
        json.field("query", rule.expression)
        if !rule.labels.isEmpty { json.field("labels") { write(rule.labels, to: &$0) } }
      }
      json.field("health", state.health.rawValue)
      if !state.lastError.isEmpty { json.field("lastError", state.lastError) }
      json.field("evaluationTime") { $0.number(state.evaluationSeconds) }
      json.field("lastEvaluation", time(state.lastEvaluation))
      json.field("type", rule.isAlerting ? "alerting" : "recording")
    }
  }

  private static func write(_ alert: Alert, to json: inout JSONWriter) {
    json.object { json in
      json.field("labels") { QueryResultJSON.write(alert.labels, to: &$0) }
      json.field("annotations") { QueryResultJSON.write(alert.annotations, to: &$0) }
      json.field("state", alert.state.rawValue)
      json.field("activeAt", alert.activeAt.rfc3339)
      if let since = alert.keepFiringSince { json.field("keepFiringSince", since.rfc3339) }
      json.field("value", NumberText.exponential(alert.value))
    }
  }

  private static func write(_ pairs: [LabelPair], to json: inout JSONWriter) {
    json.object { json in
      for pair in pairs { json.field(pair.name, pair.value) }
    }
  }

  /// Go's zero time where nothing has happened yet.
  private static func time(_ time: Timestamp?) -> String {
    time?.rfc3339 ?? "0001-01-01T00:00:00Z"
  }
}

extension Rule {
  var isAlerting: Bool {
    if case .alerting = kind { return true }
    return false
  }
}

/// Which rules a request asks for.
struct RuleFilter {
  private var isWanted: @Sendable (Rule) -> Bool
  private let groups: Set<String>
  private let files: Set<String>
  private let limit: Int?
  private let token: String
  let excludesAlerts: Bool

  init(_ parameters: RequestParameters) throws(APIError) {
    let type = parameters.text("type").lowercased()
    guard ["", "alert", "record"].contains(type) else {
      throw .invalidParameter("type", "not supported value \(GoText.quoted(type))")
    }
    let names = Set(parameters.all("rule_name[]"))
    let chosen = try parameters.selections(.plain)
    isWanted = { rule in
      guard type.isEmpty || (type == "alert") == rule.isAlerting else { return false }
      guard names.isEmpty || names.contains(rule.name) else { return false }
      let labels = Labels(rule.labels.map { ($0.name, $0.value) })
      return chosen.isEmpty
        || chosen.contains { matchers in matchers.allSatisfy { $0.matches(labels) } }
    }
    groups = Set(parameters.all("rule_group[]"))
    files = Set(parameters.all("file[]"))
    switch parameters.text("exclude_alerts").lowercased() {
    case "", "0", "f", "false": excludesAlerts = false
    case "1", "t", "true": excludesAlerts = true
    case let other:
      throw .invalidParameter(
        "exclude_alerts",
        "error converting exclude_alerts: strconv.ParseBool: parsing \(GoText.quoted(other)): "
          + "invalid syntax")
    }
    token = parameters.text("group_next_token")
    let spelled = parameters.text("group_limit")
    guard !spelled.isEmpty else {
      guard token.isEmpty else {
        throw .invalidParameter(
          "group_next_token",
          "group_limit needs to be present in order to paginate over the groups")
      }
      limit = nil
      return
    }
    guard let asked = Int32(spelled) else {
      throw .invalidParameter(
        "group_limit",
        "group_limit needs to be a valid number: strconv.ParseInt: parsing "
          + "\(GoText.quoted(spelled)): invalid syntax")
    }
    guard asked > 0 else {
      throw .invalidParameter("group_limit", "group_limit needs to be greater than 0")
    }
    limit = Int(asked)
  }

  /// The groups that have a wanted rule, with the places of those rules, and where to go on.
  func page(
    of reports: [RuleRunner.Report]
  ) throws(APIError) -> (groups: [(RuleRunner.Report, [Int])], next: String?) {
    var rest = reports[...]
    if !token.isEmpty {
      rest = rest.drop { Self.token(of: $0.state.group) != token }
      guard !rest.isEmpty else {
        throw .invalidParameter(
          "group_next_token",
          "invalid group_next_token '\(token)'. were rule groups changed?")
      }
    }
    var found: [(RuleRunner.Report, [Int])] = []
    for report in rest {
      let group = report.state.group
      guard groups.isEmpty || groups.contains(group.name) else { continue }
      guard files.isEmpty || files.contains(group.file) else { continue }
      let wanted = group.rules.indices.filter { isWanted(group.rules[$0]) }
      if wanted.isEmpty { continue }
      if let limit, found.count == limit { return (found, Self.token(of: group)) }
      found.append((report, wanted))
    }
    return (found, nil)
  }

  /// File and name as hexadecimal digits.
  private static func token(of group: RuleGroup) -> String {
    "\(group.file);\(group.name)".utf8.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
