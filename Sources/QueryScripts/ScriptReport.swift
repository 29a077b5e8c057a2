package import PromQL

/// What came of running a script.
package struct ScriptReport: Sendable {
  package enum Outcome: Sendable {
    case passed
    case failed(Mismatch)
    /// The query doesn't parse, or its parts don't fit together.
    case unparsable(ParseError)
    /// The statement itself can't be read.
    case broken(String)
  }

  /// The outcome of one `eval`, or of a statement that can't be read.
  package struct Entry: Sendable {
    /// The line of the command, from 1.
    package var line: Int
    /// Empty for statements that can't be read.
    package var query: String
    package var outcome: Outcome

    package var hasPassed: Bool {
      if case .passed = outcome { return true }
      return false
    }
  }

  package var entries: [Entry]

  package init(entries: [Entry] = []) {
    self.entries = entries
  }

  package var passedCount: Int { entries.count { $0.hasPassed } }
  package var failures: [Entry] { entries.filter { !$0.hasPassed } }

  /// `12 passed, 1 failed`.
  package var summary: String { "\(passedCount) passed, \(failures.count) failed" }

  /// Every failure with its line, then the summary.
  package var text: String {
    (failures.map(\.description) + [summary]).joined(separator: "\n") + "\n"
  }
}

extension ScriptReport.Entry: CustomStringConvertible {
  /// `line 12: rate(x[5m]): {} is missing`, with what was got and wanted below.
  package var description: String {
    let place = query.isEmpty ? "line \(line)" : "line \(line): \(query)"
    switch outcome {
    case .passed: return "\(place): passed"
    case .unparsable(let error): return "\(place): \(error)"
    case .broken(let reason): return "\(place): \(reason)"
    case .failed(let mismatch):
      let details = [("got", mismatch.got), ("want", mismatch.want)].compactMap { name, text in
        text.map { "  \(name):\n" + Self.indented($0) }
      }
      return (["\(place): \(mismatch.reason)"] + details).joined(separator: "\n")
    }
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
  }
}
