internal import Manifest
internal import MetricModel

/// Values that records must give back bit for bit.
extension JSONValue {
  /// A double; what JSON can't spell, as text.
  init(exact number: Double) {
    guard number.isFinite, !(number == 0 && number.sign == .minus) else {
      self = .string(NumberText.plain(number))
      return
    }
    // As it will be read again.
    let whole = number.magnitude < 0x1p53 ? Int64(exactly: number) : nil
    self = whole.map(JSONValue.integer) ?? .number(number)
  }

  /// Milliseconds since the epoch.
  init(_ time: Timestamp) { self = .integer(time.milliseconds) }

  init(_ labels: Labels) {
    var fields: [String: JSONValue] = [:]
    for label in labels.pairs { fields[label.name] = .string(label.value) }
    self = .object(fields)
  }

  /// An object without the fields that are nil, or null.
  static func object(omittingNil fields: [String: JSONValue?]) -> JSONValue {
    .object(fields.compactMapValues { $0 == .null ? .none : $0 })
  }
}

extension ManifestNode {
  func exactNumber(at path: String) throws(ManifestError) -> Double {
    guard let text = asText else { return try number(at: path) }
    guard let number = NumberText.parse(text) else {
      throw ManifestError("found \"\(text)\", expected a number", at: self, path: path)
    }
    return number
  }

  func time(at path: String) throws(ManifestError) -> Timestamp {
    Timestamp(milliseconds: try integer(at: path))
  }

  func labels(at path: String) throws(ManifestError) -> Labels {
    var object = try object(at: path)
    var pairs: [(String, String)] = []
    for name in object.fields { pairs.append((name, try object.text(name))) }
    return Labels(pairs)
  }
}

extension ManifestObject {
  mutating func exactNumber(_ field: String) throws(ManifestError) -> Double {
    try required(field).exactNumber(at: path(of: field))
  }

  mutating func optionalExactNumber(_ field: String) throws(ManifestError) -> Double? {
    guard let node = optional(field) else { return nil }
    return try node.exactNumber(at: path(of: field))
  }

  mutating func integer(_ field: String) throws(ManifestError) -> Int64 {
    try required(field).integer(at: path(of: field))
  }

  mutating func count(_ field: String) throws(ManifestError) -> Int {
    let value = try integer(field)
    guard let count = Int(exactly: value), count >= 0 else {
      throw ManifestError(
        "found \(value), expected a count", at: try required(field), path: path(of: field))
    }
    return count
  }

  mutating func optionalTime(_ field: String) throws(ManifestError) -> Timestamp? {
    guard let node = optional(field) else { return nil }
    return try node.time(at: path(of: field))
  }

  /// One of an enumeration's words.
  mutating func word<Word: RawRepresentable<String>>(
    _ field: String, as type: Word.Type
  ) throws(ManifestError) -> Word {
    let text = try text(field)
    guard let word = Word(rawValue: text) else {
      throw ManifestError(
        "found the unknown word \"\(text)\"", at: try required(field), path: path(of: field))
    }
    return word
  }
}
