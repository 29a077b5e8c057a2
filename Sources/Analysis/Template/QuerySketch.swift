internal import MetricModel

/// The outline of a PromQL query, enough for advice: selectors, windows, division, guards.
///
/// Not a parser, and never used to decide anything: text that it misreads costs a hint. Floor 1 has
/// the real parser in another target, to which a query is more than text.
struct QuerySketch: Equatable {
  /// A selector with its matchers.
  struct Selector: Equatable {
    var metric: String
    var matchers: [Matcher]

    var text: String {
      let inner = matchers.map { "\($0.label)\($0.operation)\"\($0.value)\"" }
      return "\(metric){\(inner.joined(separator: ","))}"
    }
  }

  struct Matcher: Equatable {
    var label: String
    var operation: String
    var value: String
  }

  private(set) var selectors: [Selector] = []
  private(set) var windows: [Milliseconds] = []
  /// Functions and aggregations by name.
  private(set) var functions: Set<String> = []
  private(set) var hasDivision = false
  /// Whether something stands in for a missing or empty answer: `or`, `> 0`, `clamp_min`, `absent`.
  private(set) var hasGuard = false

  private static let groupings: Set<String> = [
    "by", "without", "on", "ignoring", "group_left", "group_right",
  ]
  private static let words: Set<String> = [
    "and", "or", "unless", "bool", "offset", "start", "end", "inf", "nan", "atan2",
  ]

  init(_ query: String) {
    let bytes = Array(query.utf8)
    var position = 0
    var waiting: String?
    func flush(_ sketch: inout QuerySketch) {
      if let name = waiting { sketch.selectors.append(Selector(metric: name, matchers: [])) }
      waiting = nil
    }
    while position < bytes.count {
      let byte = bytes[position]
      if Self.isNameStart(byte) {
        flush(&self)
        let word = Self.word(in: bytes, at: &position)
        Self.skipBlanks(bytes, &position)
        if Self.groupings.contains(word.lowercased()) {
          if position < bytes.count, bytes[position] == UInt8(ascii: "(") {
            Self.skip(to: UInt8(ascii: ")"), bytes, &position)
          }
        } else if Self.words.contains(word.lowercased()) {
          if word.lowercased() == "or" { hasGuard = true }
        } else if position < bytes.count, bytes[position] == UInt8(ascii: "(") {
          functions.insert(word)
          if ["clamp_min", "absent", "absent_over_time"].contains(word) { hasGuard = true }
        } else {
          waiting = word
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "{") where bytes[position...].starts(with: "{{".utf8):
        Self.skip(to: UInt8(ascii: "}"), bytes, &position)
        position += 1
        continue
      case UInt8(ascii: "{"):
        let matchers = Self.matchers(in: bytes, at: &position)
        selectors.append(Selector(metric: waiting ?? "", matchers: matchers))
        waiting = nil
        continue
      case UInt8(ascii: "["):
        let start = position + 1
        Self.skip(to: UInt8(ascii: "]"), bytes, &position)
        let inner = String(decoding: bytes[start..<max(start, position - 1)], as: UTF8.self)
        let length = inner.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        if let window = Milliseconds(parsing: length) { windows.append(window) }
        continue
      case 0x22, 0x27, 0x60:
        position += 1
        Self.skip(to: byte, bytes, &position)
        continue
      case UInt8(ascii: "/"): hasDivision = true
      case UInt8(ascii: ">") where !bytes[position...].starts(with: ">=".utf8): hasGuard = true
      case _ where (0x30...0x39).contains(byte):
        _ = Self.word(in: bytes, at: &position)
        continue
      default: break
      }
      position += 1
    }
    flush(&self)
  }

  private static func isNameStart(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
  }

  private static func word(in bytes: [UInt8], at position: inout Int) -> String {
    let start = position
    while position < bytes.count,
      isNameStart(bytes[position]) || (0x30...0x39).contains(bytes[position])
        || bytes[position] == UInt8(ascii: ".")
    {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func skipBlanks(_ bytes: [UInt8], _ position: inout Int) {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) {
      position += 1
    }
  }

  /// Past the next such byte.
  private static func skip(to byte: UInt8, _ bytes: [UInt8], _ position: inout Int) {
    while position < bytes.count, bytes[position] != byte { position += 1 }
    position = min(position + 1, bytes.count)
  }

  private static func matchers(in bytes: [UInt8], at position: inout Int) -> [Matcher] {
    var result: [Matcher] = []
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "}") {
      guard isNameStart(bytes[position]) else {
        position += 1
        continue
      }
      let label = word(in: bytes, at: &position)
      skipBlanks(bytes, &position)
      let signs = bytes[position...].prefix { "=!~".utf8.contains($0) }
      position += signs.count
      skipBlanks(bytes, &position)
      guard position < bytes.count, [0x22, 0x27, 0x60].contains(bytes[position]) else { continue }
      let quote = bytes[position]
      let start = position + 1
      position = start
      skip(to: quote, bytes, &position)
      let end = max(start, position - 1)
      result.append(
        Matcher(
          label: label, operation: String(decoding: signs, as: UTF8.self),
          value: String(decoding: bytes[start..<end], as: UTF8.self)))
    }
    position = min(position + 1, bytes.count)
    return result
  }
}
