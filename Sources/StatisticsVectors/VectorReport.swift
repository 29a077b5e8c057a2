/// How reference vectors fared.
package struct VectorReport: Sendable {
  /// A field that is wrong, an error that should not be, or one that is missing.
  package struct Failure: Sendable, Hashable, CustomStringConvertible {
    package var caseID: String
    package var field: String
    package var got: String
    package var want: String

    /// `welch_t-003: t: got 1.5, want 1.25`.
    package var description: String { "\(caseID): \(field): got \(got), want \(want)" }
  }

  /// A field that was not compared.
  package struct Skip: Sendable, Hashable, CustomStringConvertible {
    package var caseID: String
    package var field: String
    package var reason: String

    package var description: String { "\(caseID): \(field): skipped, \(reason)" }
  }

  package internal(set) var failures: [Failure] = []
  package internal(set) var skips: [Skip] = []
  /// Numbers and other values compared, elements of arrays apart.
  package internal(set) var comparedFields = 0
  package internal(set) var passedCases = 0
  package internal(set) var failedCases = 0
  /// Cases of which nothing was compared.
  package internal(set) var skippedCases = 0

  package init() {}

  mutating func fail(_ id: String, _ field: String, got: String, want: String) {
    failures.append(Failure(caseID: id, field: field, got: got, want: want))
  }

  mutating func skip(_ id: String, _ field: String, _ reason: String) {
    skips.append(Skip(caseID: id, field: field, reason: reason))
  }

  /// Adds what another file gave.
  package mutating func merge(_ other: VectorReport) {
    failures += other.failures
    skips += other.skips
    comparedFields += other.comparedFields
    passedCases += other.passedCases
    failedCases += other.failedCases
    skippedCases += other.skippedCases
  }

  /// What was skipped, a line for each reason: `distributions: log_value (3): reason`.
  package var skipSummary: [String] {
    var counts: [String: Int] = [:]
    for skip in skips {
      let family = skip.caseID.split(separator: "-").dropLast().joined(separator: "-")
      counts["\(family) \(skip.field): \(skip.reason)", default: 0] += 1
    }
    return counts.sorted { $0.key < $1.key }.map { "skipped \($0.value) × \($0.key)" }
  }

  /// `1140 passed, 0 failed`, of cases.
  package var summary: String { "\(passedCases) passed, \(failedCases) failed" }
}
