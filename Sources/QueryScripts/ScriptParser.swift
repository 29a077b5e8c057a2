import MetricModel

/// Reads scripts line by line.
///
/// A blank line or a comment ends a block; indentation means nothing.
package struct ScriptParser {
  private let lines: [String]
  private var next = 0

  /// Reads a whole script; never fails, since what can't be read becomes a `.broken` statement.
  package static func parse(_ text: String) -> Script {
    var parser = ScriptParser(text)
    var statements: [ScriptStatement] = []
    while parser.next < parser.lines.count {
      let line = parser.next + 1
      guard let command = parser.command() else { continue }
      statements.append(ScriptStatement(line: line, command: command))
    }
    return Script(statements: statements)
  }

  private init(_ text: String) {
    // Splitting characters would keep "\r\n" together.
    lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { bytes in
        let line = Words.trimmed(String(decoding: bytes, as: UTF8.self))
        return line.utf8.first == UInt8(ascii: "#") ? "" : line
      }
  }

  /// The next line of the current block; nil at its end, which is taken as well.
  private mutating func nextLineOfBlock() -> String? {
    guard next < lines.count else { return nil }
    let line = lines[next]
    next += 1
    return line.isEmpty ? nil : line
  }

  /// Nil for an empty line.
  private mutating func command() -> ScriptStatement.Command? {
    guard let line = nextLineOfBlock() else { return nil }
    var words = Words(line)
    let name = words.next().lowercased()
    if name == "clear" { return .clear }
    if name.hasPrefix("load") { return load(name, &words) }
    if name.hasPrefix("eval") { return evaluation(name, &words) }
    return .broken("unexpected \(GoText.quoted(name)), expected load, clear or eval")
  }

  private mutating func skipBlock() {
    while nextLineOfBlock() != nil {}
  }

  private mutating func load(_ name: String, _ words: inout Words) -> ScriptStatement.Command {
    guard name == "load" || name == "load_with_nhcb" else {
      skipBlock()
      return .broken("unexpected \(GoText.quoted(name)), expected load or load_with_nhcb")
    }
    let text = words.rest
    guard let step = Milliseconds(parsing: text), step.count > 0 else {
      skipBlock()
      return .broken("bad step \(GoText.quoted(text)) of load, expected a duration such as 1m")
    }
    var load = SeriesLoad(step: step, makesHistograms: name == "load_with_nhcb")
    var starts: (labels: Labels, offsets: [Milliseconds?])?
    while let line = nextLineOfBlock() {
      do {
        if let read = try SeriesNotation.parseStartTimes(line) {
          starts = read
          continue
        }
        var series = try SeriesNotation.parse(line)
        if let starts {
          guard starts.labels == series.labels, starts.offsets.count == series.values.count else {
            throw NotationError(
              "expected \(starts.offsets.count) values of \(starts.labels) after its start times")
          }
          series.startOffsets = starts.offsets
        }
        starts = nil
        load.series.removeAll { $0.labels == series.labels }
        load.series.append(series)
      } catch {
        load.problem = load.problem ?? "line \(next): \(error)"
      }
    }
    return .load(load)
  }

  private mutating func evaluation(
    _ name: String, _ words: inout Words
  ) -> ScriptStatement.Command {
    do throws(NotationError) {
      var expectation = ExpectedAnswer()
      switch name {
      case "eval": break
      case "eval_fail": expectation.failure = .anything
      case "eval_warn": expectation.warnings = .some([])
      case "eval_info": expectation.infos = .some([])
      case "eval_ordered": expectation.isOrdered = true
      default: throw NotationError("unexpected \(GoText.quoted(name)), expected eval")
      }
      let times = try Self.times(&words)
      let query = words.rest
      guard !query.isEmpty else { throw NotationError("expected a query after the times") }
      var reader = ExpectationReader(expectation, times: times)
      while let line = nextLineOfBlock() {
        guard try reader.read(line) else { break }
      }
      return .evaluate(
        ScriptEvaluation(times: times, query: query, expectation: reader.expectation))
    } catch {
      skipBlock()
      return .broken("\(error)")
    }
  }

  /// `instant at 5m` or `range from 0 to 5m step 1m`.
  private static func times(_ words: inout Words) throws(NotationError) -> ScriptEvaluation.Times {
    switch words.next().lowercased() {
    case "instant":
      try words.expect("at")
      return .instant(try time(&words))
    case "range":
      try words.expect("from")
      return .range(try grid(&words))
    case let word:
      throw NotationError("unexpected \(GoText.quoted(word)), expected instant or range")
    }
  }

  /// `0 to 5m step 1m`.
  static func grid(_ words: inout Words) throws(NotationError) -> StepGrid {
    let start = try time(&words)
    try words.expect("to")
    let end = try time(&words)
    try words.expect("step")
    let step = try duration(&words)
    guard let grid = StepGrid.range(from: start, through: end, step: step, maximum: 1_000_000)
    else { throw NotationError("expected an end after the start and a step above zero") }
    return grid
  }

  private static func time(_ words: inout Words) throws(NotationError) -> Timestamp {
    Timestamp(milliseconds: try duration(&words).count)
  }

  private static func duration(_ words: inout Words) throws(NotationError) -> Milliseconds {
    let word = words.next()
    guard let duration = Milliseconds(parsing: word) else {
      throw NotationError("bad time \(GoText.quoted(word)), expected a duration such as 5m")
    }
    return duration
  }
}

/// A line, taken word by word.
struct Words {
  private var bytes: ArraySlice<UInt8>

  init(_ line: String) {
    bytes = Array(line.utf8)[...]
  }

  /// The next word; empty at the end of the line.
  mutating func next() -> String {
    bytes = bytes.drop(while: Self.isBlank)
    let word = bytes.prefix { !Self.isBlank($0) }
    bytes = bytes.dropFirst(word.count)
    return String(decoding: word, as: UTF8.self)
  }

  /// Everything not yet taken, without blanks around.
  var rest: String { Self.trimmed(String(decoding: bytes, as: UTF8.self)) }

  /// Takes `wanted`, in any case.
  mutating func expect(_ wanted: String) throws(NotationError) {
    let word = next()
    guard word.lowercased() == wanted else {
      throw NotationError("unexpected \(GoText.quoted(word)), expected \(wanted)")
    }
  }

  static func trimmed(_ line: String) -> String {
    var bytes = Array(line.utf8)[...]
    bytes = bytes.drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d
  }
}
