internal import Manifest
internal import MetricModel

/// JSON as values of the condition language and back.
package enum JSONText {
  /// The value that a JSON text spells; every number is a `number`, as Go decodes them.
  ///
  /// - Throws: `ConditionError` with the offset of what can't be read.
  package static func parse(_ text: String) throws(ConditionError) -> ConditionValue {
    do throws(JSONError) {
      return value(of: try JSONValue(parsing: text))
    } catch {
      throw ConditionError(error.message, source: text, offset: error.offset)
    }
  }

  private static func value(of json: JSONValue) -> ConditionValue {
    switch json {
    case .null: .null
    case .bool(let truth): .bool(truth)
    case .integer(let integer): .number(Double(integer))
    case .number(let number): .number(number)
    case .string(let text): .text(text)
    case .array(let elements): .list(elements.map(value))
    case .object(let fields): .map(fields.mapValues(value))
    }
  }

  /// Compact JSON, keys in order; NaN and infinities, which JSON lacks, as `null`.
  package static func spelled(_ value: ConditionValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let truth): return truth ? "true" : "false"
    case .integer(let number): return String(number)
    case .number(let number): return number.isFinite ? NumberText.json(number) : "null"
    case .text(let text): return JSONValue.quoted(text)
    case .list(let items): return "[" + items.map(spelled).joined(separator: ",") + "]"
    case .map(let fields):
      let entries = fields.sorted { $0.key < $1.key }
      return "{"
        + entries.map { "\(JSONValue.quoted($0.key)):\(spelled($0.value))" }.joined(separator: ",")
        + "}"
    case .time(let time): return JSONValue.quoted(CalendarTime(time).text)
    case .duration(let nanoseconds): return String(nanoseconds)
    }
  }
}
