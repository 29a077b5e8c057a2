internal import Manifest
internal import MetricModel

/// Whether a body is as the OpenAPI document says: the same schemas that are published decide, so
/// document and server can't disagree. Knows the keywords that `OpenAPISchemas` uses.
struct BodySchema {
  let schema: JSONValue

  /// A body of a schema of the document.
  ///
  /// - Throws: `bad_data` with the place and what would be accepted.
  static func read(_ body: [UInt8], as name: String) throws(APIError) -> JSONValue {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: body)
    } catch {
      throw APIError(.badData, "the body is no JSON: \(error)")
    }
    if let fault = BodySchema(named: name).fault(in: document, at: "") {
      throw APIError(.badData, fault)
    }
    return document
  }

  init(_ schema: JSONValue) {
    var schema = schema
    if let path = schema["$ref"]?.asString, let slash = path.lastIndex(of: "/") {
      schema = OpenAPISchemas.all[String(path[path.index(after: slash)...])] ?? .bool(false)
    }
    self.schema = schema
  }

  init(named name: String) {
    self.init(OpenAPISchemas.reference(name))
  }

  /// The first thing that is wrong; nil where nothing is.
  func fault(in value: JSONValue, at path: String) -> String? {
    if schema == .bool(false) { return "\(place(path)): nothing is accepted here" }
    if let expected = kinds(), !expected.contains(where: { Self.is(value, $0) }) {
      return "\(place(path)): found \(value.kindName), expected \(Self.listed(expected))"
    }
    switch value {
    case .string(let text): return fault(in: text, at: path)
    case .array(let elements): return fault(in: elements, at: path)
    case .object(let fields): return fault(in: fields, at: path)
    default: return nil
    }
  }

  private func kinds() -> [String]? {
    schema["type"].map { $0.asString.map { [$0] } ?? ($0.asArray ?? []).compactMap(\.asString) }
  }

  private static func `is`(_ value: JSONValue, _ kind: String) -> Bool {
    switch (kind, value) {
    case ("string", .string), ("array", .array), ("object", .object), ("boolean", .bool),
      ("number", .number), ("number", .integer), ("null", .null):
      true
    default: false
    }
  }

  private func fault(in text: String, at path: String) -> String? {
    let length = text.unicodeScalars.count
    if let least = schema["minLength"]?.asInteger, length < least {
      return "\(place(path)): it is empty"
    }
    if let most = schema["maxLength"]?.asInteger, length > most {
      return "\(place(path)): \(length) letters, at most \(most) are accepted"
    }
    if let pattern = schema["pattern"]?.asString,
      (try? RegexMatcher(pattern).matches(Array(text.utf8))) == false
    {
      return "\(place(path)): found \(JSONValue.quoted(text)), expected "
        + (schema["description"]?.asString ?? pattern)
    }
    if schema["format"]?.asString == "date-time",
      text.utf8.count < 20 || Timestamp(parsing: text) == nil
    {
      return "\(place(path)): found \(JSONValue.quoted(text)), expected a time of RFC 3339"
    }
    return nil
  }

  private func fault(in elements: [JSONValue], at path: String) -> String? {
    if let least = schema["minItems"]?.asInteger, elements.count < least {
      return "\(place(path)): the list is empty"
    }
    if let most = schema["maxItems"]?.asInteger, elements.count > most {
      return "\(place(path)): \(elements.count) elements, at most \(most) are accepted"
    }
    guard let items = schema["items"].map(BodySchema.init) else { return nil }
    for (number, element) in elements.enumerated() {
      if let fault = items.fault(in: element, at: "\(path)[\(number)]") { return fault }
    }
    return nil
  }

  private func fault(in fields: [String: JSONValue], at path: String) -> String? {
    for name in (schema["required"]?.asArray ?? []).compactMap(\.asString)
    where fields[name] == nil {
      return "\(place(path, name)): it is missing"
    }
    if let least = schema["minProperties"]?.asInteger, fields.count < least {
      return "\(place(path)): the object is empty"
    }
    let known = schema["properties"]?.asObject ?? [:]
    let other = schema["additionalProperties"]
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      guard let schema = known[name] ?? other else { continue }
      guard schema != .bool(false) else {
        return "unknown field \"\(name)\", known are \(known.keys.sorted().joined(separator: ", "))"
      }
      if let fault = BodySchema(schema).fault(in: value, at: place(path, name)) { return fault }
    }
    return alternatives(fields)
  }

  /// `oneOf` with a list of required fields each.
  private func alternatives(_ fields: [String: JSONValue]) -> String? {
    guard let ways = schema["oneOf"]?.asArray else { return nil }
    let names = ways.map { ($0["required"]?.asArray ?? []).compactMap(\.asString) }
    guard names.count(where: { $0.allSatisfy { fields[$0] != nil } }) != 1 else { return nil }
    let listed = names.map { $0.joined(separator: " and ") }.joined(separator: ", ")
    return "say what to run by exactly one of \(listed)"
  }

  private func place(_ path: String, _ name: String? = nil) -> String {
    guard let name else { return path.isEmpty ? "the body" : path }
    return path.isEmpty ? name : "\(path).\(name)"
  }

  private static func listed(_ kinds: [String]) -> String {
    kinds.map {
      switch $0 {
      case "string": "a text"
      case "array": "a list"
      case "object": "an object"
      case "boolean": "true or false"
      case "null": "null"
      default: "a number"
      }
    }.joined(separator: " or ")
  }
}
