package import MetricModel

/// Writes JSON byte by byte, with no tree in between.
///
///     var json = JSONWriter()
///     json.object { json in
///       json.field("status") { $0.string("success") }
///     }
///     json.bytes                // {"status":"success"}
package struct JSONWriter {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []
  /// Whether a comma is due before the next element or field.
  private var needsComma = false
  /// Those of the series written last.
  private(set) var openings = PointOpenings()

  private static let hexadecimal = Array("0123456789abcdef".utf8)

  package init() {}

  /// A writer of further elements of an array.
  ///
  /// - Parameters:
  ///   - openings: of another writer, whose points had the same times, perhaps.
  ///   - isFirst: whether no element has been written yet.
  init(openings: PointOpenings, isFirst: Bool) {
    self.openings = openings
    needsComma = !isFirst
  }

  package mutating func reserveCapacity(_ size: Int) { bytes.reserveCapacity(size) }

  package mutating func object(_ fields: (inout JSONWriter) -> Void) {
    enclosed("{", "}", fields)
  }

  package mutating func array(_ elements: (inout JSONWriter) -> Void) {
    enclosed("[", "]", elements)
  }

  /// A field of an object; `value` writes exactly one value.
  package mutating func field(_ name: String, _ value: (inout JSONWriter) -> Void) {
    string(name)
    byte(":")
    needsComma = false
    value(&self)
    needsComma = true
  }

  /// A field whose name is UTF-8 and whose value is text.
  mutating func field(_ name: Span<UInt8>, _ text: Span<UInt8>) {
    string(name)
    byte(":")
    needsComma = false
    string(text)
  }

  package mutating func field(_ name: String, _ text: String) {
    field(name) { $0.string(text) }
  }

  package mutating func string(_ text: String) {
    var text = text
    text.makeContiguousUTF8()
    string(text.utf8Span.span)
  }

  /// Valid UTF-8, escaped as Go's encoders do.
  mutating func string(_ text: Span<UInt8>) {
    comma()
    byte("\"")
    if isPlainText(text) {
      appendBytes(text, to: &bytes)
    } else {
      for index in text.indices {
        if isPlainText(text[index]) { bytes.append(text[index]) } else { escape(text[index]) }
      }
    }
    byte("\"")
    needsComma = true
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case Ascii.quote, Ascii.backslash: bytes += [Ascii.backslash, byte]
    case Ascii.newline: bytes += "\\n".utf8
    case Ascii.tab: bytes += "\\t".utf8
    case UInt8(ascii: "\r"): bytes += "\\r".utf8
    default:
      bytes += "\\u00".utf8
      bytes += [Self.hexadecimal[Int(byte >> 4)], Self.hexadecimal[Int(byte & 15)]]
    }
  }

  package mutating func integer(_ value: Int64) {
    comma()
    NumberText.appendInteger(value, to: &bytes)
    needsComma = true
  }

  package mutating func null() {
    comma()
    bytes.append(contentsOf: "null".utf8)
    needsComma = true
  }

  package mutating func boolean(_ value: Bool) {
    comma()
    bytes += (value ? "true" : "false").utf8
    needsComma = true
  }

  /// A finite number, as Go's encoder spells it, but so that a negative zero isn't read as a whole
  /// number, which has none.
  package mutating func number(_ value: Double) {
    comma()
    NumberText.appendJSON(value, to: &bytes)
    if value == 0 && value.sign == .minus { bytes += ".0".utf8 }
    needsComma = true
  }

  /// `[seconds,"value"]`: seconds with three decimals unless whole, as Prometheus writes points.
  mutating func point(_ milliseconds: Int64, _ value: Double) {
    comma()
    PointOpenings.append(milliseconds, to: &bytes)
    closePoint(value)
  }

  /// `[seconds,{"count":"3","sum":"5","buckets":[[0,"1","2","3"]]}]`: a point that is a native
  /// histogram. Empty buckets are left out; the first number of a bucket says which of its bounds
  /// belong to it.
  package mutating func point(_ milliseconds: Int64, _ histogram: NativeHistogram) {
    array { json in
      PointOpenings.appendSeconds(milliseconds, to: &json.bytes)
      json.needsComma = true
      json.histogram(histogram)
    }
  }

  private mutating func histogram(_ histogram: NativeHistogram) {
    object { json in
      json.field("count") { $0.quoted(histogram.count) }
      json.field("sum") { $0.quoted(histogram.sum) }
      let buckets = histogram.buckets.lazy.filter { $0.count != 0 }
      if buckets.isEmpty { return }
      json.field("buckets") { json in
        json.array { json in
          for bucket in buckets {
            json.array { json in
              json.integer(Int64(bucket.boundaryRule))
              for number in [bucket.lower, bucket.upper, bucket.count] { json.quoted(number) }
            }
          }
        }
      }
    }
  }

  /// A number as a string, which holds NaN and infinities too.
  private mutating func quoted(_ value: Double) {
    comma()
    byte("\"")
    NumberText.appendJSON(value, to: &bytes)
    byte("\"")
    needsComma = true
  }

  /// `[[seconds,"value"],…]`.
  mutating func points(_ samples: SampleColumns) {
    openings.prepare(for: samples.timestamps)
    array { json in
      let openings = json.openings
      openings.appendPoints(samples.timestamps.span, samples.values.span, to: &json.bytes)
    }
  }

  private mutating func closePoint(_ value: Double) {
    NumberText.appendJSON(value, to: &bytes)
    byte("\"")
    byte("]")
    needsComma = true
  }

  private mutating func enclosed(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ content: (inout JSONWriter) -> Void
  ) {
    comma()
    byte(open)
    needsComma = false
    content(&self)
    byte(close)
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { byte(",") }
    needsComma = false
  }

  private mutating func byte(_ character: Unicode.Scalar) {
    bytes.append(UInt8(ascii: character))
  }
}
