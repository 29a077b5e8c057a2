/// Plain JSON as a tree, for objects that are read, changed in places and sent back.
///
///     var route = try JSONValue(parsing: bytes)
///     route[path: "spec", "rules", 0, "weight"] = 25
///     let body = route.spelled
///
/// Integers stay integers, so a patch doesn't turn `1` into `1.0`. Where a message must name line
/// and column, use `ManifestNode`.
package indirect enum JSONValue: Equatable, Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Keys are unique: of repeated ones the last counts. Written in the order of their names.
  case object([String: JSONValue])

  /// How messages call the kind of value.
  package var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// A field of an object; nil where this is none, or lacks it. Setting nil removes the field;
  /// setting a field of what isn't an object makes it one.
  package subscript(field: String) -> JSONValue? {
    get {
      guard case .object(let fields) = self else { return nil }
      return fields[field]
    }
    set {
      var fields = asObject ?? [:]
      if newValue == nil, fields.isEmpty { return }
      fields[field] = newValue
      self = .object(fields)
    }
  }

  /// An element of an array; nil where this is none, or shorter. Setting beyond the end or nil
  /// changes nothing.
  package subscript(index: Int) -> JSONValue? {
    get {
      guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
      return elements[index]
    }
    set {
      guard case .array(var elements) = self, let newValue, elements.indices.contains(index)
      else { return }
      elements[index] = newValue
      self = .array(elements)
    }
  }

  /// What stands at the end of a chain of fields and indices. Setting makes the objects that are
  /// missing on the way; indices must exist.
  package subscript(path steps: Step...) -> JSONValue? {
    get { self[path: steps] }
    set { self[path: steps] = newValue }
  }

  package subscript(path steps: some Collection<Step>) -> JSONValue? {
    get { steps.reduce(self) { value, step in value?[step] } }
    set {
      guard let first = steps.first else {
        self = newValue ?? .null
        return
      }
      let rest = steps.dropFirst()
      if rest.isEmpty {
        self[first] = newValue
      } else if var child = self[first] {
        child[path: rest] = newValue
        self[first] = child
      } else if newValue != nil, case .field = first {
        var child = JSONValue.object([:])
        child[path: rest] = newValue
        self[first] = child
      }
    }
  }

  /// A step into a value: `"name"` or an index.
  package enum Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Hashable, Sendable {
    case field(String)
    case index(Int)

    package init(stringLiteral value: String) { self = .field(value) }
    package init(integerLiteral value: Int) { self = .index(value) }
  }

  private subscript(step: Step) -> JSONValue? {
    get {
      switch step {
      case .field(let name): self[name]
      case .index(let index): self[index]
      }
    }
    set {
      switch step {
      case .field(let name): self[name] = newValue
      case .index(let index): self[index] = newValue
      }
    }
  }
}

extension JSONValue {
  package var isNull: Bool { self == .null }

  /// The truth, nil for other kinds.
  package var asBool: Bool? {
    guard case .bool(let truth) = self else { return nil }
    return truth
  }

  /// A whole number, also one written like `1.0`; nil for other kinds.
  package var asInteger: Int64? {
    switch self {
    case .integer(let integer): integer
    case .number(let number): Int64(exactly: number)
    default: nil
    }
  }

  /// Any number, nil for other kinds.
  package var asNumber: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }

  /// The string, nil for other kinds.
  package var asString: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The elements, nil for other kinds.
  package var asArray: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The fields, nil for other kinds.
  package var asObject: [String: JSONValue]? {
    guard case .object(let fields) = self else { return nil }
    return fields
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(nilLiteral: ()) { self = .null }

  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
