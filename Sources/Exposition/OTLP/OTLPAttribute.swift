import MetricModel

/// A key with a value of any type, as text.
struct OTLPAttribute {
  var key = ""
  var value = ""

  init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  init(_ reader: ProtobufReader, _ bytes: [UInt8]) throws(WireError) {
    var reader = reader
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 1 { key = try reader.text(range, bytes) }
      if field == 2 { value = try Self.text(reader.part(range), bytes, depth: 0) }
    }
  }

  private static let depthMax = 20

  /// Lists and maps are spelled as JSON, as OpenTelemetry's own `AsString` does.
  private static func text(
    _ reader: ProtobufReader, _ bytes: [UInt8], depth: Int, isQuoted: Bool = false
  ) throws(WireError) -> String {
    guard depth < depthMax else { throw reader.malformed("an attribute is nested too deeply") }
    var reader = reader
    var text = isQuoted ? "null" : ""
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)):
        let plain = try reader.text(range, bytes)
        text = isQuoted ? GoText.quoted(plain) : plain
      case (2, .varint(let number)): text = number == 0 ? "false" : "true"
      case (3, .varint(let number)): text = String(Int64(bitPattern: number))
      case (4, .fixed64(let bits)): text = NumberText.json(Double(bitPattern: bits))
      case (5, .bytes(let range)):
        var list = reader.part(range)
        var elements: [String] = []
        while let (field, payload) = try list.next(bytes.span) {
          guard field == 1, case .bytes(let range) = payload else { continue }
          elements.append(
            try Self.text(list.part(range), bytes, depth: depth + 1, isQuoted: true))
        }
        text = "[\(elements.joined(separator: ","))]"
      case (6, .bytes(let range)):
        text = try map(reader.part(range), bytes, depth: depth)
      case (7, .bytes(let range)): text = OTLPMetrics.hexadecimal(bytes[range])
      default: continue
      }
    }
    return text
  }

  private static func map(
    _ reader: ProtobufReader, _ bytes: [UInt8], depth: Int
  ) throws(WireError) -> String {
    var reader = reader
    var fields: [String] = []
    while let (field, payload) = try reader.next(bytes.span) {
      guard field == 1, case .bytes(let range) = payload else { continue }
      var entry = reader.part(range)
      var (key, value) = ("", "null")
      while let (field, payload) = try entry.next(bytes.span) {
        guard case .bytes(let range) = payload else { continue }
        if field == 1 { key = try entry.text(range, bytes) }
        if field == 2 {
          value = try text(entry.part(range), bytes, depth: depth + 1, isQuoted: true)
        }
      }
      fields.append("\(GoText.quoted(key)):\(value)")
    }
    return "{\(fields.sorted().joined(separator: ","))}"
  }
}
