internal import MetricModel

/// Bounds in `le` labels, as Go's `ParseFloat` reads them.
package enum BucketBound {
  /// Nil when the text isn't a number.
  package static func parse(_ text: String) -> Double? {
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": .infinity
    case "-inf", "-infinity": -.infinity
    case "nan": .nan
    default: NumberText.parseDecimal(text.utf8.dropFirst(text.utf8.first == 0x2b ? 1 : 0))
    }
  }
}
