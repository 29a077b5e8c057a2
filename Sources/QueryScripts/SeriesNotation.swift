package import MetricModel
import PromQL

/// A line of a script: labels and values, `requests{job="a"} 0+10x5 _ stale`.
package struct NotatedSeries: Sendable {
  /// One place on the time line of a series.
  package enum Value: Sendable {
    /// `_`: no sample.
    case omitted
    case number(Double)
    /// `{{...}}`: a native histogram, and whether the line says something about counter resets,
    /// which only then is compared.
    case histogram(NativeHistogram, isHintWritten: Bool)
  }

  package var labels: Labels
  package var values: [Value]
  /// For each value the distance from its time back to when the counter began, from a line of start
  /// timestamps (`@st`) before this one; nil where it isn't known. Empty without such a line.
  package var startOffsets: [Milliseconds?]

  package init(labels: Labels, values: [Value], startOffsets: [Milliseconds?] = []) {
    self.labels = labels
    self.values = values
    self.startOffsets = startOffsets
  }

  /// Whether a line of start timestamps belongs to the series.
  package var hasStartTimes: Bool { !startOffsets.isEmpty }

  package var holdsHistograms: Bool {
    values.contains { value in
      if case .histogram = value { return true }
      return false
    }
  }
}

/// Why a line can't be read.
package struct NotationError: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Reads series lines of scripts.
///
///     try SeriesNotation.parse(#"up{job="a"} 1 0x3 _ 1-0.5x2"#)
package struct SeriesNotation {
  let bytes: [UInt8]
  var position = 0

  /// The most values one line may have, so that `1x999999999999` is an error and not a full memory.
  static let maximumCount = 1_000_000

  private init(_ line: String) {
    bytes = Array(line.utf8)
  }

  /// Labels and values of a line.
  package static func parse(_ line: String) throws(NotationError) -> NotatedSeries {
    var notation = SeriesNotation(line)
    let labels = try notation.labels()
    return NotatedSeries(labels: labels, values: try notation.values())
  }

  /// A line of start timestamps, `up{job="a"}@st -30s _ -1m+10sx3`: the series it belongs to and
  /// for each of its samples the distance to its start. Nil for any other line.
  package static func parseStartTimes(
    _ line: String
  ) throws(NotationError) -> (labels: Labels, offsets: [Milliseconds?])? {
    var notation = SeriesNotation(line)
    guard let labels = try? notation.labels(),
      notation.bytes[notation.position...].starts(with: "@st".utf8)
    else { return nil }
    notation.position += 3
    return (labels, try notation.startOffsets())
  }

  private mutating func startOffsets() throws(NotationError) -> [Milliseconds?] {
    var offsets: [Milliseconds?] = []
    try items { notation throws(NotationError) in
      if notation.at(0) == UInt8(ascii: "_") {
        notation.position += 1
        let times = try notation.repetitions() ?? 1
        offsets.append(contentsOf: repeatElement(nil, count: times))
      } else {
        var offset = try notation.duration()
        var increment = Milliseconds.zero
        if notation.at(0) != nil, notation.at(0) != UInt8(ascii: "x"),
          notation.at(0).map(Self.isBlank) != true
        {
          increment = try notation.duration()
        }
        for _ in 0...(try notation.repetitions() ?? 0) {
          offsets.append(offset)
          offset = Milliseconds(offset.count &+ increment.count)
        }
      }
      return offsets.count
    }
    return offsets
  }

  /// A duration with or without a sign.
  private mutating func duration() throws(NotationError) -> Milliseconds {
    let start = position
    let isNegative = at(0) == UInt8(ascii: "-")
    if isNegative || at(0) == UInt8(ascii: "+") { position += 1 }
    let digits = position
    skip { (0x30...0x39).contains($0) || (0x61...0x79).contains($0) && $0 != UInt8(ascii: "x") }
    let text = String(decoding: bytes[digits..<position], as: UTF8.self)
    guard let duration = Milliseconds(parsing: text) else {
      throw NotationError(
        "bad distance to a start \(GoText.quoted(word(from: start))), expected a duration such as "
          + "-30s")
    }
    return isNegative ? Milliseconds(-duration.count) : duration
  }

  private mutating func labels() throws(NotationError) -> Labels {
    skipBlanks()
    let start = position
    skip { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "@") && !Self.isBlank($0) }
    let nameEnd = position
    skipBlanks()
    // Two braces begin a histogram, not labels.
    if at(0) == UInt8(ascii: "{") && at(1) != UInt8(ascii: "{") {
      try skipBraces()
    } else {
      position = nameEnd
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard !text.isEmpty else { throw NotationError("expected a series, got an empty line") }
    do {
      let matchers = try Parser.parseSelector(text).matchers
      guard matchers.allSatisfy({ $0.operation == .equal }) else {
        throw NotationError("labels of a series are written with \"=\", got \(text)")
      }
      return Labels(matchers.map { ($0.name, $0.value) })
    } catch let error as ParseError {
      throw NotationError("cannot read series \(GoText.quoted(text)): \(error)")
    } catch let error as NotationError {
      throw error
    } catch {
      throw NotationError("cannot read series \(GoText.quoted(text))")
    }
  }

  /// Moves behind the closing brace, which a string may hold as well.
  private mutating func skipBraces() throws(NotationError) {
    var quote: UInt8?
    while let byte = at(0) {
      position += 1
      if let open = quote {
        if byte == UInt8(ascii: "\\") && open != UInt8(ascii: "`") { position += 1 }
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == 0x60 {
        quote = byte
      } else if byte == UInt8(ascii: "}") {
        return
      }
    }
    throw NotationError("unclosed brace in series, expected \"}\"")
  }

  private mutating func values() throws(NotationError) -> [NotatedSeries.Value] {
    var values: [NotatedSeries.Value] = []
    try items { notation throws(NotationError) in
      try notation.item(into: &values)
      return values.count
    }
    return values
  }

  /// Reads items up to the end of the line; `read` takes one and tells how many values there are.
  private mutating func items(
    _ read: (inout SeriesNotation) throws(NotationError) -> Int
  ) throws(NotationError) {
    skipBlanks()
    while position < bytes.count {
      guard try read(&self) <= Self.maximumCount else {
        throw NotationError("expected at most \(Self.maximumCount) values in a series")
      }
      guard at(0).map(Self.isBlank) != false else { throw unexpected(from: position) }
      skipBlanks()
    }
  }

  /// One item: an omission, a marker, a number or a histogram, with its repetitions.
  private mutating func item(into values: inout [NotatedSeries.Value]) throws(NotationError) {
    let start = position
    if at(0) == UInt8(ascii: "{") {
      try histograms(into: &values)
    } else if at(0) == UInt8(ascii: "_") {
      position += 1
      values.append(contentsOf: repeatElement(.omitted, count: try repetitions() ?? 1))
    } else if bytes[position...].starts(with: "stale".utf8) {
      position += 5
      values.append(.number(StaleMarker.value))
    } else {
      let first = try number(isSigned: true)
      var increment: Double?
      if let sign = at(0), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        position += 1
        let amount = try number(isSigned: false)
        increment = sign == UInt8(ascii: "-") ? -amount : amount
      }
      // Words can't be repeated, as "Inf" with an "x" is no word.
      let isWord = first.isNaN || first.isInfinite
      let times = isWord ? nil : try repetitions()
      guard let times else {
        guard increment == nil else { throw unexpected(from: start) }
        values.append(.number(first))
        return
      }
      var value = first
      for _ in 0...times {
        values.append(.number(value))
        if let increment { value += increment }
      }
    }
  }

  /// `xN`; nil when it doesn't come next.
  mutating func repetitions() throws(NotationError) -> Int? {
    guard at(0) == UInt8(ascii: "x") else { return nil }
    position += 1
    let start = position
    skip { (0x30...0x39).contains($0) }
    guard let times = Int(String(decoding: bytes[start..<position], as: UTF8.self)),
      times < Self.maximumCount
    else {
      throw NotationError(
        "bad number of repetitions \(GoText.quoted(word(from: start - 1))), expected x and at "
          + "most \(Self.maximumCount)")
    }
    return times
  }

  /// A number as in PromQL, except that an `x` ends it: `0x10` is ten more zeros.
  mutating func number(isSigned: Bool) throws(NotationError) -> Double {
    let start = position
    if isSigned, at(0) == UInt8(ascii: "-") || at(0) == UInt8(ascii: "+") { position += 1 }
    let digits = position
    while let byte = at(0), !Self.isBlank(byte), !Self.endsNumber(byte) {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let isExponent =
        position > digits && (0x2e...0x39).contains(bytes[digits])
        && bytes[position - 1] | 0x20 == 0x65
      if isSign && !isExponent { break }
      position += 1
    }
    let text = String(decoding: bytes[digits..<position], as: UTF8.self)
    let isNegative = bytes.indices.contains(start) && bytes[start] == UInt8(ascii: "-")
    let magnitude = NumberText.parse(text) ?? Milliseconds(parsing: text)?.seconds
    guard let magnitude, digits < position else { throw unexpected(from: start) }
    return isNegative && isSigned ? -magnitude : magnitude
  }

  func at(_ offset: Int) -> UInt8? {
    let index = position + offset
    return index < bytes.count ? bytes[index] : nil
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// The "x" of a repetition, or what closes a list or histogram.
  private static func endsNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "x") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
  }

  mutating func skip(while condition: (UInt8) -> Bool) {
    while let byte = at(0), condition(byte) { position += 1 }
  }

  mutating func skipBlanks() { skip(while: Self.isBlank) }

  func word(from start: Int) -> String {
    String(decoding: bytes[start...].prefix { !Self.isBlank($0) }, as: UTF8.self)
  }

  private func unexpected(from start: Int) -> NotationError {
    NotationError(
      "unexpected \(GoText.quoted(word(from: start))), expected a value such as 1, 0+5x10, _ or "
        + "stale")
  }
}
