internal import MetricModel
internal import PromQL
internal import QueryScripts

/// A test being run: rules evaluated again and again over the input, alerts compared on the way,
/// expressions at the end.
struct RuleTestRun {
  let test: RuleTest
  let interval: Milliseconds
  let isFuzzy: Bool
  let options: QueryOptions
  private var groups: [RuleGroupState]
  private var storage = GrowingSeries()

  /// So that a wrong `eval_time` is an error and not an endless run.
  private static let evaluationsMax = 2_000_000

  init(
    test: RuleTest, groups: [RuleGroup], interval: Milliseconds, isFuzzy: Bool,
    options: QueryOptions
  ) {
    self.test = test
    self.groups = groups.map { RuleGroupState($0) }
    self.interval = interval
    self.isFuzzy = isFuzzy
    self.options = options
  }

  mutating func failures() -> [String] {
    if let broken = test.alerts.first(where: { $0.name.isEmpty }) {
      let group = test.isNamed ? " (in TestGroup \(test.name))" : ""
      return [
        "an item under alert_rule_test misses required attribute alertname at eval_time "
          + "\(broken.time)\(group)"
      ]
    }
    do throws(RuleFailure) {
      try load()
    } catch {
      return [error.description]
    }
    let last = test.lastTime
    guard last.count / interval.count < Self.evaluationsMax else {
      return ["eval_time \(last) is more than \(Self.evaluationsMax) evaluations away"]
    }
    var failures: [String] = []
    var elapsed = Milliseconds.zero
    while elapsed <= last {
      let now = test.start.advanced(by: elapsed)
      storage.horizon = now
      let errors = evaluateGroups(at: now)
      guard errors.isEmpty else { return failures + errors }
      let next = Milliseconds(elapsed.count + interval.count)
      for time in Set(test.alerts.map(\.time)).sorted() where time >= elapsed && time < next {
        failures += alertFailures(at: time)
      }
      elapsed = next
    }
    storage.horizon = .latest
    return failures + test.expressions.flatMap(expressionFailures)
  }

  private mutating func load() throws(RuleFailure) {
    for input in test.input {
      let notated: NotatedSeries
      do throws(NotationError) {
        notated = try SeriesNotation.parse("\(input.series) \(input.values)")
      } catch {
        throw RuleFailure("error parsing input series \(GoText.quoted(input.series)): \(error)")
      }
      for (index, value) in notated.values.enumerated() {
        let offset = test.interval.count.multipliedReportingOverflow(by: Int64(index))
        guard !offset.overflow else { throw RuleFailure("input series goes past the end of time") }
        let time = test.start.advanced(by: Milliseconds(offset.partialValue))
        switch value {
        case .omitted: break
        case .number(let number): try storage.append(notated.labels, time, .number(number))
        case .histogram(let histogram, _):
          try storage.append(notated.labels, time, .histogram(histogram))
        }
      }
    }
    storage.sort()
  }

  private mutating func evaluateGroups(at now: Timestamp) -> [String] {
    var errors: [String] = []
    for group in groups.indices {
      for rule in groups[group].group.rules.indices {
        let output = groups[group].evaluate(rule, at: now, from: storage, in: test.environment)
        do throws(RuleFailure) {
          for sample in output.samples {
            // A marker behind a sample of another rule is nothing to complain about.
            if sample.value.number?.isStaleMarker == true {
              try? storage.append(sample.labels, sample.time, sample.value)
            } else {
              try storage.append(sample.labels, sample.time, sample.value)
            }
          }
        } catch {
          groups[group].reportWriteFailure(error.description, ofRule: rule)
        }
        storage.sort()
        let state = groups[group].rules[rule]
        if !state.lastError.isEmpty {
          let name = groups[group].group.rules[rule].name
          errors.append(
            "    rule: \(name), time: \(Milliseconds(now.milliseconds)), err: \(state.lastError)")
        }
      }
    }
    return errors
  }
}

// Comparison with what is expected.
extension RuleTestRun {
  private typealias Instance = (labels: Labels, annotations: Labels)

  private func alertFailures(at time: Milliseconds) -> [String] {
    test.alerts.filter { $0.time == time }.compactMap { expectation in
      var got: [Instance] = []
      for group in groups {
        for (rule, state) in zip(group.group.rules, group.rules) {
          guard case .alerting = rule.kind, rule.name == expectation.name else { continue }
          for alert in state.activeAlerts where alert.state == .firing {
            got.append((alert.labels, alert.annotations))
          }
        }
      }
      let sortedGot = got.sorted(by: precedes)
      let sortedWant = expectation.expected.sorted(by: precedes)
      let isEqual = sortedGot.elementsEqual(sortedWant) {
        $0.labels == $1.labels && $0.annotations == $1.annotations
      }
      guard !isEqual else { return nil }
      let name = test.isNamed ? "    name: \(test.name),\n" : ""
      return name + "    alertname: \(expectation.name), time: \(time), \n        exp:"
        + "\(listed(sortedWant)), \n        got:\(listed(sortedGot))"
    }
  }

  private func precedes(_ left: Instance, _ right: Instance) -> Bool {
    left.labels == right.labels
      ? left.annotations < right.annotations : left.labels < right.labels
  }

  private func listed(_ alerts: [Instance]) -> String {
    if alerts.isEmpty { return "[]" }
    let indent = String(repeating: " ", count: 12)
    let lines = alerts.enumerated().map { index, alert in
      "\(indent)\(index):\n\(indent)  Labels:\(Self.braces(alert.labels))\n"
        + "\(indent)  Annotations:\(Self.braces(alert.annotations))"
    }
    return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
  }

  /// `{__name__="up", job="a"}`.
  private static func braces(_ labels: Labels) -> String {
    let inner = labels.pairs.map { name, value in
      "\(LabelName.isLegacy(name) ? name : GoText.quoted(name))=\(GoText.quoted(value))"
    }
    return "{\(inner.joined(separator: ", "))}"
  }

  private func expressionFailures(_ expectation: RuleTest.ExpressionCase) -> [String] {
    let place = "    expr: \(GoText.quoted(expectation.expression)), time: \(expectation.time),"
    let got: [AnsweredSample]
    do throws(RuleFailure) {
      let query = try parsed(expectation.expression)
      let time = test.start.advanced(by: expectation.time)
      got = try RuleGroupState.vector(of: query, at: time, from: storage)
        .map { AnsweredSample(labels: $0.labels, $0.value) }
    } catch {
      return ["\(place) err: \(error)"]
    }
    var want: [AnsweredSample] = []
    for sample in expectation.expected {
      do throws(RuleFailure) {
        want.append(try Self.expected(sample))
      } catch {
        return ["\(place) err: labels \(GoText.quoted(sample.labels)): \(error)"]
      }
    }
    let sortedGot = got.sorted { $0.labels < $1.labels }
    let sortedWant = want.sorted { $0.labels < $1.labels }
    let isEqual = sortedGot.elementsEqual(sortedWant) {
      $0.labels == $1.labels && $0.histogram == $1.histogram && areEqual($0.value, $1.value)
    }
    guard !isEqual else { return [] }
    return ["\(place)\n        exp: \(listed(sortedWant))\n        got: \(listed(sortedGot))"]
  }

  /// An element of an answer. Histograms are compared as text, hints included, as promtool does it.
  private struct AnsweredSample {
    var labels: Labels
    var value = 0.0
    /// In the notation of scripts; nil for a number.
    var histogram: String?

    init(labels: Labels, _ sample: SampleValue) {
      self.labels = labels
      switch sample {
      case .number(let number): value = number
      case .histogram(let native): histogram = native.expression
      }
    }
  }

  private static func expected(
    _ sample: RuleTest.ExpressionCase.Sample
  ) throws(RuleFailure) -> AnsweredSample {
    let labels = sample.labels.isEmpty ? "{}" : sample.labels
    let parsed = try notated("\(labels) 1").labels
    guard !sample.histogram.isEmpty else {
      return AnsweredSample(labels: parsed, .number(sample.value))
    }
    let values = try notated("{} \(sample.histogram)").values
    guard values.count == 1 else {
      throw RuleFailure("expected 1 value, got \(values.count)")
    }
    guard case .histogram(let histogram, _) = values[0] else {
      throw RuleFailure("expected histogram, got \(GoText.quoted(sample.histogram))")
    }
    return AnsweredSample(labels: parsed, .histogram(histogram))
  }

  private static func notated(_ text: String) throws(RuleFailure) -> NotatedSeries {
    do throws(NotationError) {
      return try SeriesNotation.parse(text)
    } catch {
      throw RuleFailure("\(error)")
    }
  }

  private func parsed(_ expression: String) throws(RuleFailure) -> Query {
    do throws(ParseError) {
      return try Query(expression, options: options)
    } catch {
      throw RuleFailure(error.description)
    }
  }

  private func areEqual(_ left: Double, _ right: Double) -> Bool {
    if left == right || (left.isNaN && right.isNaN) { return true }
    return isFuzzy && (left.nextUp == right || left.nextDown == right)
  }

  private func listed(_ samples: [AnsweredSample]) -> String {
    if samples.isEmpty { return "nil" }
    return samples.map { sample in
      "\(Self.braces(sample.labels)) \(sample.histogram ?? NumberText.json(sample.value))"
    }.joined(separator: ", ")
  }
}
