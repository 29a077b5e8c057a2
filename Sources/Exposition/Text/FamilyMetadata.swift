import MetricModel

/// What the `#` lines of a text say about metric families, in the order in which they come up.
struct FamilyMetadata {
  private var positions: [String: Int] = [:]
  private(set) var families: [MetricMetadata] = []

  /// The metadata of a family, to be filled in.
  subscript(family: String) -> MetricMetadata {
    get { positions[family].map { families[$0] } ?? MetricMetadata(family: family) }
    set {
      if let position = positions[family] {
        families[position] = newValue
      } else {
        positions[family] = families.count
        families.append(newValue)
      }
    }
  }

  /// A help text without its escapes: `\\`, `\n`, and in OpenMetrics `\"`.
  static func unescaped(_ text: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text {
      if isEscaped {
        switch byte {
        case UInt8(ascii: "n"): result.append(Ascii.newline)
        case Ascii.backslash, Ascii.quote: result.append(byte)
        default: result += [Ascii.backslash, byte]
        }
        isEscaped = false
      } else if byte == Ascii.backslash {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    if isEscaped { result.append(Ascii.backslash) }
    return String(decoding: result, as: UTF8.self)
  }
}
