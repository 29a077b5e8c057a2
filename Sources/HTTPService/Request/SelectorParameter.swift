import MetricModel
import PromQL

/// `match[]`, as often as it was given: one list of conditions each.
extension RequestParameters {
  /// Whether errors name the parameter: Prometheus' endpoints differ in that.
  enum SelectorErrors {
    case plain, named
  }

  /// - Throws: `bad_data` where one can't be read, or would take every series there is.
  func selections(_ errors: SelectorErrors) throws(APIError) -> [[LabelMatcher]] {
    var selections: [[LabelMatcher]] = []
    for text in all("match[]") {
      let matchers: [LabelMatcher]
      do {
        matchers = try Parser.parseSelector(text).matchers
      } catch {
        throw Self.refusal(error.description, errors)
      }
      guard matchers.contains(where: { !$0.matchesEmpty }) else {
        throw Self.refusal("match[] must contain at least one non-empty matcher", errors)
      }
      selections.append(matchers)
    }
    return selections
  }

  private static func refusal(_ reason: String, _ errors: SelectorErrors) -> APIError {
    switch errors {
    case .plain: APIError(.badData, reason)
    case .named: .invalidParameter("match[]", reason)
    }
  }
}
