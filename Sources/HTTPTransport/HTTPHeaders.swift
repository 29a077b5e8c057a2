/// Header fields in order; names are compared without regard to case.
package struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  package struct Field: Hashable, Sendable {
    package var name: String
    package var value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// The first value of a field; setting replaces all of its name, nil removes them.
  package subscript(name: String) -> String? {
    get { fields.first { Self.areSame($0.name, name) }?.value }
    set {
      fields.removeAll { Self.areSame($0.name, name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// Adds a field beside those of the same name.
  package mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Reads the lines of an answer's header; what isn't a field is left out.
  init(block: [UInt8]) {
    for line in block.split(whereSeparator: { $0 == 10 || $0 == 13 }).dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = line[line.index(after: colon)...]
      let start = value.firstIndex { $0 != 32 && $0 != 9 } ?? value.endIndex
      let end = value.lastIndex { $0 != 32 && $0 != 9 } ?? start
      append(
        String(decoding: line[..<colon], as: UTF8.self),
        start < value.endIndex ? String(decoding: value[start...end], as: UTF8.self) : "")
    }
  }

  private static func areSame(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && a.lowercased() == b.lowercased()
  }
}
