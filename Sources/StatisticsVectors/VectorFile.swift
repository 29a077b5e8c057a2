internal import Glibc
internal import Manifest
internal import Statistics

/// One file of reference vectors: a family of cases, computed by somebody else, with tolerances.
///
///     {"family": "welch_t", "default_rtol": 1e-10, "tolerance": {"t": {"rtol": 1e-9}},
///      "cases": [{"id": "welch_t-001", "input": {"a": [1, 2], "b": [3, 5], "pooled": false},
///                 "expected": {"t": -2.12132034355964}}]}
///
/// A number passes when |got − want| ≤ atol + rtol |want| (1e-12 for a want of 0), anything else
/// when it is equal; arrays compare element by element. A case with `error` must be refused with
/// that code. Fields that aren't offered are skipped.
package struct VectorFile: Sendable {
  struct Case: Sendable {
    var id: String
    var input: VectorValue
    var expected: VectorValue
    var error: String?
  }

  struct Tolerance: Sendable {
    var rtol: Double?
    var atol: Double?
  }

  /// Why a file can't be read.
  package struct Fault: Error, CustomStringConvertible {
    package var description: String
  }

  package let family: String
  let relativeTolerance: Double
  let tolerances: [String: Tolerance]
  let cases: [Case]
  /// The digits that the reference was computed with; a logarithm near 0 that came from 1 − p is
  /// known no better than that, absolutely.
  let digits: Double

  /// The number of cases.
  package var caseCount: Int { cases.count }

  /// - Throws: `Fault` for what is not JSON or not of this shape.
  package init(parsing text: String) throws(Fault) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: text)
    } catch {
      throw Fault(description: error.description)
    }
    guard let family = json["family"]?.asString, let list = json["cases"]?.asArray else {
      throw Fault(description: "found no \"family\" and \"cases\", expected a vector file")
    }
    self.family = family
    relativeTolerance = json["default_rtol"]?.asNumber ?? 1e-9
    digits = json[path: "provenance", "dps"]?.asNumber ?? 300
    tolerances = (json["tolerance"]?.asObject ?? [:]).mapValues {
      Tolerance(rtol: $0["rtol"]?.asNumber, atol: $0["atol"]?.asNumber)
    }
    var cases: [Case] = []
    for (index, item) in list.enumerated() {
      cases.append(
        Case(
          id: item["id"]?.asString ?? "\(family)[\(index)]",
          input: VectorValue(item["input"] ?? .null),
          expected: VectorValue(item["expected"] ?? .null), error: item["error"]?.asString))
    }
    self.cases = cases
  }

  /// Runs all cases.
  package func run() -> VectorReport {
    var report = VectorReport()
    guard let answer = vectorAnswers[family] else {
      for item in cases { report.skip(item.id, "all", "the family \(family) is not offered") }
      report.skippedCases = cases.count
      return report
    }
    for item in cases { run(item, answer, into: &report) }
    return report
  }

  private func run(_ item: Case, _ answer: VectorAnswer, into report: inout VectorReport) {
    let before = (report.failures.count, report.comparedFields)
    do {
      let fields = try answer(item.input)
      if let code = item.error {
        report.fail(item.id, "error", got: VectorValue.object(fields).spelled, want: code)
      } else {
        compare(.object(fields), item.expected, at: "", name: "", item, into: &report)
      }
    } catch let reason as NotComputable {
      report.comparedFields += 1
      if item.error != reason.rawValue {
        let wanted = item.error ?? item.expected.spelled
        report.fail(item.id, "error", got: reason.rawValue, want: wanted)
      }
    } catch {
      report.fail(item.id, "input", got: "\(error)", want: "an input of this family")
    }
    if report.failures.count > before.0 {
      report.failedCases += 1
    } else if report.comparedFields > before.1 {
      report.passedCases += 1
    } else {
      report.skippedCases += 1
    }
  }

  private func compare(
    _ got: VectorValue, _ want: VectorValue, at path: String, name: String,
    bounds inherited: Tolerance? = nil, _ item: Case, into report: inout VectorReport
  ) {
    let bounds = tolerances[name] ?? inherited
    switch (got, want) {
    case (.object(let fields), .object(let wanted)):
      for key in wanted.keys.sorted() {
        let place = path.isEmpty ? key : "\(path).\(key)"
        guard let value = fields[key] else {
          report.skip(item.id, place, skipReason(family: family, field: key, of: item.input))
          continue
        }
        compare(
          value, wanted[key] ?? .null, at: place, name: key, bounds: bounds, item, into: &report)
      }
    case (.list(let values), .list(let wanted)) where values.count == wanted.count:
      for (index, pair) in zip(values, wanted).enumerated() {
        compare(
          pair.0, pair.1, at: "\(path)[\(index)]", name: name, bounds: bounds, item, into: &report)
      }
    case (.number(let value), .number(let wanted)):
      report.comparedFields += 1
      let (rtol, atol) = (bounds?.rtol ?? relativeTolerance, bounds?.atol ?? 0)
      let least = name.hasPrefix("log_") ? pow(10, -digits) : 0
      let allowed = wanted == 0 ? max(atol, 1e-12) : max(least, atol + rtol * abs(wanted))
      let isClose = abs(value - wanted) <= allowed
      guard value == wanted || (value.isNaN && wanted.isNaN) || isClose else {
        report.fail(item.id, path, got: "\(value)", want: "\(wanted)")
        return
      }
    default:
      report.comparedFields += 1
      if got != want { report.fail(item.id, path, got: got.spelled, want: want.spelled) }
    }
  }
}
