internal import Analysis

/// What came of test files: one entry for each test, in the order of files.
///
///     report.summary                  // 63 passed, 0 failed
///     report.junit                    // for a CI system
package struct TestReport: Equatable, Sendable {
  /// One test.
  package struct Entry: Equatable, Sendable {
    /// The file, as it was named.
    package var file: String
    package var name: String
    /// What was found and what was expected, one line each; none when the test passed.
    package var problems: [String]

    package init(file: String, name: String, problems: [String] = []) {
      self.file = file
      self.name = name
      self.problems = problems
    }

    package var hasPassed: Bool { problems.isEmpty }
  }

  package var entries: [Entry]

  package init(entries: [Entry] = []) {
    self.entries = entries
  }

  package var passedCount: Int { entries.count { $0.hasPassed } }
  package var failures: [Entry] { entries.filter { !$0.hasPassed } }

  /// `12 passed, 1 failed`.
  package var summary: String { "\(passedCount) passed, \(failures.count) failed" }

  /// Each failure with its file and name, problems below.
  package var failureLines: [String] {
    failures.flatMap { entry in
      ["\(entry.file): \(entry.name)"] + entry.problems.map { "  \($0)" }
    }
  }

  /// JUnit's XML, one suite for each file, as CI systems read it.
  package var junit: String {
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites tests=\"\(entries.count)\" failures=\"\(failures.count)\">\n"
    for suite in suites {
      let failed = suite.entries.count { !$0.hasPassed }
      text += "  <testsuite name=\"\(XMLText.escaped(suite.file))\""
      text += " tests=\"\(suite.entries.count)\""
      text += " failures=\"\(failed)\" errors=\"0\" skipped=\"0\">\n"
      for entry in suite.entries {
        text += "    <testcase classname=\"\(XMLText.escaped(suite.file))\""
        text += " name=\"\(XMLText.escaped(entry.name))\""
        guard let first = entry.problems.first else {
          text += "/>\n"
          continue
        }
        let details = XMLText.escaped(entry.problems.joined(separator: "\n"))
        text += ">\n      <failure message=\"\(XMLText.escaped(first))\">\(details)</failure>\n"
        text += "    </testcase>\n"
      }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  /// The entries by file, files in the order of their first test.
  private var suites: [(file: String, entries: [Entry])] {
    var suites: [(file: String, entries: [Entry])] = []
    for entry in entries {
      if let index = suites.firstIndex(where: { $0.file == entry.file }) {
        suites[index].entries.append(entry)
      } else {
        suites.append((entry.file, [entry]))
      }
    }
    return suites
  }
}
