import MetricModel
import PromQL

/// Reads the lines below an `eval`.
struct ExpectationReader {
  private(set) var expectation: ExpectedAnswer
  private let times: ScriptEvaluation.Times
  private var series: [NotatedSeries] = []

  init(_ expectation: ExpectedAnswer, times: ScriptEvaluation.Times) {
    self.expectation = expectation
    self.times = times
  }

  /// Takes one line; false when it must be the last.
  mutating func read(_ line: String) throws(NotationError) -> Bool {
    var words = Words(line)
    switch words.next().lowercased() {
    case "expected_fail_message":
      expectation.failure = .exactly(words.rest)
      return true
    case "expected_fail_regexp":
      expectation.failure = .containing(try Self.pattern(words.rest))
      return true
    case "expect":
      try readExpect(&words)
      return true
    default: break
    }
    if let number = NumberText.parse(line) {
      expectation.value = .scalar(number)
      return false
    }
    try readSeries(line)
    return true
  }

  private mutating func readSeries(_ line: String) throws(NotationError) {
    let read = try SeriesNotation.parse(line)
    series.append(read)
    switch expectation.value {
    case .rangeVector(let grid, _):
      try check(read, against: grid)
      expectation.value = .rangeVector(grid, series)
    case .series:
      switch times {
      case .instant:
        guard read.values.count == 1 else {
          throw NotationError(
            "expected one value for each series of an instant query, got \(read.values.count)")
        }
      case .range(let grid): try check(read, against: grid)
      }
      expectation.value = .series(series)
    case .scalar, .string:
      throw NotationError("expected no series beside a scalar or string, got \(line)")
    }
  }

  private func check(_ series: NotatedSeries, against grid: StepGrid) throws(NotationError) {
    guard series.values.count <= grid.count else {
      throw NotationError(
        "expected at most \(grid.count) values, one for each step, got \(series.values.count)")
    }
  }

  /// What follows `expect`.
  private mutating func readExpect(_ words: inout Words) throws(NotationError) {
    let kind = words.next().lowercased()
    switch kind {
    case "ordered": expectation.isOrdered = true
    case "no_warn": expectation.warnings = .none
    case "no_info": expectation.infos = .none
    case "fail", "fail:": expectation.failure = try Self.textPattern(words.rest) ?? .anything
    case "warn":
      expectation.warnings = Self.adding(try Self.textPattern(words.rest), to: expectation.warnings)
    case "info":
      expectation.infos = Self.adding(try Self.textPattern(words.rest), to: expectation.infos)
    case "string":
      do {
        guard case .string(let value, _) = try Parser.parse(words.rest) else {
          throw NotationError("expected a quoted string, got \(words.rest)")
        }
        expectation.value = .string(value.text)
      } catch {
        throw NotationError("expected a quoted string, got \(words.rest)")
      }
    case "range":
      try words.expect("vector")
      try words.expect("from")
      expectation.value = .rangeVector(try ScriptParser.grid(&words), [])
    default:
      throw NotationError(
        "unexpected \(GoText.quoted(kind)) after expect, expected fail, warn, info, no_warn, "
          + "no_info, ordered, string or range vector")
    }
  }

  private static func adding(
    _ pattern: TextPattern?, to remarks: ExpectedAnswer.Remarks
  ) -> ExpectedAnswer.Remarks {
    guard case .some(let patterns) = remarks else { return .some(pattern.map { [$0] } ?? []) }
    return .some(patterns + (pattern.map { [$0] } ?? []))
  }

  /// `msg: text` or `regex: pattern`; nil when nothing is said.
  private static func textPattern(_ text: String) throws(NotationError) -> TextPattern? {
    if text.isEmpty { return nil }
    if text.hasPrefix("msg:") { return .exactly(Words.trimmed(String(text.dropFirst(4)))) }
    if text.hasPrefix("regex:") {
      return .containing(try pattern(Words.trimmed(String(text.dropFirst(6)))))
    }
    throw NotationError("unexpected \(GoText.quoted(text)), expected msg: or regex:")
  }

  private static func pattern(_ source: String) throws(NotationError) -> RegexMatcher {
    do {
      return try RegexMatcher(source)
    } catch {
      throw NotationError("\(error)")
    }
  }
}
