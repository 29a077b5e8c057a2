/// Rules for names of labels and metrics.
package enum LabelName {
  /// `[a-zA-Z_][a-zA-Z0-9_]*`, what needs no quotes in PromQL.
  package static func isLegacy(_ name: String) -> Bool {
    matches(name) { $0 == 0x5f }
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, what a metric may be called without quotes.
  package static func isLegacyMetricName(_ name: String) -> Bool {
    matches(name) { $0 == 0x5f || $0 == 0x3a }
  }

  private static func matches(_ name: String, extra: (UInt8) -> Bool) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
        || extra(byte)
    }
  }
}
