package import Analysis
internal import MetricModel
internal import PromQL

/// Whether the conditions of a template fit what its queries give: an instant vector is a list of
/// numbers, a scalar one number.
///
///     QueryTypeAdvice.findings(in: template)
///     // successCondition takes an element of the result, and scalar(...) gives one number
package enum QueryTypeAdvice {
  /// Warnings in the order of the text. A query that Prometheus' grammar doesn't know is one too,
  /// since the template may be meant for a server with a language of its own.
  package static func findings(in template: AnalysisTemplate) -> [TemplateFinding] {
    let known = Dictionary(
      template.spec.arguments.compactMap { argument in
        argument.value.map { ("args.\(argument.name)", $0) }
      }, uniquingKeysWith: { first, _ in first })
    return template.spec.metrics.flatMap { metric -> [TemplateFinding] in
      guard case .prometheus(let prometheus) = metric.provider else { return [] }
      let query: Query
      switch read(prometheus.query, known) {
      case .query(let read): query = read
      case .unreadable(let error):
        return [
          TemplateFinding(
            .warning, "bad-query", at: metric.place(of: "provider", "prometheus", "query"),
            "Prometheus would refuse the query: \(error)",
            remedy: "correct it, or ignore this if the server speaks another language")
        ]
      case .unknown: return []
      }
      return mismatches(metric, query, isRange: prometheus.range != nil)
    }
  }

  private enum Reading {
    case query(Query)
    case unreadable(ParseError)
    /// An argument without a value stands where not any text can.
    case unknown
  }

  /// All of the language, also what isn't enabled by default.
  private static let options = QueryOptions(features: QueryFeature.language)

  private static func read(_ text: String, _ known: [String: String]) -> Reading {
    let names = TemplateText.placeholders(in: text)
    let isOpen = names.contains { known[$0] == nil }
    var fault: ParseError?
    // What an argument may stand for: a label's value or a number, a duration, a name.
    for stand in isOpen ? ["1", "5m", "name"] : [""] {
      do {
        return .query(
          try Query(TemplateText.filled(text) { known[$0] ?? stand }, options: options))
      } catch {
        fault = fault ?? error
      }
    }
    return isOpen ? .unknown : fault.map { .unreadable($0) } ?? .unknown
  }

  private static func mismatches(
    _ metric: MetricSpec, _ query: Query, isRange: Bool
  ) -> [TemplateFinding] {
    let type: ConditionType
    switch (isRange, query.type) {
    case (true, _), (false, .vector), (false, .matrix): type = .list(.number)
    case (false, .scalar): type = .number
    case (false, .string):
      return [
        TemplateFinding(
          .warning, "type-mismatch", at: metric.place(of: "provider", "prometheus", "query"),
          "the query gives a string, which no condition can judge",
          remedy: "let it give numbers")
      ]
    }
    return [
      ("successCondition", metric.successCondition), ("failureCondition", metric.failureCondition),
    ].compactMap { field, source -> TemplateFinding? in
      guard !source.isEmpty, TemplateText.placeholders(in: source).isEmpty,
        let condition = try? Condition(source)
      else { return nil }
      do throws(ConditionError) {
        try condition.check(against: type)
        return nil
      } catch {
        let given = type == .number ? "one number" : "a list of numbers"
        return TemplateFinding(
          .warning, "type-mismatch", at: metric.place(of: field),
          "the query is of type \(query.type.spelledOut), so result is \(given): \(error.message)",
          remedy: type == .number
            ? "write result where result[0] stands" : "write result[0], or len(result)")
      }
    }
  }
}
