import Foundation
import Statistics

/// One file of reference vectors: a family of cases with its tolerances.
struct VectorFamily: Decodable, Sendable {
  struct Case: Decodable, Sendable {
    var id: String
    var tag: String?
    var input: VectorValue
    var expected: VectorValue?
    var error: String?
  }

  struct Tolerance: Decodable, Sendable {
    var rtol: Double?
    var atol: Double?
  }

  var family: String
  var defaultRelativeTolerance: Double
  var tolerance: [String: Tolerance]
  var cases: [Case]

  enum CodingKeys: String, CodingKey {
    case family, tolerance, cases
    case defaultRelativeTolerance = "default_rtol"
  }
}

/// How a family fared, field by field.
struct VectorScore: Sendable {
  var passed = 0
  var skipped = 0
  var failures: [String] = []
}

/// The answer of the project to one input: a field for everything it offers.
typealias VectorAnswer = @Sendable (VectorValue) throws -> [String: VectorValue]

extension VectorFamily {
  /// Compares the answers with the expected fields.
  func score(_ answer: VectorAnswer) -> VectorScore {
    var score = VectorScore()
    for item in cases {
      do {
        let fields = try answer(item.input)
        if let code = item.error {
          score.failures.append("\(item.id): expected error \(code), got \(fields)")
        } else {
          compare(.object(fields), item.expected ?? .null, at: item.id, name: "", into: &score)
        }
      } catch let reason as NotComputable {
        if item.error == reason.rawValue {
          score.passed += 1
        } else {
          let wanted = item.error ?? "an answer"
          score.failures.append("\(item.id): expected \(wanted), got error \(reason.rawValue)")
        }
      } catch {
        score.failures.append("\(item.id): \(error)")
      }
    }
    return score
  }

  private func compare(
    _ got: VectorValue, _ want: VectorValue, at path: String, name: String,
    bounds inherited: Tolerance? = nil, into score: inout VectorScore
  ) {
    let bounds = tolerance[name] ?? inherited
    switch (got, want) {
    case (.object(let fields), .object(let wanted)):
      for key in wanted.keys.sorted() {
        guard let value = fields[key] else {
          score.skipped += 1
          continue
        }
        compare(
          value, wanted[key] ?? .null, at: "\(path).\(key)", name: key, bounds: bounds, into: &score
        )
      }
    case (.list(let values), .list(let wanted)) where values.count == wanted.count:
      for (index, pair) in zip(values, wanted).enumerated() {
        compare(
          pair.0, pair.1, at: "\(path)[\(index)]", name: name, bounds: bounds, into: &score)
      }
    case (.number(let value), .number(let wanted)):
      let rtol = bounds?.rtol ?? defaultRelativeTolerance
      let atol = bounds?.atol ?? 0
      let allowed = wanted == 0 ? max(atol, 1e-12) : atol + rtol * abs(wanted)
      if value == wanted || (value.isNaN && wanted.isNaN) || abs(value - wanted) <= allowed {
        score.passed += 1
      } else {
        let relative = abs(value - wanted) / abs(wanted)
        score.failures.append("\(path): \(value), expected \(wanted) (off by \(relative))")
      }
    default:
      if got == want {
        score.passed += 1
      } else {
        score.failures.append("\(path): \(got), expected \(want)")
      }
    }
  }
}
